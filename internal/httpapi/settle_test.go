package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestSettle is what people can say of a call whose outcome nobody knows.
func TestSettle(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	document := fmt.Sprintf(`{"name": "Charge", "trigger": {"type": "manual"}, "nodes": [
		{"id": "charge", "type": "chat.post_message", "credential": %q, "config": {"channel": "#drop", "text": "pay"}},
		{"id": "after", "type": "chat.post_message", "credential": %q, "config": {"channel": "#after", "text": "{{steps.charge.ts}}"}}
	], "edges": [{"from": "trigger", "to": "charge"}, {"from": "charge", "to": "after"}]}`, cred, cred)
	run := func(w *world) string {
		w.Helper()
		wf, _ := w.published(agent, document)
		id := w.post("/v1/workflows/"+wf+"/executions", nil).want(http.StatusAccepted).text("/id")
		w.ended(id).wantAt("/status", `"failed"`).wantAt("/error/name", `"Connector.Unavailable"`)
		return id
	}
	redrive := func(w *world, id, body string) (ended response, posted string) {
		w.Helper()
		before := len(w.chat.posted())
		w.post("/v1/executions/"+id+"/redrive", body).want(http.StatusAccepted).wantAt("/id", `"`+id+`"`)
		ended = w.ended(id)
		return ended, strings.Join(w.chat.posted()[before:], ", ")
	}
	t.Run("Done", func(t *testing.T) {
		w := w.in(t)
		id := run(w)
		ended, posted := redrive(w, id, `{"done": {"charge": {"ts": "17.5"}}}`)
		ended.wantAt("/status", `"succeeded"`).wantAt("/nodes/0/status", `"succeeded"`).wantAt("/nodes/0/output", `{"ts":"17.5"}`)
		if posted != "#after: 17.5" {
			t.Errorf("posted %q after it was said to be done", posted)
		}
		w.get("/v1/audit?resource="+id).want(http.StatusOK).wantAt("/items/0/action", `"execution.settle"`).wantAt("/items/0/actor", `"owner"`).
			wantAt("/items/1/action", `"execution.redrive"`)
	})
	t.Run("NotDone", func(t *testing.T) {
		w := w.in(t)
		for _, body := range []string{``, `{}`, `{"done": null}`, `{"done": {}}`} {
			ended, posted := redrive(w, run(w), body)
			ended.wantAt("/status", `"failed"`).wantAt("/error/name", `"Connector.Unavailable"`) // once more
			if posted != "#drop: pay" {
				t.Errorf("posted %q after a redrive with %q", posted, body)
			}
		}
	})
	t.Run("ErrOthers", func(t *testing.T) {
		w := w.in(t)
		id := run(w)
		for body, field := range map[string]string{
			`{"done": {"after": {}}}`: "/done/after", `{"done": {"none": {}, "charge": {}}}`: "/done/none",
			`{"done": {"charge": "17.5"}}`: "/done/charge", `{"done": {"charge": null}}`: "/done/charge", `{"done": {"charge": []}}`: "/done/charge",
		} {
			w.post("/v1/executions/"+id+"/redrive", body).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField(field)
		}
		w.get("/v1/executions/"+id).want(http.StatusOK).wantAt("/status", `"failed"`)
	})
}
