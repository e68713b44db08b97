package servicenow_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/servicenow"
)

// user is what ServiceNow answers when the user is looked up.
var user = connectortest.VerifyAnswer("servicenow", connector.ExampleResponse{
	Body: `{"result": [{"name": "Switchboard Integration", "email": "integration@example.com"}]}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, servicenow.New(), user, connectortest.Refusals(refusal))
}

// refusal is ServiceNow's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{"error": map[string]string{"message": "Operation Failed", "detail": text}, "status": "failure"}) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, servicenow.New(), nil, user)
}
