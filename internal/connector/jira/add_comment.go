package jira

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

var body = schema.Field{
	Name: "body", Kind: schema.JSON, Title: "Comment", Required: true, EscapeBy: documentTarget("body"),
	Help: "Text: empty lines part paragraphs, lines that begin with - or 1. become lists, and addresses and [text](https://...) become links. Or a document in Atlassian Document Format.",
}

// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/#api-rest-api-3-issue-issueidorkey-comment-post
var addComment = connector.Action{
	Name:    "add_comment",
	Title:   "Comment on an issue",
	Summary: "Add a comment to an issue.",
	Input:   schema.Fields{issue, body},
	Output:  schema.Fields{{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The comment's id."}},
	Run:     runAddComment,
	Examples: []connector.Example{{
		Title:  "Say that it is done",
		Config: map[string]any{"issue": "ENG-123", "body": "The payment went through.\nSee [the order](https://shop.example.com/orders/A-100)."},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/rest/api/3/issue/ENG-123/comment",
			Body: `{"body": {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [
				{"type": "text", "text": "The payment went through."}, {"type": "hardBreak"}, {"type": "text", "text": "See "},
				{"type": "text", "text": "the order", "marks": [{"type": "link", "attrs": {"href": "https://shop.example.com/orders/A-100"}}]}, {"type": "text", "text": "."}]}]}}`,
		},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"id": "10301", "self": "https://acme.atlassian.net/rest/api/3/issue/10023/comment/10301"}`},
		Output:   map[string]any{"id": "10301"},
	}, {
		Title: "A document instead of text",
		Config: map[string]any{"issue": "10023", "body": map[string]any{
			"type": "doc", "version": 1, "content": []any{map[string]any{"type": "rule"}},
		}},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/rest/api/3/issue/10023/comment", Body: `{"body": {"type": "doc", "version": 1, "content": [{"type": "rule"}]}}`},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"id": "10302", "self": "https://acme.atlassian.net/rest/api/3/issue/10023/comment/10302"}`},
		Output:   map[string]any{"id": "10302"},
	}},
}

func runAddComment(ctx context.Context, call *connector.Call) (connector.Output, error) {
	doc, err := readDocument(body, call.Input.Any(body))
	if err != nil {
		return nil, err
	}
	if doc == nil {
		const missing = "The comment is empty."
		return nil, fault.New(fault.InvalidInput, missing).At("/body", missing)
	}
	var comment struct {
		ID string `json:"id"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: issuePath(call.Input, "comment"), JSON: map[string]any{"body": doc}}, &comment); err != nil {
		return nil, err
	}
	return connector.Output{"id": comment.ID}, nil
}
