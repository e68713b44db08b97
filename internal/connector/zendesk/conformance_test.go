package zendesk_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/zendesk"
)

// agent is what Zendesk answers when asked in whose name calls are made.
var agent = connectortest.VerifyAnswer("zendesk", connector.ExampleResponse{
	Body: `{"user": {"id": 35436, "url": "https://acme.zendesk.com/api/v2/users/35436.json", "name": "Grace Hopper", "email": "support@example.com", "role": "agent", "active": true}}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, zendesk.New(), agent, connectortest.Refusals(refusal))
}

// refusal is Zendesk's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	said := map[string]any{"error": "RecordInvalid", "description": text}
	if status == 401 || status == 403 {
		said = map[string]any{"error": map[string]string{"title": "Forbidden", "message": text}}
	}
	body, _ := json.Marshal(said) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, zendesk.New(), nil, agent)
}
