package openai_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/openai"
)

// models is what OpenAI answers when asked what a key may use.
var models = connectortest.VerifyAnswer("openai", connector.ExampleResponse{
	Header: map[string]string{"OpenAI-Organization": "acme", "OpenAI-Project": "proj_1"},
	Body:   `{"object": "list", "data": [{"id": "gpt-5-mini", "object": "model", "created": 1754425928, "owned_by": "system"}]}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, openai.New(), models, connectortest.Refusals(refusal))
}

// refusal is OpenAI's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"message": text, "type": "invalid_request_error", "param": nil, "code": nil}}) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, openai.New(), nil, models)
}
