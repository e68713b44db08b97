package linear_test

import (
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/linear"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	const date = "Fri, 02 Jan 2026 03:04:05 GMT" // 1767323045
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrNotFoundUnder200": {
			connector.ExampleResponse{Body: `{"errors":[{"message":"Entity not found: Issue","path":["commentCreate"],"extensions":{"type":"invalid input","code":"INPUT_ERROR","statusCode":400,"userError":true,"userPresentableMessage":"Could not find referenced Issue."}}],"data":null}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Linear refused the request: Entity not found: Issue: Could not find referenced Issue.", Hint: "ids in this step"},
		},
		"ErrInputUnder400": {
			connector.ExampleResponse{Status: 400, Body: `{"errors":[{"message":"Argument Validation Error","extensions":{"type":"invalid input","code":"INVALID_INPUT","userPresentableMessage":"body must be shorter than 100000 characters."}},{"message":"issueId must be a UUID"}]}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Linear answered 400 Bad Request: Argument Validation Error: body must be shorter than 100000 characters.; issueId must be a UUID"},
		},
		"ErrNoSuchFieldUnder200": {
			connector.ExampleResponse{Body: `{"errors":[{"message":"Cannot query field \"x\" on type \"Issue\"."}]}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: `Linear refused the request: Cannot query field "x" on type "Issue".`},
		},
		"ErrKey": {
			connector.ExampleResponse{Status: 401, Body: `{"errors":[{"message":"Authentication required, not authenticated","extensions":{"type":"authentication error","code":"AUTHENTICATION_ERROR","statusCode":401,"userPresentableMessage":"You need to authenticate to access this operation."}}]}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Linear answered 401 Unauthorized: Authentication required, not authenticated: You need to authenticate...", Hint: "revoked"},
		},
		"ErrByStatusInside": {
			connector.ExampleResponse{Body: `{"errors":[{"message":"Busy","extensions":{"type":"other","statusCode":503}}]}`},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Linear refused the request: Busy"},
		},
		"ErrPlan": {
			connector.ExampleResponse{Body: `{"errors":[{"message":"Issue limit reached","extensions":{"type":"usage limit exceeded"}}]}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Linear refused the request: Issue limit reached", Hint: "plan"},
		},
		"ErrLimit": {
			connector.ExampleResponse{
				Status: 400, Header: map[string]string{
					"Date": date, "X-RateLimit-Requests-Remaining": "12", "X-RateLimit-Requests-Reset": "1767326645000",
					"X-RateLimit-Complexity-Remaining": "0", "X-RateLimit-Complexity-Reset": "1767323075000",
				},
				Body: `{"errors":[{"message":"Rate limit exceeded","extensions":{"code":"RATELIMITED"}}]}`,
			},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Linear answered 400 Bad Request: Rate limit exceeded", Wait: 30 * time.Second},
		},
		"ErrGateway": {
			connector.ExampleResponse{Status: 502, Body: "<html>"},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Linear answered 502 Bad Gateway."},
		},
		"ErrDoneButNotTold": {
			connector.ExampleResponse{Body: `{"errors":[{"message":"Internal server error","path":["commentCreate","comment"]}],"data":{"commentCreate":{"success":true,"comment":null}}}`},
			connectortest.Refusal{Code: fault.BadResponse, Message: "Linear took the request, but does not tell what became of it.", Unsettled: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "comment_issue", Config: map[string]any{"issue_id": "ENG-1", "body": "B"}}
			tt.want.Check(t, setup.Run(t, linear.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

// Part of an answer may fail without taking back what was done.
func TestDoneInSpiteOfAnError(t *testing.T) {
	setup := connectortest.Setup{Action: "create_issue", Config: map[string]any{"team_id": "T", "title": "S", "priority": 0, "description": ""}}
	e := setup.Run(t, linear.New(), connectortest.Answer(connector.ExampleResponse{
		Body: `{"errors":[{"message":"Slow resolver"}],"data":{"issueCreate":{"success":true,"issue":{"id":"1","identifier":"ENG-1","url":"https://linear.app/acme/issue/ENG-1"}}}}`,
	}))
	if e.Err != nil || e.Output["identifier"] != "ENG-1" {
		t.Errorf("output = %v, error = %v", e.Output, e.Err)
	}
	want := `{"query":"mutation CreateIssue($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id identifier url } } }","variables":{"input":{"priority":0,"teamId":"T","title":"S"}}}`
	if len(e.Sent) != 1 || e.Sent[0].Body != want {
		t.Errorf("sent %+v\nwant %s", e.Sent, want)
	}
}

func TestKeyIsSentBare(t *testing.T) {
	setup := connectortest.Setup{Data: map[string]any{"api_key": "lin_api_0123456789"}}
	e := setup.Run(t, linear.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"data":{"viewer":{"name":"Ada","organization":{"name":"Acme"}}}}`}))
	if e.Err != nil || e.Identity.Name != "Ada, Acme" {
		t.Fatalf("identity = %+v, error = %v", e.Identity, e.Err)
	}
	if got := e.Sent[0].Header.Get("Authorization"); got != "lin_api_0123456789" {
		t.Errorf("Authorization = %q", got)
	}
}
