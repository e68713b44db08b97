package telegram_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/telegram"
)

// token holds what may stand in a path and what has to be escaped there.
const token = "123456:canary-7Qx9vLk2+Zt5/uW"

var credential = map[string]any{"token": token}

var options = []connectortest.Option{
	connectortest.Credential("telegram_bot", credential),
	connectortest.VerifyAnswer("telegram_bot", connector.ExampleResponse{
		Body: `{"ok": true, "result": {"id": 123456, "is_bot": true, "first_name": "Example alerts", "username": "example_bot"}}`,
	}),
	connectortest.Refusals(refusal),
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, telegram.New(), options...)
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, telegram.New(), nil, options...)
}

// refusal is how Telegram refuses.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{ // always encodes
		"ok": false, "error_code": status, "description": fmt.Sprintf("%s: %s", http.StatusText(status), text),
	})
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}
