package github_test

import (
	"encoding/json"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/github"
)

// user is what GitHub answers when asked whose token it is.
var user = connectortest.VerifyAnswer("github", connector.ExampleResponse{
	Header: map[string]string{"X-OAuth-Scopes": "repo, read:org"},
	Body:   `{"login": "octocat", "id": 1, "name": "Mona", "type": "User", "html_url": "https://github.com/octocat"}`,
})

func TestConformance(t *testing.T) {
	connectortest.Run(t, github.New(), user, connectortest.Refusals(refusal))
}

// refusal is GitHub's shape of one.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	body, _ := json.Marshal(map[string]any{"message": text, "documentation_url": "https://docs.github.com/rest"}) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}, true
}

func TestContract(t *testing.T) {
	connectortest.ReadContract(t, "testdata/contract.yaml", "").Hold(t, github.New(), nil, user)
}
