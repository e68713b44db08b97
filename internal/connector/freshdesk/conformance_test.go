package freshdesk_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/freshdesk"
)

// agent is what Freshdesk answers when asked whose key it is.
var agent = connectortest.VerifyAnswer("freshdesk", connector.ExampleResponse{
	Body: `{"id": 1, "type": "support_agent", "contact": {"name": "Grace Hopper", "email": "support@example.com", "active": true}}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, freshdesk.New(), agent, connectortest.Refusals(refusal))
}

// refusal is Freshdesk's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	said := map[string]any{"code": "some_code", "message": text}
	if status == 400 || status == 409 {
		said = map[string]any{"description": "Validation failed", "errors": []map[string]string{{"field": "email", "message": text, "code": "invalid_value"}}}
	}
	body, _ := json.Marshal(said) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, freshdesk.New(), nil, agent)
}
