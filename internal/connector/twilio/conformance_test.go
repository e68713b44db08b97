package twilio_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/twilio"
)

// account is what Twilio answers when a good credential is verified, the auth
// token included.
const account = `{"sid": "AC0123456789abcdef0123456789abcdef", "friendly_name": "Example Shop", "status": "active", "type": "Full",
	"auth_token": "canary-auth_token+7Qx9vLk2/Zt5", "owner_account_sid": "AC0123456789abcdef0123456789abcdef"}`

var options = []connectortest.Option{
	connectortest.VerifyAnswer("twilio", connector.ExampleResponse{Body: account}),
	connectortest.Refusals(refusal),
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, twilio.New(), options...)
}

// Source: Twilio's own OpenAPI file.
func TestContract(t *testing.T) {
	connectortest.ReadContract(t, connectortest.VendorFile(t, "twilio_api_v2010.json"), "",
		"/2010-04-01/Accounts/{AccountSid}/Messages.json", "/2010-04-01/Accounts/{Sid}.json",
	).Hold(t, twilio.New(), nil, options...)
}

// refusal is how Twilio refuses.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	codes := map[int]int{
		http.StatusUnauthorized: 20003, http.StatusNotFound: 20404, http.StatusTooManyRequests: 20429, http.StatusBadRequest: 21211,
		http.StatusForbidden: 20005, http.StatusInternalServerError: 20500,
	}
	code, ok := codes[status]
	if !ok {
		return connector.ExampleResponse{}, false
	}
	body, _ := json.Marshal(map[string]any{"code": code, "message": text, "more_info": "https://www.twilio.com/docs/errors/20003", "status": status}) // always encodes
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}
