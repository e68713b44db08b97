package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// logged gives the lines of the log with a message that belong to a request.
func (w *world) logged(request, message string) []map[string]any {
	w.Helper()
	var found []map[string]any
	for line := range strings.Lines(w.log.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			w.Fatalf("%q: %v", line, err)
		}
		if v["request_id"] == request && v["msg"] == message {
			found = append(found, v)
		}
	}
	return found
}

// TestRequestIsFollowed goes from what a caller is told to the lines of the log that
// connectors write, through the execution and the one that it runs.
func TestRequestIsFollowed(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	bad := w.credential("chat_token", map[string]any{"token": badToken})
	w.link(agent, bad)
	inner, _ := w.published(agent, `{"name": "Inner", "trigger": {"type": "manual"}, "nodes": [{"id": "say", "type": "chat.post_message", "credential": "`+bad+
		`", "config": {"channel": "#x", "text": "Hi"}}], "edges": [{"from": "trigger", "to": "say"}]}`)
	_, publication := w.published(agent, `{"name": "Outer", "trigger": {"type": "webhook", "config": {"respond": "immediately"}}, "nodes": [
		{"id": "each", "type": "loop", "config": {"items": [1]}},
		{"id": "call", "type": "workflow", "config": {"workflow": "`+inner+`", "input": {}}}],
		"edges": [{"from": "trigger", "to": "each"}, {"from": "each", "port": "body", "to": "call"}]}`)

	answer := w.hook(hookPath(publication.text("/webhook_url")), `{}`).want(http.StatusAccepted)
	request, exe := answer.header.Get("X-Request-Id"), answer.text("/id")
	done := w.ended(exe).wantAt("/status", `"failed"`).wantAt("/request_id", `"`+request+`"`)
	child := done.text("/nodes/1/iterations/0/execution_id")
	w.get("/v1/executions/"+child).want(http.StatusOK).wantAt("/request_id", `"`+request+`"`)

	if lines := w.logged(request, "request"); len(lines) != 1 || lines[0]["execution"] != exe {
		t.Errorf("the request's lines are %v, want one with its execution %s", lines, exe)
	}
	lines := w.logged(request, "task failed")
	if len(lines) == 0 || lines[0]["execution"] != child || lines[0]["node"] != "say" || lines[0]["account"] != "acc_own" {
		t.Errorf("the connector's lines are %v, want one of execution %s", lines, child)
	}

	replay := w.post("/v1/executions/"+exe+"/replay", map[string]any{"from": "trigger"}).want(http.StatusAccepted)
	w.ended(replay.text("/id")).wantAt("/request_id", `"`+replay.header.Get("X-Request-Id")+`"`)
}
