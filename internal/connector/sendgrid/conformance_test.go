package sendgrid_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/sendgrid"
)

var options = []connectortest.Option{
	connectortest.VerifyAnswer("sendgrid", connector.ExampleResponse{Body: `{"scopes": ["mail.send", "sender_verification_eligible"]}`}),
	connectortest.Refusals(refusal),
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, sendgrid.New(), options...)
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, sendgrid.New(), nil, options...)
}

// refusal is how SendGrid refuses.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{"errors": []any{map[string]any{"message": text, "field": nil, "help": nil}}}) // always encodes
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}
