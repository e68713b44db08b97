package jira

import (
	"net/http"
	"strings"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

const hintAuth = "Check the site, the email and the token: tokens expire after at most a year, and one made with scopes does not work for a site's address."

// anonymous says whether Jira did not take the credential and answered as to anyone
// else, which it may do with a good status and nothing in the answer.
// Source: https://developer.atlassian.com/server/jira/platform/jira-rest-api-example-basic-authentication-6291732/
func anonymous(r rest.Response) bool {
	reason := r.Header.Get("X-Seraph-Loginreason")
	return strings.Contains(reason, "AUTHENTICATED_FAILED") || strings.Contains(reason, "AUTHENTICATION_DENIED")
}

// explain adds to Jira's words what they leave unsaid.
func explain(r rest.Response) rest.Problem {
	p := rest.CommonProblem(r)
	switch {
	case anonymous(r):
		p.Code, p.Hint = fault.AuthFailed, hintAuth
		if r.Status/100 == 2 {
			p.Message = "the email and the token do not belong to an account of this site."
		}
	case r.Status == http.StatusUnauthorized:
		p.Hint = hintAuth
	case r.Status == http.StatusForbidden:
		p.Hint = "The account may not do this. Its permissions come from the project's permission scheme."
	case r.Status == http.StatusNotFound:
		p.Hint = "Check the issue's key, and the site's address. What the account may not see is not found either."
	case r.Status == http.StatusBadRequest && strings.Contains(p.Message, "Unbounded JQL"):
		p.Hint = "Jira does not search everything. Add a restriction, such as project = ENG or updated >= -30d."
	case r.Status == http.StatusBadRequest && strings.Contains(p.Message, "cannot be set"):
		p.Hint = "The field is not on the screen of this project and issue type. Leave it out, or let a Jira administrator add it to the screen."
	}
	return p
}
