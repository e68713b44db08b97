package pipedrive_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/pipedrive"
)

// user is what Pipedrive answers when asked whose token it is.
var user = connectortest.VerifyAnswer("pipedrive", connector.ExampleResponse{
	Body: `{"success": true, "data": {"id": 1, "name": "Ada Lovelace", "email": "ada@example.com", "company_id": 7, "company_name": "Analytical Engines", "company_domain": "acme"}}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, pipedrive.New(), user, connectortest.Refusals(refusal))
}

// refusal is Pipedrive's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{ // texts always encode
		"success": false, "error": text, "error_info": "Please check developers.pipedrive.com for more information about Pipedrive API.", "data": nil,
	})
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, pipedrive.New(), nil, user)
}
