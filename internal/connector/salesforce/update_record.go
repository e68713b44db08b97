package salesforce

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
	changedRecord = schema.Field{
		Name: "id", Kind: schema.Text, Title: "Record", Required: true, Placeholder: "00Q5g00000XyZabEAF",
		Help:    "The record's ID, as create_record or query gives it.",
		Pattern: idPattern, PatternHint: "An ID has 15 or 18 letters and digits, such as 00Q5g00000XyZabEAF.",
	}
	changes = schema.Field{
		Name: "fields", Kind: schema.Object, Title: "Fields", Required: true,
		Help: "What to change, by the API names of the fields; null empties one. What is not named stays.",
	}
)

// Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_update_fields.htm
var updateRecord = connector.Action{
	Name:       "update_record",
	Title:      "Update a record",
	Summary:    "Change fields of a record.",
	Input:      schema.Fields{object, changedRecord, changes},
	Output:     schema.Fields{recordID},
	Repeatable: func(schema.Input) bool { return true },
	Run:        runUpdateRecord,
	Examples: []connector.Example{{
		Title:    "Take a lead on",
		Config:   map[string]any{"object": "Lead", "id": "00Q5g00000XyZabEAF", "fields": map[string]any{"Status": "Working", "Fax": nil}},
		Request:  connector.ExampleRequest{Method: http.MethodPatch, Path: "/services/data/v64.0/sobjects/Lead/00Q5g00000XyZabEAF", Body: `{"Status": "Working", "Fax": null}`},
		Response: connector.ExampleResponse{Status: http.StatusNoContent},
		Output:   map[string]any{"id": "00Q5g00000XyZabEAF"},
	}},
}

func runUpdateRecord(ctx context.Context, call *connector.Call) (connector.Output, error) {
	fields := call.Input.Map(changes)
	if len(fields) == 0 {
		const missing = "There is no field to change."
		return nil, fault.New(fault.InvalidInput, missing).At("/fields", missing)
	}
	id := call.Input.Text(changedRecord)
	if _, err := service.Do(ctx, call, rest.Request{Method: http.MethodPatch, Path: data("sobjects", call.Input.Text(object), id), JSON: fields}); err != nil {
		return nil, err
	}
	return connector.Output{recordID.Name: id}, nil
}
