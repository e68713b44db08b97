package github

import (
	"context"
	"encoding/json"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	title = schema.Field{Name: "title", Kind: schema.Text, Title: "Title", Required: true, MaxLength: 256, Help: "What the issue is about, in one line.", Placeholder: "Checkout fails for order A-100"}
	body  = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Text", MaxLength: maxBody,
		Help: "In GitHub's Markdown. An @name in it, also one from a variable, notifies that person.",
	}
	labels = schema.Field{
		Name: "labels", Kind: schema.List, Title: "Labels", MaxLength: 100,
		Help: "Names of labels. GitHub leaves them out where the token's owner may not push to the repository.",
	}
	assignees = schema.Field{
		Name: "assignees", Kind: schema.List, Title: "Assignees", MaxLength: 10, Personal: true,
		Help: "User names of up to ten people who should take care of it. GitHub leaves them out where the token's owner may not push.",
	}
)

// maxBody is how many characters the text of an issue or comment may have.
const maxBody = 65536

// Source: https://docs.github.com/en/rest/issues/issues#create-an-issue
var createIssue = connector.Action{
	Name:    "create_issue",
	Title:   "Create an issue",
	Summary: "Open an issue in a repository.",
	Input:   schema.Fields{owner, repo, title, body, labels, assignees},
	Output: schema.Fields{
		{Name: "number", Kind: schema.Integer, Title: "Number", Required: true, Help: "The issue's number in its repository."},
		{Name: "url", Kind: schema.Text, Title: "Link", Required: true, Help: "Where to open the issue in a browser."},
	},
	Run: runCreateIssue,
	Examples: []connector.Example{{
		Title: "Report a failed order",
		Config: map[string]any{
			"owner": "octo-org", "repo": "shop", "title": "Checkout fails for order A-100", "body": "The payment was refused **twice**.",
			"labels": []any{"bug", "checkout"}, "assignees": "octocat",
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/repos/octo-org/shop/issues",
			Header: map[string]string{"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2026-03-10"},
			Body:   `{"title": "Checkout fails for order A-100", "body": "The payment was refused **twice**.", "labels": ["bug", "checkout"], "assignees": ["octocat"]}`,
		},
		Response: connector.ExampleResponse{
			Status: http.StatusCreated,
			Body:   `{"id": 3012345678, "number": 42, "state": "open", "title": "Checkout fails for order A-100", "url": "https://api.github.com/repos/octo-org/shop/issues/42", "html_url": "https://github.com/octo-org/shop/issues/42"}`,
		},
		Output: map[string]any{"number": 42, "url": "https://github.com/octo-org/shop/issues/42"},
	}},
}

// newIssue is what GitHub is sent.
type newIssue struct {
	Title     string   `json:"title"`
	Body      string   `json:"body,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	Assignees []string `json:"assignees,omitempty"`
}

func runCreateIssue(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	var issue struct {
		Number  json.Number `json:"number"`
		HTMLURL string      `json:"html_url"`
	}
	_, err := service.JSON(ctx, call, rest.Request{Path: issues(in), JSON: newIssue{
		Title: in.Text(title), Body: in.Text(body), Labels: in.List(labels), Assignees: in.List(assignees),
	}}, &issue)
	if err != nil {
		return nil, err
	}
	return connector.Output{"number": issue.Number, "url": issue.HTMLURL}, nil
}
