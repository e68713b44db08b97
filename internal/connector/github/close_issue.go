package github

import (
	"context"
	"net/http"
	"strconv"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

var reason = schema.Field{
	Name: "reason", Kind: schema.Choice, Title: "Reason", Default: "completed", Choices: []string{"completed", "not_planned", "duplicate"}, Advanced: true,
	Help: "Why it is closed.",
}

// Source: https://docs.github.com/en/rest/issues/issues#update-an-issue
var closeIssue = connector.Action{
	Name:    "close_issue",
	Title:   "Close an issue",
	Summary: "Close an issue; one that is closed stays so.",
	Input:   schema.Fields{owner, repo, number, reason},
	Output:  schema.Fields{{Name: "state", Kind: schema.Text, Title: "State", Required: true, Help: "closed."}},
	// It sets the state; setting it again changes nothing.
	Repeatable: func(schema.Input) bool { return true },
	Run:        runCloseIssue,
	Examples: []connector.Example{{
		Title:    "Close a solved issue",
		Config:   map[string]any{"owner": "octo-org", "repo": "shop", "number": 42},
		Request:  connector.ExampleRequest{Method: http.MethodPatch, Path: "/repos/octo-org/shop/issues/42", Body: `{"state": "closed", "state_reason": "completed"}`},
		Response: connector.ExampleResponse{Body: `{"id": 3012345678, "number": 42, "state": "closed", "state_reason": "completed", "title": "Checkout fails for order A-100", "url": "https://api.github.com/repos/octo-org/shop/issues/42", "html_url": "https://github.com/octo-org/shop/issues/42"}`},
		Output:   map[string]any{"state": "closed"},
	}},
}

func runCloseIssue(ctx context.Context, call *connector.Call) (connector.Output, error) {
	var issue struct {
		State string `json:"state"`
	}
	_, err := service.JSON(ctx, call, rest.Request{
		Method: http.MethodPatch, Path: issues(call.Input, strconv.Itoa(call.Input.Int(number))),
		JSON: map[string]string{"state": "closed", "state_reason": call.Input.Text(reason)},
	}, &issue)
	if err != nil {
		return nil, err
	}
	return connector.Output{"state": issue.State}, nil
}
