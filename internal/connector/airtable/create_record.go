package airtable

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	cells = schema.Field{
		Name: "fields", Kind: schema.Object, Title: "Fields", Required: true, Content: true,
		Help:        "Values by field name or id. Dates are YYYY-MM-DD, several choices and linked records are lists, attachments are lists of objects with a url.",
		Placeholder: `{"Name": "Ada Lovelace", "Tags": ["vip"]}`,
	}
	typecast = schema.Field{
		Name: "typecast", Kind: schema.Boolean, Title: "Convert values", Advanced: true, Default: false,
		Help: "Let Airtable make texts fit the kind of field, and add choices that don't exist yet.",
	}
)

// Source: https://airtable.com/developers/web/api/create-records
var createRecord = connector.Action{
	Name:    "create_record",
	Title:   "Create a record",
	Summary: "Add a row to a table.",
	Input:   schema.Fields{baseID, table, cells, typecast},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The record's id, beginning with rec."},
		{Name: "fields", Kind: schema.Object, Title: "Fields", Required: true, Content: true, Help: "The record's values as Airtable has stored and computed them; empty ones are left out."},
		{Name: "created_time", Kind: schema.Text, Title: "Created", Required: true, Help: "When the record was made, in UTC."},
	},
	Run: runCreateRecord,
	Examples: []connector.Example{{
		Title:  "Note an order",
		Config: map[string]any{"base_id": "appLkNDICXNqxSDhG", "table": "Open orders", "fields": map[string]any{"Order": "A-100", "Amount": 12.5, "Tags": []any{"vip"}}, "typecast": true},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/v0/appLkNDICXNqxSDhG/Open%20orders",
			Body: `{"fields": {"Order": "A-100", "Amount": 12.5, "Tags": ["vip"]}, "typecast": true}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"id": "rec560UJdUtocSouk", "createdTime": "2026-01-02T03:04:05.000Z", "fields": {"Order": "A-100", "Amount": 12.5, "Tags": ["vip"], "With tax": 14.88}}`,
		},
		Output: map[string]any{
			"id": "rec560UJdUtocSouk", "created_time": "2026-01-02T03:04:05.000Z",
			"fields": map[string]any{"Order": "A-100", "Amount": 12.5, "Tags": []any{"vip"}, "With tax": 14.88},
		},
	}},
}

func runCreateRecord(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	if len(in.Map(cells)) == 0 {
		const missing = "There is no value to put into the record." // Airtable would make an empty row
		return nil, fault.New(fault.InvalidInput, missing).At("/fields", missing)
	}
	body := map[string]any{"fields": in.Map(cells)}
	if in.Bool(typecast) {
		body["typecast"] = true
	}
	var made record
	if _, err := service.JSON(ctx, call, rest.Request{Path: tablePath(in), JSON: body}, &made); err != nil {
		return nil, err
	}
	if made.ID == "" {
		f := fault.New(fault.BadResponse, "Airtable took the record, but does not tell its id.")
		f.Unsettled = true
		return nil, f
	}
	return connector.Output{"id": made.ID, "fields": made.values(), "created_time": made.CreatedTime}, nil
}

// values gives the fields; a record without any has none in Airtable's answer.
func (r record) values() map[string]any {
	if r.Fields == nil {
		return map[string]any{}
	}
	return r.Fields
}
