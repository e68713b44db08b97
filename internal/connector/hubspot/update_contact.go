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
	contactID = schema.Field{
		Name: "id", Kind: schema.Text, Title: "Contact", Required: true, MaxLength: 64, Placeholder: "33451",
		Help: "The contact's id, as create_contact and find_contact give it.",
	}
	newProperties = schema.Field{
		Name: "properties", Kind: schema.Map, Title: "Properties", Required: true, Personal: true,
		Help: "What to change, by internal name, such as phone or lifecyclestage. An empty value clears the property; what is not named stays.",
	}
)

// Source: https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/basic/patch-crm-v3-objects-contacts-contactId
var updateContact = connector.Action{
	Name:    "update_contact",
	Title:   "Update a contact",
	Summary: "Change properties of a contact.",
	Input:   schema.Fields{contactID, newProperties},
	Output:  schema.Fields{idOutput},
	// It sets values; setting them again changes nothing.
	Repeatable: func(schema.Input) bool { return true },
	Run:        runUpdateContact,
	Examples: []connector.Example{{
		Title:  "Make a contact a customer",
		Config: map[string]any{"id": "33451", "properties": map[string]any{"lifecyclestage": "customer", "total_revenue": 1200.5, "fax": nil}},
		Request: connector.ExampleRequest{
			Method: http.MethodPatch, Path: "/crm/v3/objects/contacts/33451",
			Body: `{"properties": {"lifecyclestage": "customer", "total_revenue": "1200.5", "fax": ""}}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"id": "33451", "properties": {"lifecyclestage": "customer"}, "createdAt": "2026-01-02T03:04:05.123Z", "updatedAt": "2026-01-03T03:04:05.123Z", "archived": false}`,
		},
		Output: map[string]any{"id": "33451"},
	}},
}

func runUpdateContact(ctx context.Context, call *connector.Call) (connector.Output, error) {
	properties := readProperties(call.Input)
	if len(properties) == 0 {
		const missing = "There is no property to change."
		return nil, fault.New(fault.InvalidInput, missing).At("/properties", missing)
	}
	var changed made
	_, err := service.JSON(ctx, call, rest.Request{
		Method: http.MethodPatch, Path: objects("contacts", call.Input.Text(contactID)), JSON: map[string]any{"properties": properties},
	}, &changed)
	if err != nil {
		return nil, err
	}
	return changed.output(), nil
}
