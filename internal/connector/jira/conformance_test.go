package jira_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/jira"
)

// myself is what Jira answers when asked whose token it is.
var myself = connectortest.VerifyAnswer("jira", connector.ExampleResponse{
	Header: map[string]string{"X-Seraph-LoginReason": "OK"},
	Body:   `{"self": "https://acme.atlassian.net/rest/api/3/user?accountId=5b10a2844c20165700ede21g", "accountId": "5b10a2844c20165700ede21g", "emailAddress": "mia@example.com", "displayName": "Mia Krystof", "active": true, "timeZone": "Australia/Sydney"}`,
})

// transitions are those that are open from the status of ENG-123.
var transitions = connectortest.Also("transition_issue", "GET", "/rest/api/3/issue/ENG-123/transitions", connector.ExampleResponse{
	Body: `{"expand": "transitions", "transitions": [{"id": "11", "name": "Start", "to": {"name": "In Progress", "id": "3"}}, {"id": "31", "name": "Done", "to": {"name": "Closed", "id": "5"}}]}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, jira.New(), myself, transitions, connectortest.Refusals(refusal))
}

// refusal is Jira's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{"errorMessages": []string{text}, "errors": map[string]string{}}) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

// What is older than the search endpoint is held to Jira's own description.
func TestVendorContract(t *testing.T) {
	connectortest.ReadContract(t, connectortest.VendorFile(t, "jira_2022.json"), "",
		"/rest/api/3/myself", "/rest/api/3/issue", "/rest/api/3/issue/{issueIdOrKey}/comment", "/rest/api/3/issue/{issueIdOrKey}/transitions").
		Hold(t, jira.New(), []string{"verify/jira", "create_issue", "add_comment", "transition_issue"}, myself, transitions)
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, jira.New(), []string{"search_issues"})
}
