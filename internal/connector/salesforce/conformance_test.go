package salesforce_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/salesforce"
)

// user is what Salesforce answers when asked whose access it is.
var user = connectortest.VerifyAnswer("salesforce_oauth2", connector.ExampleResponse{
	Body: `{"sub": "https://login.salesforce.com/id/00Dxx0000001gPL/005xx000001SwiU", "user_id": "005xx000001SwiU", "organization_id": "00Dxx0000001gPL", "preferred_username": "ann@acme.example", "name": "Ann Lee", "email": "ann@example.org"}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, salesforce.New(), user, connectortest.Refusals(refusal))
}

// refusal is Salesforce's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, err := json.Marshal([]map[string]any{{"message": text, "errorCode": "SOME_CODE"}})
	return connector.ExampleResponse{Status: status, Body: string(body)}, err == nil
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, salesforce.New(), nil, user)
}
