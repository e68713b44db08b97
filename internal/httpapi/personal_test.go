package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestPersonalFields: what says who somebody is goes to the service each time that a step
// runs, whatever made it run, and is not kept with the step.
func TestPersonalFields(t *testing.T) {
	const ada = "ada@example.com"
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	post := func(id, channel string) string {
		return fmt.Sprintf(`{"id": %q, "type": "chat.post_message", "credential": %q, "config": {"channel": %q, "text": "Hi", "mention": "{{trigger.input.who}}"}}`, id, cred, channel)
	}
	wf, _ := w.published(agent, `{"name": "Mentions", "trigger": {"type": "manual"}, "nodes": [
		{"id": "each", "type": "loop", "config": {"items": [1, 2], "concurrency": 1}}, `+post("one", "#one")+`, `+post("two", "#closed")+`],
		"edges": [{"from": "trigger", "to": "each"}, {"from": "each", "port": "body", "to": "one"}, {"from": "each", "port": "done", "to": "two"}]}`)
	wantPosted := func(did string, want ...string) {
		t.Helper()
		for i := range want {
			want[i] += ": Hi @" + ada
		}
		if got := w.chat.posted(); !slices.Equal(got, want) {
			t.Errorf("%s: posted %q, want %q", did, got, want)
		}
	}
	const kept = `"mention":"[personal]"`
	wantKept := func(x response) {
		t.Helper()
		_, nodes, _ := strings.Cut(string(x.body), `"nodes":`)
		if strings.Contains(nodes, ada) || strings.Count(nodes, kept) != 3 {
			t.Errorf("the steps show %s, want %s at each of three", nodes, kept)
		}
	}

	w.post("/v1/workflows/"+wf+"/nodes/one/test", map[string]any{"variables": map[string]any{"trigger": map[string]any{"input": map[string]any{"who": ada}}}}).
		want(http.StatusOK).wantAt("/ok", "true").wantAt("/input/mention", `"`+ada+`"`)
	wantPosted("test", "#one")

	exe := w.post("/v1/workflows/"+wf+"/executions", `{"input": {"who": "`+ada+`"}}`).want(http.StatusAccepted).text("/id")
	wantKept(w.ended(exe).wantAt("/status", `"failed"`).wantAt("/input/who", `"`+ada+`"`))
	w.chat.open(true)
	w.post("/v1/executions/"+exe+"/redrive", nil).want(http.StatusAccepted)
	wantKept(w.ended(exe).wantAt("/status", `"succeeded"`))
	wantPosted("redrive", "#one", "#one", "#one", "#closed")

	last := w.post("/v1/executions/"+exe+"/replay", `{"from": "two"}`).want(http.StatusAccepted).text("/id")
	wantKept(w.ended(last).wantAt("/status", `"succeeded"`))
	all := w.post("/v1/executions/"+last+"/replay", `{"from": "each"}`).want(http.StatusAccepted).text("/id")
	wantKept(w.ended(all).wantAt("/status", `"succeeded"`))
	wantPosted("replay", "#one", "#one", "#one", "#closed", "#closed", "#one", "#one", "#closed")
}
