package functions_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// serveExpress is StartSyncExecution, which moto does not have, of a workflow whose one
// step posts to Slack: it does what the state machine does.
func (w *world) serveExpress(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Machine string `json:"stateMachineArn"`
		Name    string `json:"name"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".StartSyncExecution") {
		http.Error(rw, `{"__type":"UnknownOperationException"}`, http.StatusBadRequest)
		return
	}
	task, _ := json.Marshal(map[string]any{ // texts and numbers
		"account": exampleAccount, "agent": exampleAgent, "workflow": "wf_answers", "version": 1, "execution": in.Name, "node": "say", "attempt": 0,
		"action": "post_message", "credential": map[string]any{"id": "cred_slack", "type": "slack_bot_token"},
		"config": map[string]any{"channel": "#orders", "text": "Hello"}, "timeout_seconds": 60,
	})
	began := time.Now()
	connector, err := w.function("connector-slack")
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	said, failed, err := connector.invoke(r.Context(), task, patience)
	out := map[string]any{
		"executionArn": strings.Replace(in.Machine, ":stateMachine:", ":express:", 1) + ":" + in.Name + ":1", "stateMachineArn": in.Machine, "name": in.Name,
		"startDate": began.Unix(), "stopDate": time.Now().Unix(), "status": "SUCCEEDED",
	}
	if err != nil || failed != nil {
		out["status"], out["error"], out["cause"] = "FAILED", "Connector.Failed", "the step failed"
	} else {
		out["output"] = `{"say":` + string(said) + `}`
	}
	rw.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(rw).Encode(out)
}
