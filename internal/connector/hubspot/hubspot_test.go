package hubspot_test

import (
	"net/http"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/hubspot"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrExists": {
			connector.ExampleResponse{Status: 409, Body: `{"status":"error","message":"Contact already exists. Existing ID: 37765128953","correlationId":"2dea5219-07f2-40ce-82ec-9c2e302317a4","category":"CONFLICT"}`},
			connectortest.Refusal{Code: fault.ServiceConflict, Message: "HubSpot answered 409 Conflict: Contact already exists. Existing ID: 37765128953", Hint: "update_contact and the id 37765128953"},
		},
		"ErrScopes": {
			connector.ExampleResponse{Status: 403, Body: `{"status":"error","message":"This app hasn't been granted all required scopes to make this call.","category":"MISSING_SCOPES","errors":[{"message":"One or more of the following scopes are required.","context":{"requiredGranularScopes":["crm.objects.contacts.write"]}}]}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "HubSpot answered 403 Forbidden: This app hasn't been granted all required scopes...", Hint: "(crm.objects.contacts.write)"},
		},
		"ErrProperty": {
			connector.ExampleResponse{Status: 400, Body: `{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"Property \\\"shoe\\\" does not exist\",\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"shoe\"},{\"isValid\":false,\"message\":\"Email address x is invalid\",\"error\":\"INVALID_EMAIL\"}]","category":"VALIDATION_ERROR"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: `HubSpot answered 400 Bad Request: Property values were not valid: Property "shoe" does not exist; Email address x is invalid`, Hint: "internal name"},
		},
		"ErrOption": {
			connector.ExampleResponse{Status: 400, Body: `{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"won was not one of the allowed options\",\"error\":\"INVALID_OPTION\",\"name\":\"dealstage\"}]","category":"VALIDATION_ERROR"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: `HubSpot answered 400 Bad Request: Property values were not valid: won was not one of the allowed options`, Hint: "by their id"},
		},
		"ErrDailyLimit": {
			connector.ExampleResponse{Status: 429, Body: `{"status":"error","message":"You have reached your daily limit.","errorType":"RATE_LIMIT","policyName":"DAILY"}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "HubSpot answered 429 Too Many Requests: You have reached your daily limit.", Hint: "midnight"},
		},
		"ErrBurstLimit": {
			connector.ExampleResponse{
				Status: 429, Header: map[string]string{"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"},
				Body: `{"status":"error","message":"You have reached your ten_secondly_rolling limit.","policyName":"TEN_SECONDLY_ROLLING"}`,
			},
			connectortest.Refusal{Code: fault.RateLimited, Message: "HubSpot answered 429 Too Many Requests: You have reached your ten_secondly_rolling limit.", Wait: 10 * time.Second},
		},
		"ErrGateway": {
			connector.ExampleResponse{Status: 502, Body: `<html>Bad gateway</html>`},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "HubSpot answered 502 Bad Gateway."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "create_contact", Config: map[string]any{"email": "ada@example.com"}}
			tt.want.Check(t, setup.Run(t, hubspot.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestInputIsRefused(t *testing.T) {
	tests := map[string]struct {
		setup connectortest.Setup
		want  connectortest.Refusal
	}{
		"ErrNobody": {
			connectortest.Setup{Action: "create_contact", Config: map[string]any{"phone": "1", "email": "  "}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "A contact needs an email, a first name or a last name.", Pointer: "/email"},
		},
		"ErrNoProperty": {
			connectortest.Setup{Action: "update_contact", Config: map[string]any{"id": "1", "properties": map[string]any{}}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "There is no property to change.", Pointer: "/properties"},
		},
		"ErrIDClimbs": {
			connectortest.Setup{Action: "update_contact", Config: map[string]any{"id": "../deals", "properties": map[string]any{"a": "b"}}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "A value that becomes part of the address is empty..."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, tt.setup.Run(t, hubspot.New(), connectortest.NoCall(t)).Err)
		})
	}
}

// A "not found" that is not HubSpot's own says nothing about the contact.
func TestFindContactBehindAGateway(t *testing.T) {
	setup := connectortest.Setup{Action: "find_contact", Config: map[string]any{"email": "ada@example.com"}}
	e := setup.Run(t, hubspot.New(), connectortest.Answer(connector.ExampleResponse{Status: http.StatusNotFound, Body: "<html>no such site</html>"}))
	connectortest.Refusal{Code: fault.ServiceNotFound, Message: "HubSpot answered 404 Not Found."}.Check(t, e.Err)
}

func TestProperties(t *testing.T) {
	tests := map[string]struct {
		action string
		config map[string]any
		want   string
	}{
		"FieldGoesFirst": {"create_contact", map[string]any{"email": " ada@example.com ", "properties": map[string]any{"email": "other@example.com"}}, `{"properties":{"email":"ada@example.com"},"associations":[]}`},
		"PropertiesOnly": {"create_contact", map[string]any{"properties": map[string]any{"lastname": "Lovelace"}}, `{"properties":{"lastname":"Lovelace"},"associations":[]}`},
		"LargeAmount":    {"create_deal", map[string]any{"dealname": "D", "amount": 25000000}, `{"properties":{"amount":"25000000","dealname":"D"},"associations":[]}`},
		"Cleared":        {"update_contact", map[string]any{"id": "1", "properties": map[string]any{"fax": ""}}, `{"properties":{"fax":""}}`},
		"Markup":         {"add_note", map[string]any{"contact_id": "7", "body": "<p>One\ntwo</p>"}, `{"properties":{"hs_note_body":"<p>One\ntwo</p>","hs_timestamp":"2026-01-02T03:04:05.000Z"},"associations":[{"to":{"id":"7"},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":202}]}]}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{Action: tt.action, Config: tt.config}.Run(t, hubspot.New(), connectortest.Answer(connector.ExampleResponse{Status: 201, Body: `{"id": "1"}`}))
			if e.Err != nil || len(e.Sent) != 1 {
				t.Fatalf("error = %v, sent = %v", e.Err, e.Sent)
			}
			if e.Sent[0].Body != tt.want {
				t.Errorf("sent %s\nwant %s", e.Sent[0].Body, tt.want)
			}
		})
	}
}
