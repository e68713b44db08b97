package hubspot

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	soughtEmail = schema.Field{
		Name: "email", Kind: schema.Text, Title: "Email", Required: true, Personal: true, MaxLength: 320, Placeholder: "ada@example.com",
		Help:    "The address to look for. A contact's further addresses count, too.",
		Pattern: `\s*` + emailPattern + `\s*`, PatternHint: emailHint,
	}
	wantedProperties = schema.Field{
		Name: "properties", Kind: schema.List, Title: "Properties", Advanced: true, MaxLength: 200,
		Default: []string{"email", "firstname", "lastname", "phone", "company", "lifecyclestage"},
		Help:    "Which properties to give, by internal name. Empty gives email, first and last name, phone, company and lifecycle stage.",
	}
)

// Source: https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/basic/get-crm-v3-objects-contacts-contactId
var findContact = connector.Action{
	Name:    "find_contact",
	Title:   "Find a contact",
	Summary: "Look a contact up by email; that there is none is an answer, not an error.",
	Input:   schema.Fields{soughtEmail, wantedProperties},
	Output: schema.Fields{
		{Name: "found", Kind: schema.Boolean, Title: "Found", Required: true, Help: "Whether there is such a contact."},
		{Name: "id", Kind: schema.Text, Title: "Id", Required: true, Help: "The contact's id in HubSpot; null where there is none."},
		{Name: "properties", Kind: schema.Object, Title: "Properties", Required: true, Personal: true, Help: "The contact's properties by internal name; those without a value are null."},
	},
	Repeatable: func(schema.Input) bool { return true },
	Run:        runFindContact,
	Examples: []connector.Example{{
		Title:   "Find who wrote a mail",
		Config:  map[string]any{"email": "ada+news@example.com", "properties": []any{"firstname", "fax"}},
		Request: connector.ExampleRequest{Method: http.MethodGet, Path: "/crm/v3/objects/contacts/ada+news@example.com?idProperty=email&properties=firstname%2Cfax"},
		Response: connector.ExampleResponse{
			Body: `{"id": "33451", "properties": {"firstname": "Ada", "hs_object_id": "33451"}, "createdAt": "2026-01-02T03:04:05.123Z", "updatedAt": "2026-01-02T03:04:05.123Z", "archived": false}`,
		},
		Output: map[string]any{"found": true, "id": "33451", "properties": map[string]any{"firstname": "Ada", "hs_object_id": "33451"}},
	}, {
		Title:   "There is no such contact",
		Config:  map[string]any{"email": "nobody@example.com"},
		Request: connector.ExampleRequest{Method: http.MethodGet, Path: "/crm/v3/objects/contacts/nobody@example.com?idProperty=email&properties=email%2Cfirstname%2Clastname%2Cphone%2Ccompany%2Clifecyclestage"},
		Response: connector.ExampleResponse{
			Status: http.StatusNotFound,
			Body:   `{"status": "error", "message": "resource not found", "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf", "category": "OBJECT_NOT_FOUND"}`,
		},
		Output: map[string]any{"found": false, "id": nil, "properties": map[string]any{}},
	}},
}

// runFindContact reads the contact by its address rather than searching for it:
// what the search gives is some seconds old, so that it misses a contact which an
// earlier step has made.
func runFindContact(ctx context.Context, call *connector.Call) (connector.Output, error) {
	var contact struct {
		ID         string         `json:"id"`
		Properties map[string]any `json:"properties"`
	}
	resp, err := service.JSON(ctx, call, rest.Request{
		Path:  objects("contacts", strings.TrimSpace(call.Input.Text(soughtEmail))),
		Query: url.Values{"idProperty": {"email"}, "properties": {strings.Join(call.Input.List(wantedProperties), ",")}},
	}, &contact)
	if fault.Is(err, fault.ServiceNotFound) && isRefusal(resp.Body) {
		return connector.Output{"found": false, "id": nil, "properties": map[string]any{}}, nil
	}
	if err != nil {
		return nil, err
	}
	if contact.Properties == nil {
		contact.Properties = map[string]any{}
	}
	return connector.Output{"found": true, "id": contact.ID, "properties": contact.Properties}, nil
}

// isRefusal tells HubSpot's own "not found" from that of a gateway in between,
// which says nothing about the contact.
func isRefusal(body []byte) bool {
	var r refusal
	return json.NewDecoder(bytes.NewReader(body)).Decode(&r) == nil && r.Status == "error"
}
