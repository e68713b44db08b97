package github

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

var comment = schema.Field{
	Name: "body", Kind: schema.Text, Title: "Comment", Required: true, MaxLength: maxBody,
	Help: "In GitHub's Markdown. An @name in it, also one from a variable, notifies that person.",
}

// Source: https://docs.github.com/en/rest/issues/comments#create-an-issue-comment
var commentIssue = connector.Action{
	Name:    "comment_issue",
	Title:   "Comment on an issue",
	Summary: "Add a comment to an issue or a pull request.",
	Input:   schema.Fields{owner, repo, number, comment},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Integer, Title: "Id", Required: true, Help: "The comment's id."},
		{Name: "url", Kind: schema.Text, Title: "Link", Required: true, Help: "Where to open the comment in a browser."},
	},
	Run: runCommentIssue,
	Examples: []connector.Example{{
		Title:   "Say that it is done",
		Config:  map[string]any{"owner": "octo-org", "repo": "shop", "number": 42, "body": "The payment went through."},
		Request: connector.ExampleRequest{Method: http.MethodPost, Path: "/repos/octo-org/shop/issues/42/comments", Body: `{"body": "The payment went through."}`},
		Response: connector.ExampleResponse{
			Status: http.StatusCreated,
			Body:   `{"id": 2987654321, "url": "https://api.github.com/repos/octo-org/shop/issues/comments/2987654321", "html_url": "https://github.com/octo-org/shop/issues/42#issuecomment-2987654321", "body": "The payment went through."}`,
		},
		Output: map[string]any{"id": 2987654321, "url": "https://github.com/octo-org/shop/issues/42#issuecomment-2987654321"},
	}},
}

func runCommentIssue(ctx context.Context, call *connector.Call) (connector.Output, error) {
	var made struct {
		ID      json.Number `json:"id"`
		HTMLURL string      `json:"html_url"`
	}
	_, err := service.JSON(ctx, call, rest.Request{
		Path: issues(call.Input, strconv.Itoa(call.Input.Int(number)), "comments"),
		JSON: map[string]string{"body": call.Input.Text(comment)},
	}, &made)
	if err != nil {
		return nil, err
	}
	return connector.Output{"id": made.ID, "url": made.HTMLURL}, nil
}
