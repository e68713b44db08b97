package pipedrive

import (
	"net/http"

	"switchboard/internal/connector/rest"
)

// explain adds to Pipedrive's words what they leave unsaid.
// Source: https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
func explain(r rest.Response) rest.Problem {
	p := rest.CommonProblem(r)
	switch r.Status {
	case http.StatusUnauthorized:
		p.Hint = "Check the token and the company domain: each company that a person belongs to has a token of its own."
	case http.StatusPaymentRequired:
		p.Hint = "The company's subscription or trial has ended."
	case http.StatusForbidden:
		p.Hint = "The token's user may not do this, or Pipedrive has blocked the API for a while because of too many calls."
	case http.StatusTooManyRequests:
		if r.Header.Get("X-Daily-RateLimit-Token-Remaining") == "0" {
			p.Hint = "The company has used up its API tokens for today. A larger plan has more."
		}
	}
	return p
}
