package hubspot

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
	email = schema.Field{
		Name: "email", Kind: schema.Text, Title: "Email", Personal: true, MaxLength: 320,
		Help:        "What HubSpot tells contacts apart by: a second one with the same address is refused.",
		Placeholder: "ada@example.com",
		Pattern:     `(?:\s*` + emailPattern + `)?\s*`, PatternHint: emailHint,
	}
	firstName = schema.Field{Name: "firstname", Kind: schema.Text, Title: "First name", Personal: true, MaxLength: 1000, Help: "The contact's given name."}
	lastName  = schema.Field{Name: "lastname", Kind: schema.Text, Title: "Last name", Personal: true, MaxLength: 1000, Help: "The contact's family name."}
	phone     = schema.Field{
		Name: "phone", Kind: schema.Text, Title: "Phone", Personal: true, MaxLength: 1000, Placeholder: "+44 20 7946 0958",
		Help: "In any form; with the country code HubSpot can call and text it.",
	}
	company = schema.Field{
		Name: "company", Kind: schema.Text, Title: "Company", MaxLength: 1000,
		Help: "The name of the contact's company. It is text and makes no company record.",
	}
)

const (
	emailPattern = `[^@\s]+@[^@\s]+`
	emailHint    = "One address without a name, such as ada@example.com."
)

// Source: https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/basic/post-crm-v3-objects-contacts
var createContact = connector.Action{
	Name:    "create_contact",
	Title:   "Create a contact",
	Summary: "Add a person to the contacts.",
	Input:   schema.Fields{email, firstName, lastName, phone, company, moreProperties},
	Output:  schema.Fields{idOutput},
	Run:     runCreateContact,
	Examples: []connector.Example{{
		Title: "Add who filled in a form",
		Config: map[string]any{
			"email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace", "phone": "+44 20 7946 0958", "company": "Analytical Engines",
			"properties": map[string]any{"lifecyclestage": "lead", "numemployees": 12, "newsletter": true},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/crm/v3/objects/contacts",
			Body: `{"properties": {"email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace", "phone": "+44 20 7946 0958", "company": "Analytical Engines", "lifecyclestage": "lead", "numemployees": "12", "newsletter": "true"}, "associations": []}`,
		},
		Response: connector.ExampleResponse{
			Status: http.StatusCreated,
			Body:   `{"id": "33451", "properties": {"email": "ada@example.com", "firstname": "Ada"}, "createdAt": "2026-01-02T03:04:05.123Z", "updatedAt": "2026-01-02T03:04:05.123Z", "archived": false}`,
		},
		Output: map[string]any{"id": "33451"},
	}},
}

// runCreateContact is refused with Connector.Conflict where the address is taken;
// HubSpot's words then name the contact that has it.
func runCreateContact(ctx context.Context, call *connector.Call) (connector.Output, error) {
	properties := readProperties(call.Input, email, firstName, lastName, phone, company)
	if properties["email"] == "" && properties["firstname"] == "" && properties["lastname"] == "" {
		const missing = "A contact needs an email, a first name or a last name."
		return nil, fault.New(fault.InvalidInput, missing).At("/email", missing)
	}
	var contact made
	if _, err := service.JSON(ctx, call, rest.Request{Path: objects("contacts"), JSON: record{Properties: properties, Associations: []association{}}}, &contact); err != nil {
		return nil, err
	}
	return contact.output(), nil
}
