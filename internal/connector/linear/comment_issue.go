package linear

import (
	"context"
	"net/http"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	issueID = schema.Field{
		Name: "issue_id", Kind: schema.Text, Title: "Issue", Required: true, MaxLength: 64, Placeholder: "ENG-123",
		Help: "The issue's identifier, or its id as create_issue gives it.",
	}
	body = schema.Field{Name: "body", Kind: schema.Text, Title: "Comment", Required: true, Help: "In Markdown."}
)

const commentIssueDocument = `mutation CommentIssue($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { id } } }`

// Source: https://linear.app/developers/graphql
var commentIssue = connector.Action{
	Name:    "comment_issue",
	Title:   "Comment on an issue",
	Summary: "Add a comment to an issue.",
	Input:   schema.Fields{issueID, body},
	Output:  schema.Fields{{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The comment's id."}},
	Run:     runCommentIssue,
	Examples: []connector.Example{{
		Title:  "Say that it is done",
		Config: map[string]any{"issue_id": "ENG-123", "body": "The payment went through."},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/graphql",
			Body: `{"query": "` + commentIssueDocument + `", "variables": {"input": {"issueId": "ENG-123", "body": "The payment went through."}}}`,
		},
		Response: connector.ExampleResponse{Body: `{"data": {"commentCreate": {"success": true, "comment": {"id": "5f0f2a0e-9c7b-4f5d-a0a4-1c8a5f0b2d3e"}}}}`},
		Output:   map[string]any{"id": "5f0f2a0e-9c7b-4f5d-a0a4-1c8a5f0b2d3e"},
	}},
}

func runCommentIssue(ctx context.Context, call *connector.Call) (connector.Output, error) {
	data, err := ask[struct {
		CommentCreate struct {
			Success bool `json:"success"`
			Comment *struct {
				ID string `json:"id"`
			} `json:"comment"`
		} `json:"commentCreate"`
	}](ctx, call, question{Query: commentIssueDocument, Variables: map[string]any{"input": map[string]any{
		"issueId": strings.TrimSpace(call.Input.Text(issueID)), "body": call.Input.Text(body),
	}}})
	if err != nil {
		return nil, err
	}
	comment := data.CommentCreate.Comment
	if !data.CommentCreate.Success || comment == nil {
		return nil, incomplete()
	}
	return connector.Output{"id": comment.ID}, nil
}
