package thingsboard_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/thingsboard"
)

// credential has a token with what may stand in a path and what has to be escaped there.
var credential = connectortest.Credential("thingsboard_device", map[string]any{"host": "https://eu.thingsboard.cloud", "access_token": "canary+A1TEST/T0KEN%7Qx9vL"})

func TestConformance(t *testing.T) {
	connectortest.Run(t, thingsboard.New(), credential, connectortest.Refusals(refusal))
}

// refusal is the shape in which ThingsBoard's web server refuses; a bad token has no body at all.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	if status == http.StatusUnauthorized {
		return connector.ExampleResponse{Status: status}, true
	}
	body, _ := json.Marshal(map[string]any{ // texts always encode
		"timestamp": "2026-01-02T03:04:05.000+00:00", "status": status, "error": http.StatusText(status), "message": text, "path": text,
	})
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, thingsboard.New(), nil, credential)
}
