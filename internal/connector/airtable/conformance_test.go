package airtable_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/airtable"
	"switchboard/internal/connector/connectortest"
)

// user is what Airtable answers when asked whose token it is.
var user = connectortest.VerifyAnswer("airtable", connector.ExampleResponse{
	Body: `{"id": "usrL2PNC5o3H4lBEi", "email": "ada@example.com", "scopes": ["data.records:read", "data.records:write", "user.email:read"]}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, airtable.New(), user, connectortest.Refusals(refusal))
}

// refusal is Airtable's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"type": "SOME_TYPE", "message": text}}) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, airtable.New(), nil, user)
}
