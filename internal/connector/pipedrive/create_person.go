package pipedrive

import (
	"context"
	"net/http"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	personName = schema.Field{Name: "name", Kind: schema.Text, Title: "Name", Required: true, Personal: true, MaxLength: 255, Help: "The person's whole name.", Placeholder: "Ada Lovelace"}
	email      = schema.Field{
		Name: "email", Kind: schema.List, Title: "Email", Personal: true, MaxLength: 10, Placeholder: "ada@example.com",
		Help:    "One address or a list of them; the first becomes the primary one.",
		Pattern: `\s*[^@\s]+@[^@\s]+\s*`, PatternHint: "Addresses without names, such as ada@example.com.",
	}
	phone = schema.Field{
		Name: "phone", Kind: schema.List, Title: "Phone", Personal: true, MaxLength: 10, Placeholder: "+44 20 7946 0958",
		Help: "One number or a list of them; the first becomes the primary one.",
	}
)

// Source: https://developers.pipedrive.com/docs/api/v1/Persons#addPerson (v2)
var createPerson = connector.Action{
	Name:    "create_person",
	Title:   "Create a person",
	Summary: "Add a person; one with the same name or address is not looked for.",
	Input:   schema.Fields{personName, email, phone, organization},
	Output:  schema.Fields{idOutput},
	Run:     runCreatePerson,
	Examples: []connector.Example{{
		Title:  "Add who filled in a form",
		Config: map[string]any{"name": "Ada Lovelace", "email": "ada@example.com", "phone": []any{"+44 20 7946 0958", "+44 7700 900123"}, "org_id": 17},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/api/v2/persons",
			Body: `{"name": "Ada Lovelace", "emails": [{"value": "ada@example.com", "primary": true, "label": "work"}], "phones": [{"value": "+44 20 7946 0958", "primary": true, "label": "work"}, {"value": "+44 7700 900123", "primary": false, "label": "work"}], "org_id": 17}`,
		},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"success": true, "data": {"id": 715, "name": "Ada Lovelace"}}`},
		Output:   map[string]any{"id": 715},
	}, {
		Title:    "Only a name",
		Config:   map[string]any{"name": "Ada Lovelace"},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/api/v2/persons", Body: `{"name": "Ada Lovelace"}`},
		Response: connector.ExampleResponse{Status: http.StatusCreated, Body: `{"success": true, "data": {"id": 716, "name": "Ada Lovelace"}}`},
		Output:   map[string]any{"id": 716},
	}},
}

// newPerson is what Pipedrive is sent.
type newPerson struct {
	Name   string    `json:"name"`
	Emails []contact `json:"emails,omitempty"`
	Phones []contact `json:"phones,omitempty"`
	OrgID  int       `json:"org_id,omitempty"`
}

// contact is one way to reach a person.
type contact struct {
	Value   string `json:"value"`
	Primary bool   `json:"primary"`
	Label   string `json:"label"`
}

func contacts(values []string) []contact {
	var all []contact
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			all = append(all, contact{Value: v, Primary: len(all) == 0, Label: "work"})
		}
	}
	return all
}

func runCreatePerson(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	var person made
	_, err := service.JSON(ctx, call, rest.Request{Path: "/api/v2/persons", JSON: newPerson{
		Name: in.Text(personName), Emails: contacts(in.List(email)), Phones: contacts(in.List(phone)), OrgID: in.Int(organization),
	}}, &person)
	if err != nil {
		return nil, err
	}
	return person.output(), nil
}
