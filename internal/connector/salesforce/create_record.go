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
	values = schema.Field{
		Name: "fields", Kind: schema.Object, Title: "Fields", Required: true,
		Help: `The record's values by the API names of its fields, such as {"LastName": "Lee", "Company": "Acme"}.`,
	}
	externalIDField = schema.Field{
		Name: "external_id_field", Kind: schema.Text, Title: "External ID field", Advanced: true, Placeholder: "Switchboard_Id__c", MaxLength: 255,
		Help:    "A field of the object that is marked as external ID and unique. With it the record is made at most once, however often the step is tried.",
		Pattern: namePattern, PatternHint: "An API name has letters, digits and underscores, such as Switchboard_Id__c.",
	}
	externalID = schema.Field{
		Name: "external_id", Kind: schema.Text, Title: "External ID", Advanced: true, MaxLength: 255,
		Help: "The record's own ID in another system. A record that has it already is changed. Empty means one that is made for this step alone.",
	}
	isNew = schema.Field{
		Name: "created", Kind: schema.Boolean, Title: "Created", Required: true, Help: "False where a record with this external ID was there and was changed.",
	}
)

// Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_create.htm
// and https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm
var createRecord = connector.Action{
	Name:    "create_record",
	Title:   "Create a record",
	Summary: "Create a record of any object, once only where it has an external ID.",
	Input:   schema.Fields{object, values, externalIDField, externalID},
	Output:  schema.Fields{recordID, isNew},
	// Salesforce takes no idempotency key; a record with an external ID is its own.
	Repeatable: func(in schema.Input) bool { return in.Text(externalIDField) != "" },
	Run:        runCreateRecord,
	Examples: []connector.Example{{
		Title:    "Create a lead",
		Config:   map[string]any{"object": "Lead", "fields": map[string]any{"LastName": "Lee", "Company": "Acme & Sons", "Email": "ann@example.org"}},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/services/data/v64.0/sobjects/Lead", Body: `{"LastName": "Lee", "Company": "Acme & Sons", "Email": "ann@example.org"}`},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"id": "00Q5g00000XyZabEAF", "success": true, "errors": []}`},
		Output:   map[string]any{"id": "00Q5g00000XyZabEAF", "created": true},
	}, {
		Title:    "Create an invoice once, by its number",
		Config:   map[string]any{"object": "Invoice__c", "fields": map[string]any{"Total__c": 129.9}, "external_id_field": "Number__c", "external_id": "2026/17"},
		Request:  connector.ExampleRequest{Method: http.MethodPatch, Path: "/services/data/v64.0/sobjects/Invoice__c/Number__c/2026%2F17", Body: `{"Total__c": 129.9}`},
		Response: connector.ExampleResponse{Body: `{"id": "a015g00000XyZabEAF", "success": true, "errors": [], "created": false}`},
		Output:   map[string]any{"id": "a015g00000XyZabEAF", "created": false},
	}},
}

func runCreateRecord(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	request := rest.Request{Method: http.MethodPost, Path: data("sobjects", in.Text(object)), JSON: in.Map(values)}
	field, value := in.Text(externalIDField), in.Text(externalID)
	switch {
	case field == "" && value != "":
		const missing = "There is an external ID, but no field for it."
		return nil, fault.New(fault.InvalidInput, missing).WithHint("Name the field of the object that is marked as external ID.").At("/external_id_field", missing)
	case field != "":
		if value == "" {
			value = call.Key
		}
		request.Method, request.Path = http.MethodPatch, data("sobjects", in.Text(object), field, value)
	}
	var answer struct {
		ID      string `json:"id"`
		Created *bool  `json:"created"` // of an upsert alone
	}
	if _, err := service.JSON(ctx, call, request, &answer); err != nil {
		return nil, err
	}
	return connector.Output{recordID.Name: answer.ID, isNew.Name: answer.Created == nil || *answer.Created}, nil
}
