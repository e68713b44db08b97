package whatsapp_test

import (
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/whatsapp"
)

var options = []connectortest.Option{
	connectortest.VerifyAnswer("twilio", connector.ExampleResponse{Body: `{"sid": "AC0123456789abcdef0123456789abcdef", "friendly_name": "Example Shop", "status": "active"}`}),
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, whatsapp.New(), options...)
}

// Source: Twilio's own OpenAPI file.
func TestContract(t *testing.T) {
	connectortest.ReadContract(t, connectortest.VendorFile(t, "twilio_api_v2010.json"), "",
		"/2010-04-01/Accounts/{AccountSid}/Messages.json", "/2010-04-01/Accounts/{Sid}.json",
	).Hold(t, whatsapp.New(), nil, options...)
}
