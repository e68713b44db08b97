// Command authorizer is the Lambda function that tells API Gateway who calls: a person
// with a token of the deployment's issuer, or a program with an API key. API Gateway's
// own authorizer for tokens cannot take keys, nor find the role of a member.
//
// It lets everybody through and says who it is: whoever is nobody is answered by the
// function behind, as the API answers everywhere, and not by API Gateway's own words.
package main

import (
	"net/http"
	"time"

	"switchboard/functions"
	"switchboard/internal/apikey"
	"switchboard/internal/jwt"
	"switchboard/internal/lambdahost"
	"switchboard/internal/login"
	"switchboard/internal/member"
)

func main() { lambdahost.Run(wire) }

// issuerTimeout is how long the issuer may take to show its keys.
const issuerTimeout = 5 * time.Second

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	store, issuer := functions.Store(h), h.Setting(lambdahost.Issuer)
	logins := &login.Service{
		Keys:    apikey.NewService(apikey.Config{Repository: store, Log: h.Log, Now: time.Now}),
		Members: member.NewService(store, time.Now),
		Tokens: &jwt.Verifier{
			Issuer: issuer, Audience: h.Setting(lambdahost.Audience), Now: time.Now,
			Keys: jwt.NewPublished(issuer, &http.Client{Timeout: issuerTimeout}, time.Now),
		},
	}
	return lambdahost.Authorizer(logins.Authenticate), nil
}
