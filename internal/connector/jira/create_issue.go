package jira

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	project   = schema.Field{Name: "project", Kind: schema.Text, Options: "projects", Title: "Project", Required: true, MaxLength: 255, Placeholder: "ENG", Help: "The project's key or id."}
	issueType = schema.Field{
		Name: "issue_type", Kind: schema.Text, Options: "issue_types", OptionsDepend: []string{project.Name}, Title: "Issue type", Required: true, MaxLength: 255, Placeholder: "Task", Choices: []string{"Task", "Bug", "Story", "Epic"},
		Help: "The name of a type that the project has, or its id.",
	}
	summary = schema.Field{
		Name: "summary", Kind: schema.Text, Title: "Summary", Required: true, MaxLength: 255, Placeholder: "Checkout fails for order A-100",
		Help:    "What the issue is about, in one line.",
		Pattern: `[^\r\n]*`, PatternHint: "A summary is one line. Put the rest into the description.",
	}
	description = schema.Field{
		Name: "description", Kind: schema.JSON, Title: "Description", EscapeBy: documentTarget("description"),
		Help: "Text: empty lines part paragraphs, lines that begin with - or 1. become lists, and addresses and [text](https://...) become links. Or a document in Atlassian Document Format.",
	}
	priority = schema.Field{Name: "priority", Kind: schema.Text, Options: "priorities", Title: "Priority", MaxLength: 255, Placeholder: "High", Help: "The name of a priority, or its id. Empty means the project's default."}
	labels   = schema.Field{
		Name: "labels", Kind: schema.List, Title: "Labels", MaxLength: 100,
		Help: "Labels for the issue; those that do not exist are made.", Pattern: `\S{1,255}`, PatternHint: "A label has no spaces; give a list of several.",
	}
	moreFields = schema.Field{
		Name: "fields", Kind: schema.Object, Title: "Other fields", Advanced: true,
		Help: "Other fields by id or key, in the form that Jira's API takes, such as {\"duedate\": \"2026-02-01\", \"parent\": {\"key\": \"ENG-1\"}}. A field above goes before one of the same name here.",
	}
)

// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post
var createIssue = connector.Action{
	Name:    "create_issue",
	Title:   "Create an issue",
	Summary: "Open an issue in a project.",
	Input:   schema.Fields{project, issueType, summary, description, priority, labels, moreFields},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The issue's id."},
		{Name: "key", Kind: schema.Text, Title: "Key", Required: true, Help: "What people call it, such as ENG-123."},
		{Name: "url", Kind: schema.Text, Title: "Link", Required: true, Help: "Where to open the issue in a browser."},
	},
	Run: runCreateIssue,
	Examples: []connector.Example{{
		Title: "Report a failed order",
		Config: map[string]any{
			"project": "ENG", "issue_type": "Bug", "summary": "Checkout fails for order A-100", "priority": "High", "labels": []any{"checkout"},
			"description": "The payment was refused:\n- card 1\n- card 2\n\nSee https://shop.example.com/orders/A-100.",
			"fields":      map[string]any{"duedate": "2026-02-01"},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/rest/api/3/issue",
			Body: `{"fields": {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "Checkout fails for order A-100", "priority": {"name": "High"}, "labels": ["checkout"], "duedate": "2026-02-01",
				"description": {"type": "doc", "version": 1, "content": [
					{"type": "paragraph", "content": [{"type": "text", "text": "The payment was refused:"}]},
					{"type": "bulletList", "content": [
						{"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "card 1"}]}]},
						{"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "card 2"}]}]}]},
					{"type": "paragraph", "content": [
						{"type": "text", "text": "See "},
						{"type": "text", "text": "https://shop.example.com/orders/A-100", "marks": [{"type": "link", "attrs": {"href": "https://shop.example.com/orders/A-100"}}]},
						{"type": "text", "text": "."}]}]}}}`,
		},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"id": "10023", "key": "ENG-123", "self": "https://acme.atlassian.net/rest/api/3/issue/10023"}`},
		Output:   map[string]any{"id": "10023", "key": "ENG-123", "url": "https://acme.atlassian.net/browse/ENG-123"},
	}, {
		Title:    "By ids, without a description",
		Config:   map[string]any{"project": "10000", "issue_type": 10004, "summary": "Call back", "priority": 2},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/rest/api/3/issue", Body: `{"fields": {"project": {"id": "10000"}, "issuetype": {"id": "10004"}, "summary": "Call back", "priority": {"id": "2"}}}`},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"id": "10024", "key": "ENG-124", "self": "https://acme.atlassian.net/rest/api/3/issue/10024"}`},
		Output:   map[string]any{"id": "10024", "key": "ENG-124", "url": "https://acme.atlassian.net/browse/ENG-124"},
	}},
}

func runCreateIssue(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	fields := map[string]any{}
	maps.Copy(fields, in.Map(moreFields))
	fields["project"] = named(strings.TrimSpace(in.Text(project)), "key")
	fields["issuetype"] = named(strings.TrimSpace(in.Text(issueType)), "name")
	fields["summary"] = in.Text(summary)
	if p := strings.TrimSpace(in.Text(priority)); p != "" {
		fields["priority"] = named(p, "name")
	}
	if l := in.List(labels); len(l) > 0 {
		fields["labels"] = l
	}
	switch doc, err := readDocument(description, in.Any(description)); {
	case err != nil:
		return nil, err
	case doc != nil:
		fields["description"] = doc
	}
	var made struct {
		ID  string `json:"id"`
		Key string `json:"key"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/rest/api/3/issue", JSON: map[string]any{"fields": fields}}, &made); err != nil {
		return nil, err
	}
	return connector.Output{"id": made.ID, "key": made.Key, "url": browse(call, made.Key)}, nil
}
