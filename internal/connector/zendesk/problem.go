package zendesk

import (
	"net/http"
	"strings"

	"switchboard/internal/connector/rest"
)

const hintAuth = "Check the agent's address and the token, and that token access is turned on in the Admin Center under Apps and integrations, APIs, API configuration."

// explain adds to Zendesk's words what they leave unsaid.
// Source: https://developer.zendesk.com/api-reference/introduction/requests/#response-format
func explain(r rest.Response) rest.Problem {
	p := rest.CommonProblem(r)
	switch r.Status {
	case http.StatusUnauthorized:
		p.Hint = hintAuth
	case http.StatusForbidden:
		p.Hint = "The agent may not do this: a light agent cannot write public comments, and a role or group may keep tickets away."
	case http.StatusNotFound:
		p.Hint = "Check the ticket's number and the subdomain. A ticket that was deleted or archived away, or that the agent may not see, is not found either."
	case http.StatusUnprocessableEntity:
		switch {
		case strings.Contains(p.Message, "Requester"):
			p.Hint = "Zendesk does not know the requester yet: fill in the requester's name, too, and check the address."
		case strings.Contains(p.Message, "closed"):
			p.Hint = "A closed ticket cannot be changed any more. Open a new one."
		}
	}
	return p
}
