package thingsboard

import (
	"net/http"

	"switchboard/internal/connector/rest"
)

// explain says what a refusal means. Most of ThingsBoard's have no words: the
// status is all there is, or a body that says its name once more.
func explain(r rest.Response) rest.Problem {
	p := rest.CommonProblem(r)
	if p.Message == http.StatusText(r.Status) {
		p.Message = ""
	}
	p.Hint = hints[r.Status]
	return p
}

// hints say what to do, by status.
//
// Source: https://thingsboard.io/docs/reference/http-api/#http-authentication-and-error-codes
var hints = map[int]string{
	http.StatusUnauthorized: "The server does not know the token. Copy the access token of the device again, and check that the host is the server on which the device is; each region of the cloud is one of its own.",
	http.StatusNotFound:     "Check the host: either it is no ThingsBoard server, or its HTTP transport is turned off.",
}
