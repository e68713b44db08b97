package notion

import (
	"context"
	"fmt"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	databaseID = schema.Field{
		Name: "database_id", Kind: schema.Text, Options: "databases", Title: "Database", Required: true, MaxLength: 2048, Placeholder: "248104cd477e80fdb757e945d38000bd",
		Help: "The id of, or the link to, the database. It has to be shared with the connection.",
	}
	filter = schema.Field{
		Name: "filter", Kind: schema.Object, Title: "Filter",
		Help:        "Which pages to give, in Notion's form; empty gives all. The condition goes by the kind of the column: status, select, rich_text, number, checkbox, date and so on.",
		Placeholder: `{"property": "Status", "status": {"equals": "Open"}}`,
	}
	sorts = schema.Field{
		Name: "sorts", Kind: schema.Values, Title: "Order", Advanced: true, MaxLength: 100,
		Help:        "By what the pages are ordered, in Notion's form.",
		Placeholder: `[{"property": "Due", "direction": "ascending"}]`,
	}
	limit = schema.Field{
		Name: "limit", Kind: schema.Integer, Title: "Limit", Default: int64(100), Min: schema.Limit(1), Max: schema.Limit(1000),
		Help: "The most pages to give.",
	}
	dataSource = schema.Field{
		Name: "data_source", Kind: schema.Text, Title: "Data source", Advanced: true, MaxLength: 255,
		Help: "The name or id of a data source, for a database that has several.",
	}
)

// mostPerPage is how many pages Notion gives at once.
const mostPerPage = 100

// Source: https://developers.notion.com/reference/query-a-data-source
var queryDatabase = connector.Action{
	Name:    "query_database",
	Title:   "Query a database",
	Summary: "Read the pages of a database, or those that a filter picks.",
	Input:   schema.Fields{databaseID, filter, sorts, limit, dataSource},
	Output: schema.Fields{
		{Name: "results", Kind: schema.Values, Title: "Results", Required: true, Content: true, Help: "The pages, each with id, url, created_time, last_edited_time, values (plain, by column) and properties (as Notion gives them)."},
		{Name: "has_more", Kind: schema.Boolean, Title: "Has more", Required: true, Help: "Whether there are more pages than the limit let through."},
	},
	Repeatable: func(schema.Input) bool { return true },
	Run:        runQueryDatabase,
	Examples: []connector.Example{{
		Title: "Find open orders",
		Config: map[string]any{
			"database_id": "248104cd477e80fdb757e945d38000bd", "limit": 10,
			"filter": map[string]any{"property": "Status", "status": map[string]any{"equals": "Open"}},
			"sorts":  []any{map[string]any{"property": "Due", "direction": "ascending"}},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/v1/data_sources/1a44be12-0953-4631-b498-9e5817518db8/query", Header: map[string]string{"Notion-Version": "2025-09-03"},
			Body: `{"filter": {"property": "Status", "status": {"equals": "Open"}}, "sorts": [{"property": "Due", "direction": "ascending"}], "page_size": 10}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"object": "list", "has_more": false, "next_cursor": null, "results": [{"object": "page", "id": "59833787-2cf9-4fdf-8782-e53db20768a5", "url": "https://www.notion.so/Order-A-100-598337872cf94fdf8782e53db20768a5",
				"created_time": "2026-01-02T03:04:00.000Z", "last_edited_time": "2026-01-02T03:05:00.000Z", "properties": {
				"Name": {"id": "title", "type": "title", "title": [{"type": "text", "plain_text": "Order A-100"}]}, "Due": {"id": "a%3Ab", "type": "date", "date": {"start": "2026-01-31", "end": null}}}}]}`,
		},
		Output: map[string]any{"has_more": false, "results": []any{map[string]any{
			"id": "59833787-2cf9-4fdf-8782-e53db20768a5", "url": "https://www.notion.so/Order-A-100-598337872cf94fdf8782e53db20768a5",
			"created_time": "2026-01-02T03:04:00.000Z", "last_edited_time": "2026-01-02T03:05:00.000Z",
			"values": map[string]any{"Name": "Order A-100", "Due": "2026-01-31"},
			"properties": map[string]any{
				"Name": map[string]any{"id": "title", "type": "title", "title": []any{map[string]any{"type": "text", "plain_text": "Order A-100"}}},
				"Due":  map[string]any{"id": "a%3Ab", "type": "date", "date": map[string]any{"start": "2026-01-31", "end": nil}},
			},
		}}},
	}},
}

// question is what Notion is asked for a page of results.
type question struct {
	Filter      map[string]any `json:"filter,omitempty"`
	Sorts       []any          `json:"sorts,omitempty"`
	PageSize    int            `json:"page_size"`
	StartCursor string         `json:"start_cursor,omitempty"`
}

// found is one page of what Notion answers. Besides pages a data source may hold
// other data sources, which have no properties of their own to read.
type found struct {
	Results []struct {
		ID             string         `json:"id"`
		URL            string         `json:"url"`
		CreatedTime    string         `json:"created_time"`
		LastEditedTime string         `json:"last_edited_time"`
		Properties     map[string]any `json:"properties"`
	} `json:"results"`
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor"`
}

func runQueryDatabase(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	sourceID, err := findSource(ctx, call, readID(in.Text(databaseID)), in.Text(dataSource))
	if err != nil {
		return nil, err
	}
	most, results := in.Int(limit), []any{}
	var trail rest.Trail
	ask := question{Filter: in.Map(filter), Sorts: in.Values(sorts)}
	for {
		ask.PageSize = min(most-len(results), mostPerPage)
		var page found
		if _, err := service.JSON(ctx, call, rest.Request{Path: rest.Path("v1", "data_sources", sourceID, "query"), JSON: ask}, &page); err != nil {
			return nil, fmt.Errorf("reading page of results: %w", err)
		}
		for _, r := range page.Results[:min(len(page.Results), most-len(results))] {
			given := r.Properties
			if given == nil {
				given = map[string]any{}
			}
			results = append(results, map[string]any{
				"id": r.ID, "url": r.URL, "created_time": r.CreatedTime, "last_edited_time": r.LastEditedTime, "values": readValues(given), "properties": given,
			})
		}
		more := page.HasMore && trail.Leads(page.NextCursor)
		if len(results) == most || !more {
			return connector.Output{"results": results, "has_more": more}, nil
		}
		ask.StartCursor = page.NextCursor
	}
}
