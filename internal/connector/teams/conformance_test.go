package teams_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/teams"
)

const (
	host      = "default0123456789abcdef.01.environment.api.powerplatform.com:443"
	path      = "/powerautomate/automations/direct/workflows/0a1b2c3d4e5f/triggers/manual/paths/invoke"
	signature = "canary-7Qx9vLk2/Zt5+uW"
	query     = "api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=canary-7Qx9vLk2%2FZt5%2BuW"
)

var credential = map[string]any{"url": "https://" + host + path + "?" + query}

var options = []connectortest.Option{
	connectortest.Credential("teams_webhook", credential),
	connectortest.Refusals(refusal),
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, teams.New(), options...)
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, teams.New(), nil, options...)
}

// refusal is how the service behind Workflows refuses.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": "SomeCode", "message": text}}) // always encodes
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}
