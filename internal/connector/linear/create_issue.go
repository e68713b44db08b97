package linear

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	teamID = schema.Field{
		Name: "team_id", Kind: schema.Text, Options: "teams", Title: "Team", Required: true, MaxLength: 64, Placeholder: "9cfb482a-81e3-4154-b5b9-2c805e70a02d",
		Help: "The team's id: in Linear, open the team's settings, press Ctrl+K or Cmd+K and choose Copy model UUID.",
	}
	title       = schema.Field{Name: "title", Kind: schema.Text, Title: "Title", Required: true, Help: "What the issue is about, in one line.", Placeholder: "Checkout fails for order A-100"}
	description = schema.Field{Name: "description", Kind: schema.Text, Title: "Description", Help: "In Markdown."}
	priority    = schema.Field{
		Name: "priority", Kind: schema.Integer, Title: "Priority", Min: schema.Limit(0), Max: schema.Limit(4), Placeholder: "2",
		Help: "0 is none, 1 urgent, 2 high, 3 medium and 4 low.",
	}
	labelIDs = schema.Field{
		Name: "label_ids", Kind: schema.List, Options: "labels", OptionsDepend: []string{teamID.Name}, Title: "Labels", MaxLength: 50,
		Help: "Ids of labels of the workspace or the team.",
	}
	assigneeID = schema.Field{
		Name: "assignee_id", Kind: schema.Text, Title: "Assignee", MaxLength: 64, Advanced: true,
		Help: "The id of the member who should take care of it.",
	}
)

// inputs are the fields by the names that Linear gives them.
var inputs = map[string]schema.Field{
	"teamId": teamID, "title": title, "description": description, "priority": priority, "labelIds": labelIDs, "assigneeId": assigneeID,
}

const createIssueDocument = `mutation CreateIssue($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id identifier url } } }`

// Source: https://linear.app/developers/graphql#creating-and-editing-issues
var createIssue = connector.Action{
	Name:    "create_issue",
	Title:   "Create an issue",
	Summary: "Open an issue in a team.",
	Input:   schema.Fields{teamID, title, description, priority, labelIDs, assigneeID},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The issue's id."},
		{Name: "identifier", Kind: schema.Text, Title: "Identifier", Required: true, Help: "What people call it, such as ENG-123."},
		{Name: "url", Kind: schema.Text, Title: "Link", Required: true, Help: "Where to open the issue in a browser."},
	},
	Run: runCreateIssue,
	Examples: []connector.Example{{
		Title: "Report a failed order",
		Config: map[string]any{
			"team_id": "9cfb482a-81e3-4154-b5b9-2c805e70a02d", "title": "Checkout fails for order A-100", "description": "The payment was refused **twice**.",
			"priority": 2, "label_ids": []any{"d5e1a8c4-3b1d-4b42-9f1e-6a6f0a9e2f11"}, "assignee_id": "2ad5e6f5-4f2f-4c1c-8a57-0d8d7a0f6f3e",
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/graphql",
			Body: `{"query": "` + createIssueDocument + `", "variables": {"input": {"teamId": "9cfb482a-81e3-4154-b5b9-2c805e70a02d", "title": "Checkout fails for order A-100", "description": "The payment was refused **twice**.", "priority": 2, "labelIds": ["d5e1a8c4-3b1d-4b42-9f1e-6a6f0a9e2f11"], "assigneeId": "2ad5e6f5-4f2f-4c1c-8a57-0d8d7a0f6f3e"}}}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"data": {"issueCreate": {"success": true, "issue": {"id": "83ef1e7c-4e0b-4d3c-8a2e-6f5b7c9d0e1f", "identifier": "ENG-123", "url": "https://linear.app/acme/issue/ENG-123/checkout-fails-for-order-a-100"}}}}`,
		},
		Output: map[string]any{"id": "83ef1e7c-4e0b-4d3c-8a2e-6f5b7c9d0e1f", "identifier": "ENG-123", "url": "https://linear.app/acme/issue/ENG-123/checkout-fails-for-order-a-100"},
	}},
}

func runCreateIssue(ctx context.Context, call *connector.Call) (connector.Output, error) {
	input := map[string]any{}
	for name, f := range inputs {
		if value := call.Input.Any(f); call.Input.Has(f) && value != "" {
			input[name] = value
		}
	}
	data, err := ask[struct {
		IssueCreate struct {
			Success bool `json:"success"`
			Issue   *struct {
				ID         string `json:"id"`
				Identifier string `json:"identifier"`
				URL        string `json:"url"`
			} `json:"issue"`
		} `json:"issueCreate"`
	}](ctx, call, question{Query: createIssueDocument, Variables: map[string]any{"input": input}})
	if err != nil {
		return nil, err
	}
	issue := data.IssueCreate.Issue
	if !data.IssueCreate.Success || issue == nil {
		return nil, incomplete()
	}
	return connector.Output{"id": issue.ID, "identifier": issue.Identifier, "url": issue.URL}, nil
}
