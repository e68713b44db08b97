package airtable

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	formula = schema.Field{
		Name: "formula", Kind: schema.Text, Title: "Formula", MaxLength: 50000, Placeholder: `{Status} = "Open"`,
		// A JSON string is a text in a formula, so the same escaping holds a value within its quotes.
		Escape: template.TargetJSON,
		Help:   "Which records to give, as a formula; empty gives all. A variable is put into quotes for you: {Email} = {{trigger.email}}. With other text around it, write double quotes: {Order} = \"A-{{trigger.id}}\".",
	}
	limit = schema.Field{
		Name: "limit", Kind: schema.Integer, Title: "Limit", Default: int64(100), Min: schema.Limit(1), Max: schema.Limit(1000),
		Help: "The most records to give.",
	}
	view = schema.Field{
		Name: "view", Kind: schema.Text, Title: "View", Advanced: true, MaxLength: 255, Placeholder: "Grid view",
		Help: "The name or id of a view. Only its records are given, in its order.",
	}
	wantedFields = schema.Field{
		Name: "fields", Kind: schema.List, Title: "Fields", Advanced: true, MaxLength: 500,
		Help: "Which fields of each record to give, by name or id. Empty gives all.",
	}
)

const (
	mostPerPage = 100 // records that Airtable gives at once
	// longestQuery is what is sent in an address: Airtable takes addresses of up to
	// 16,000 characters, and a longer question as a body.
	longestQuery = 15_000
)

// Source: https://airtable.com/developers/web/api/list-records
var listRecords = connector.Action{
	Name:    "list_records",
	Title:   "List records",
	Summary: "Read the rows of a table, or those that a formula picks.",
	Input:   schema.Fields{baseID, table, formula, limit, view, wantedFields},
	Output: schema.Fields{
		{Name: "records", Kind: schema.Values, Title: "Records", Required: true, Content: true, Help: "The records, each with id, created_time and fields; empty fields are left out."},
		{Name: "has_more", Kind: schema.Boolean, Title: "Has more", Required: true, Help: "Whether there are more records than the limit let through."},
	},
	Repeatable: func(schema.Input) bool { return true },
	Run:        runListRecords,
	Examples: []connector.Example{{
		Title:   "Find open orders",
		Config:  map[string]any{"base_id": "appLkNDICXNqxSDhG", "table": "tbltp8DGLhqbUmjK1", "formula": `{Status} = "Open"`, "limit": 2, "fields": []any{"Order"}},
		Request: connector.ExampleRequest{Method: http.MethodGet, Path: "/v0/appLkNDICXNqxSDhG/tbltp8DGLhqbUmjK1?fields%5B%5D=Order&filterByFormula=%7BStatus%7D+%3D+%22Open%22&pageSize=2"},
		Response: connector.ExampleResponse{
			Body: `{"records": [{"id": "rec560UJdUtocSouk", "createdTime": "2026-01-02T03:04:05.000Z", "fields": {"Order": "A-100"}}, {"id": "rec3lbPRG4aVqkeOQ", "createdTime": "2026-01-02T03:05:05.000Z", "fields": {}}], "offset": "itrEN2TCbrcSN2BMs/rec3lbPRG4aVqkeOQ"}`,
		},
		Output: map[string]any{"has_more": true, "records": []any{
			map[string]any{"id": "rec560UJdUtocSouk", "created_time": "2026-01-02T03:04:05.000Z", "fields": map[string]any{"Order": "A-100"}},
			map[string]any{"id": "rec3lbPRG4aVqkeOQ", "created_time": "2026-01-02T03:05:05.000Z", "fields": map[string]any{}},
		}},
	}},
}

// question is what Airtable is asked for a page.
type question struct {
	FilterByFormula string   `json:"filterByFormula,omitempty"`
	View            string   `json:"view,omitempty"`
	Fields          []string `json:"fields,omitempty"`
	PageSize        int      `json:"pageSize"`
	Offset          string   `json:"offset,omitempty"`
}

func runListRecords(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	if err := checkQuotes(in.Text(formula)); err != nil {
		return nil, err
	}
	most, records := in.Int(limit), []any{}
	var trail rest.Trail
	ask := question{FilterByFormula: in.Text(formula), View: in.Text(view), Fields: in.List(wantedFields)}
	for {
		ask.PageSize = min(most-len(records), mostPerPage)
		var page struct {
			Records []record `json:"records"`
			Offset  string   `json:"offset"`
		}
		if _, err := service.JSON(ctx, call, ask.request(in), &page); err != nil {
			return nil, fmt.Errorf("reading page of records: %w", err)
		}
		for _, r := range page.Records[:min(len(page.Records), most-len(records))] {
			records = append(records, map[string]any{"id": r.ID, "created_time": r.CreatedTime, "fields": r.values()})
		}
		more := trail.Leads(page.Offset)
		if len(records) == most || !more {
			return connector.Output{"records": records, "has_more": more}, nil
		}
		ask.Offset = page.Offset
	}
}

// request asks in the address, or in a body where the address would be too long.
func (q question) request(in schema.Input) rest.Request {
	query := url.Values{"pageSize": {strconv.Itoa(q.PageSize)}}
	for name, value := range map[string]string{"filterByFormula": q.FilterByFormula, "view": q.View, "offset": q.Offset} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(q.Fields) > 0 {
		query["fields[]"] = q.Fields
	}
	if len(query.Encode()) > longestQuery {
		return rest.Request{Method: http.MethodPost, Path: tablePath(in, "listRecords"), JSON: q}
	}
	return rest.Request{Path: tablePath(in), Query: query}
}
