package anthropic_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/anthropic"
	"switchboard/internal/connector/connectortest"
)

// models is what Anthropic answers when asked what a key may use.
var models = connectortest.VerifyAnswer("anthropic", connector.ExampleResponse{
	Header: map[string]string{"Anthropic-Organization-Id": "2b0a7c1e-4f6d-4b7e-9a3c-5d8e1f0a2b3c"},
	Body:   `{"data": [{"id": "claude-haiku-4-5-20251001", "type": "model", "display_name": "Claude Haiku 4.5", "created_at": "2025-10-15T00:00:00Z"}], "has_more": true, "first_id": "claude-haiku-4-5-20251001", "last_id": "claude-haiku-4-5-20251001"}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, anthropic.New(), models, connectortest.Refusals(refusal))
}

// refusal is Anthropic's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{ // texts always encode
		"type": "error", "error": map[string]any{"type": "invalid_request_error", "message": text}, "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
	})
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, anthropic.New(), nil, models)
}
