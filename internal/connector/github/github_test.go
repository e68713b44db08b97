package github_test

import (
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/github"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	const date = "Fri, 02 Jan 2026 03:04:05 GMT" // 1767323045
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrPrimaryLimit": {
			connector.ExampleResponse{
				Status: 403, Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767323105", "Date": date},
				Body: `{"message":"API rate limit exceeded for user ID 1."}`,
			},
			connectortest.Refusal{Code: fault.RateLimited, Message: "GitHub answered 403 Forbidden: API rate limit exceeded for user ID 1.", Wait: time.Minute},
		},
		"ErrLimitWithoutATime": {
			connector.ExampleResponse{Status: 429, Body: `{"message":"API rate limit exceeded for user ID 1."}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "GitHub answered 429 Too Many Requests: API rate limit exceeded for user ID 1.", Wait: time.Minute},
		},
		"ErrRenamed": {
			connector.ExampleResponse{Status: 301, Header: map[string]string{"Location": "https://api.github.com/repositories/1/issues"}, Body: `{"message":"Moved Permanently"}`},
			connectortest.Refusal{Code: fault.UnexpectedStatus, Message: "GitHub answered 301 Moved Permanently: Moved Permanently", Hint: "renamed"},
		},
		"ErrPrimaryLimitReset": {
			connector.ExampleResponse{
				Status: 429, Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767323000", "Date": date},
				Body: `{"message":"API rate limit exceeded."}`,
			},
			connectortest.Refusal{Code: fault.RateLimited, Message: "GitHub answered 429 Too Many Requests: API rate limit exceeded."},
		},
		"ErrSecondaryLimit": {
			connector.ExampleResponse{
				Status: 403, Header: map[string]string{"X-RateLimit-Remaining": "4990"},
				Body: `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`,
			},
			connectortest.Refusal{Code: fault.RateLimited, Message: "GitHub answered 403 Forbidden: You have exceeded a secondary rate limit...", Hint: "fewer items", Wait: time.Minute},
		},
		"ErrSecondaryLimitWithWait": {
			connector.ExampleResponse{
				Status: 403, Header: map[string]string{"Retry-After": "33"},
				Body: `{"message":"You have exceeded a secondary rate limit and have been temporarily blocked from content creation."}`,
			},
			connectortest.Refusal{Code: fault.RateLimited, Message: "GitHub answered 403 Forbidden: You have exceeded a secondary...", Hint: "fewer items", Wait: 33 * time.Second},
		},
		"ErrPermission": {
			connector.ExampleResponse{
				Status: 403, Header: map[string]string{"X-Accepted-GitHub-Permissions": "issues=write; pull_requests=write"},
				Body: `{"message":"Resource not accessible by personal access token"}`,
			},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "GitHub answered 403 Forbidden: Resource not accessible by personal access token", Hint: "issues=write; pull_requests=write"},
		},
		"ErrSingleSignOn": {
			connector.ExampleResponse{
				Status: 403, Header: map[string]string{"X-GitHub-SSO": "required; url=https://github.com/orgs/octo-org/sso?authorization_request=A1"},
				Body: `{"message":"Resource protected by organization SAML enforcement."}`,
			},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "GitHub answered 403 Forbidden: Resource protected by organization SAML enforcement.", Hint: "Configure SSO"},
		},
		"ErrHidden": {
			connector.ExampleResponse{Status: 404, Body: `{"message":"Not Found","status":"404"}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "GitHub answered 404 Not Found: Not Found", Hint: "may not see the repository"},
		},
		"ErrIssuesOff": {
			connector.ExampleResponse{Status: 410, Body: `{"message":"Issues has been disabled in this repository."}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "GitHub answered 410 Gone: Issues has been disabled in this repository.", Hint: "turned off"},
		},
		"ErrInput": {
			connector.ExampleResponse{Status: 422, Body: `{"message":"Validation Failed","errors":[{"value":"nobody","resource":"Issue","field":"assignees","code":"invalid"},{"resource":"Issue","field":"title","code":"missing_field"},{"resource":"Issue","code":"custom","field":"body","message":"body is too long (maximum is 65536 characters)"},{"resource":"Issue","field":"type","code":"odd"}]}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: `GitHub answered 422 Unprocessable Entity: Validation Failed: assignees "nobody" is not valid; title is missing; body is too long (maximum is 65536 characters); type odd`},
		},
		"ErrInputText": {
			connector.ExampleResponse{Status: 422, Body: `{"message":"Invalid request.","errors":["\"title\" wasn't supplied."]}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: `GitHub answered 422 Unprocessable Entity: Invalid request: "title" wasn't supplied.`},
		},
		"ErrUnicorn": {
			connector.ExampleResponse{Status: 502, Body: `<html>Unicorn!</html>`},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "GitHub answered 502 Bad Gateway."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "create_issue", Config: map[string]any{"owner": "octo-org", "repo": "shop", "title": "T"}}
			tt.want.Check(t, setup.Run(t, github.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestFields(t *testing.T) {
	tests := map[string]struct {
		config map[string]any
		ok     bool
	}{
		"OK":               {map[string]any{"owner": "octo_corp", "repo": ".github", "number": 1, "body": "x"}, true},
		"OKNumberAsText":   {map[string]any{"owner": "o", "repo": "r", "number": "17", "body": "x"}, true},
		"ErrOwnerAndRepo":  {map[string]any{"owner": "o", "repo": "o/r", "number": 1, "body": "x"}, false},
		"ErrOwnerClimbs":   {map[string]any{"owner": "..", "repo": "r", "number": 1, "body": "x"}, false},
		"ErrNumber":        {map[string]any{"owner": "o", "repo": "r", "number": 0, "body": "x"}, false},
		"ErrNumberWithTag": {map[string]any{"owner": "o", "repo": "r", "number": "#17", "body": "x"}, false},
		"ErrEmpty":         {map[string]any{"owner": "o", "repo": "r", "number": 1, "body": ""}, false},
	}
	action, ok := github.New().Action("comment_issue")
	if !ok {
		t.Fatal("there is no such action")
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, problems := action.Input.Decode(tt.config); (len(problems) == 0) != tt.ok {
				t.Errorf("problems = %v, want ok = %t", problems, tt.ok)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	tests := map[string]struct {
		header map[string]string
		scopes any
	}{
		"Classic":     {map[string]string{"X-OAuth-Scopes": "repo, read:org"}, "repo, read:org"},
		"FineGrained": {nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{}.Run(t, github.New(), connectortest.Answer(connector.ExampleResponse{Header: tt.header, Body: `{"login": "octocat", "type": "User"}`}))
			if e.Err != nil || e.Identity.Name != "octocat" || e.Identity.Detail["scopes"] != tt.scopes {
				t.Errorf("identity = %+v, error = %v, want the scopes %v", e.Identity, e.Err, tt.scopes)
			}
		})
	}
}
