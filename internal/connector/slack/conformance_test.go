package slack_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/slack"
)

// whoami is what auth.test answers.
const whoami = `{"ok":true,"url":"https://subarachnoid.slack.com/","team":"Subarachnoid Workspace","user":"grace","team_id":"T12345678","user_id":"W12345678","bot_id":"BABC12345"}`

var credential = map[string]any{"token": "xoxb-1234567890-canary-token"}

func TestConformance(t *testing.T) {
	connectortest.Run(t, slack.New(),
		connectortest.Credential("slack_bot_token", credential),
		connectortest.VerifyAnswer("slack_bot_token", connector.ExampleResponse{Body: whoami}),
		connectortest.Refusals(refusal),
	)
}

// refusal is how Slack refuses: with status 200, a code, and sometimes words.
func refusal(_ string, status int, text string) (connector.ExampleResponse, bool) {
	code, ok := map[int]string{
		http.StatusBadRequest: "invalid_arguments", http.StatusUnauthorized: "invalid_auth", http.StatusForbidden: "missing_scope",
		http.StatusNotFound: "channel_not_found", http.StatusConflict: "is_archived", http.StatusUnprocessableEntity: "invalid_blocks",
		http.StatusTooManyRequests: "ratelimited", http.StatusServiceUnavailable: "service_unavailable",
	}[status]
	if !ok {
		return connector.ExampleResponse{}, false
	}
	body, _ := json.Marshal(map[string]any{"ok": false, "error": code, "response_metadata": map[string]any{"messages": []string{text}}}) // texts always encode
	answer := connector.ExampleResponse{Body: string(body)}
	if status == http.StatusTooManyRequests {
		answer.Status = status
	}
	return answer, true
}
