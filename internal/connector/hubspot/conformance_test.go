package hubspot_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/hubspot"
)

// account is what HubSpot answers when asked whose token it is.
var account = connectortest.VerifyAnswer("hubspot_private_app", connector.ExampleResponse{
	Body: `{"portalId": 62515, "accountType": "STANDARD", "timeZone": "Europe/London", "companyCurrency": "EUR", "additionalCurrencies": [], "utcOffset": "+00:00", "utcOffsetMilliseconds": 0, "uiDomain": "app-eu1.hubspot.com", "dataHostingLocation": "eu1"}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, hubspot.New(), account, connectortest.Refusals(refusal),
		connectortest.Waive("find_contact/404", "that there is no such contact is the answer found=false"))
}

// refusal is HubSpot's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{ // texts always encode
		"status": "error", "message": text, "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf", "category": "VALIDATION_ERROR",
	})
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

// The contacts are held to HubSpot's own description, the rest to what its guides say.
func TestVendorContract(t *testing.T) {
	connectortest.ReadContract(t, connectortest.VendorFile(t, "hubspot_contacts.json"), "", "/crm/v3/objects/contacts", "/crm/v3/objects/contacts/{contactId}").
		Hold(t, hubspot.New(), []string{"create_contact", "update_contact", "find_contact"})
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").
		Hold(t, hubspot.New(), []string{"verify/hubspot_private_app", "create_deal", "add_note"}, account)
}
