package jira

import (
	"context"
	"fmt"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	jql = schema.Field{
		Name: "jql", Kind: schema.Text, Title: "JQL", Required: true, MaxLength: 10000, Placeholder: "project = ENG and status = \"To Do\"",
		// A JSON string is a JQL string, so the same escaping holds a value within its quotes.
		Escape: template.TargetJSON,
		Help:   "A search in Jira's query language, with some restriction. A variable is put into quotes for you: project = {{trigger.project}}. With other text around it, write double quotes: summary ~ \"order {{trigger.id}}\".",
	}
	limit = schema.Field{
		Name: "limit", Kind: schema.Integer, Title: "Limit", Default: int64(50), Min: schema.Limit(1), Max: schema.Limit(1000),
		Help: "The most issues to give.",
	}
	searchedFields = schema.Field{
		Name: "fields", Kind: schema.List, Title: "Fields", Advanced: true, MaxLength: 200,
		Default: []string{"summary", "status", "issuetype", "priority", "assignee", "reporter", "labels", "created", "updated", "project"},
		Help:    "Which fields of each issue to give, by id or key; *navigable gives most, *all gives all. Empty gives the usual ones, without the description.",
	}
)

// mostPerPage is how many issues are asked for at once. Jira may give fewer.
const mostPerPage = 100

// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/#api-rest-api-3-search-jql-post
var searchIssues = connector.Action{
	Name:    "search_issues",
	Title:   "Search issues",
	Summary: "Find issues with a query in JQL.",
	Input:   schema.Fields{jql, limit, searchedFields},
	Output: schema.Fields{
		{Name: "issues", Kind: schema.Values, Title: "Issues", Required: true, Help: "The issues, each with id, key, url and fields; a status is fields.status.name."},
		{Name: "has_more", Kind: schema.Boolean, Title: "Has more", Required: true, Help: "Whether there are more issues than the limit let through."},
	},
	Repeatable: func(schema.Input) bool { return true },
	Run:        runSearchIssues,
	Examples: []connector.Example{{
		Title:  "Find what waits",
		Config: map[string]any{"jql": `project = "ENG" and status = "To Do" order by created`, "limit": 2, "fields": []any{"summary", "status"}},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/rest/api/3/search/jql",
			Body: `{"jql": "project = \"ENG\" and status = \"To Do\" order by created", "maxResults": 2, "fields": ["summary", "status"]}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"issues": [{"expand": "", "id": "10023", "self": "https://acme.atlassian.net/rest/api/3/issue/10023", "key": "ENG-123", "fields": {"summary": "Checkout fails", "status": {"name": "To Do"}}}], "isLast": true}`,
		},
		Output: map[string]any{"has_more": false, "issues": []any{
			map[string]any{"id": "10023", "key": "ENG-123", "url": "https://acme.atlassian.net/browse/ENG-123", "fields": map[string]any{"summary": "Checkout fails", "status": map[string]any{"name": "To Do"}}},
		}},
	}},
}

// search is what Jira is asked. The token of the page before stands for startAt,
// which is gone.
type search struct {
	JQL           string   `json:"jql"`
	MaxResults    int      `json:"maxResults"`
	Fields        []string `json:"fields"`
	NextPageToken string   `json:"nextPageToken,omitempty"`
}

// found is one page of what Jira answers.
type found struct {
	Issues []struct {
		ID     string         `json:"id"`
		Key    string         `json:"key"`
		Fields map[string]any `json:"fields"`
	} `json:"issues"`
	NextPageToken string `json:"nextPageToken"`
}

func runSearchIssues(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	if err := checkQuotes(in.Text(jql)); err != nil {
		return nil, err
	}
	most, issues := in.Int(limit), []any{}
	var trail rest.Trail
	ask := search{JQL: in.Text(jql), Fields: in.List(searchedFields)}
	for {
		ask.MaxResults = min(most-len(issues), mostPerPage)
		var page found
		if _, err := service.JSON(ctx, call, rest.Request{Path: "/rest/api/3/search/jql", JSON: ask}, &page); err != nil {
			return nil, fmt.Errorf("reading page of issues: %w", err)
		}
		for _, i := range page.Issues[:min(len(page.Issues), most-len(issues))] {
			fields := i.Fields
			if fields == nil {
				fields = map[string]any{}
			}
			issues = append(issues, map[string]any{"id": i.ID, "key": i.Key, "url": browse(call, i.Key), "fields": fields})
		}
		more := trail.Leads(page.NextPageToken)
		if len(issues) == most || !more {
			return connector.Output{"issues": issues, "has_more": more}, nil
		}
		ask.NextPageToken = page.NextPageToken
	}
}
