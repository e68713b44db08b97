package discord_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/discord"
)

var options = []connectortest.Option{
	connectortest.VerifyAnswer("discord_bot", connector.ExampleResponse{
		Body: `{"id": "1100000000000000000", "username": "example-alerts", "discriminator": "0", "global_name": null, "bot": true}`,
	}),
	connectortest.Refusals(refusal),
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, discord.New(), options...)
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "/api/v10").Hold(t, discord.New(), nil, options...)
}

// refusal is how Discord refuses.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	codes := map[int]int{http.StatusBadRequest: 50035, http.StatusForbidden: 50001, http.StatusNotFound: 10003}
	body, _ := json.Marshal(map[string]any{"message": text, "code": codes[status]}) // always encodes
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}
