package whatsappcloud_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	whatsappcloud "switchboard/internal/connector/whatsapp_cloud"
)

var options = []connectortest.Option{
	connectortest.VerifyAnswer("whatsapp_cloud", connector.ExampleResponse{
		Body: `{"id": "106540352242922", "display_phone_number": "+1 555-555-5555", "verified_name": "Example Shop", "quality_rating": "GREEN"}`,
	}),
	connectortest.Refusals(refusal),
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, whatsappcloud.New(), options...)
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "/v25.0").Hold(t, whatsappcloud.New(), nil, options...)
}

// refusal is how the Graph API refuses.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	codes := map[int]int{
		http.StatusBadRequest: 100, http.StatusUnauthorized: 190, http.StatusForbidden: 200, http.StatusNotFound: 132001,
		http.StatusTooManyRequests: 130429, http.StatusInternalServerError: 131000, http.StatusServiceUnavailable: 2,
	}
	code, ok := codes[status]
	if !ok {
		return connector.ExampleResponse{}, false
	}
	body, _ := json.Marshal(map[string]any{"error": map[string]any{ // always encodes
		"message": text, "type": "OAuthException", "code": code, "fbtrace_id": "AXsgnV2Cm3ZMGF3dF",
	}})
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}
