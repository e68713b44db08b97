package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestTrials(t *testing.T) {
	w := newWorld(t)
	agent, cred := w.agent(), w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	id := w.post("/v1/agents/"+agent+"/workflows", `{"name": "Try", "trigger": {"type": "manual"}, "nodes": [
		{"id": "open", "type": "chat.post_message", "credential": "`+cred+`", "config": {"channel": "#x", "text": "Hi {{trigger.input.name}} {{who}}"}},
		{"id": "closed", "type": "chat.post_message", "credential": "`+cred+`", "config": {"channel": "#closed", "text": "Hi"}},
		{"id": "loose", "type": "chat.post_message", "credential": "cred_none", "config": {"channel": "#x", "text": "Hi"}},
		{"id": "wait", "type": "wait", "config": {"seconds": 1}}], "edges": []}`).want(http.StatusCreated).text("/id")
	path := func(node string) string { return "/v1/workflows/" + id + "/nodes/" + node + "/test" }
	t.Run("OK", func(t *testing.T) {
		w := w.in(t)
		w.post(path("open"), `{"variables": {"trigger": {"input": {"name": "Ada"}}, "vars": {"who": 7}}}`).want(http.StatusOK).
			wantAt("/ok", `true`).wantAt("/input/text", `"Hi Ada 7"`).wantAt("/output/ts", `"1700000000.1"`).wantAt("/error", `null`)
		w.get("/v1/audit?resource="+id).want(http.StatusOK).wantAt("/items/0/action", `"workflow.test_node"`).wantAt("/items/0/node", `"open"`).wantAt("/items/0/actor", `"owner"`)
	})
	t.Run("TheServiceRefuses", func(t *testing.T) {
		w := w.in(t)
		failed := w.post(path("closed"), nil).want(http.StatusOK).wantAt("/ok", `false`).wantAt("/input/channel", `"#closed"`).
			wantAt("/output", `null`).wantAt("/error/name", `"Connector.AuthFailed"`).wantAt("/error/node", `"closed"`)
		if !strings.Contains(failed.text("/error/message"), "channel_is_closed") {
			t.Errorf("the service's own words are missing: %s", failed.at("/error"))
		}
	})
	t.Run("AVariableIsMissing", func(t *testing.T) {
		w := w.in(t)
		w.post(path("open"), `{}`).want(http.StatusOK).wantAt("/ok", `false`).wantAt("/input", `null`).wantAt("/error/name", `"Template.MissingValue"`)
	})
	t.Run("IfMatch", func(t *testing.T) {
		w := w.in(t)
		test := func(ifMatch string) response {
			return w.do(request{method: http.MethodPost, path: path("open"), body: `{"variables": {"trigger": {"input": {"name": "Ada"}}, "vars": {"who": 7}}}`, header: []string{"If-Match", ifMatch}})
		}
		test(w.get("/v1/workflows/"+id).text("/etag")).want(http.StatusOK).wantAt("/ok", `true`)
		test(`"0"`).wantProblem(http.StatusPreconditionFailed, "precondition_failed")
	})
	t.Run("Err", func(t *testing.T) {
		w := w.in(t)
		w.post(path("wait"), nil).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/path/node")
		w.post(path("loose"), nil).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/path/node")
		w.post(path("open"), `{"variables": []}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed")
		w.post(path("none"), nil).wantProblem(http.StatusNotFound, "not_found")
		w.post("/v1/workflows/wf_none/nodes/open/test", nil).wantProblem(http.StatusNotFound, "not_found")
	})
	// Whether a credential is there that the agent may not use is not told, and none is
	// said to have been opened.
	t.Run("ErrNotLinked", func(t *testing.T) {
		w := w.in(t)
		foreign := w.credential("chat_token", map[string]any{"token": goodToken})
		try := func(cred string) string {
			id := w.post("/v1/agents/"+agent+"/workflows", `{"name": "Try", "trigger": {"type": "manual"}, "edges": [], "nodes": [
				{"id": "open", "type": "chat.post_message", "credential": "`+cred+`", "config": {"channel": "#x", "text": "Hi"}}]}`).want(http.StatusCreated).text("/id")
			got := w.do(request{method: http.MethodPost, path: "/v1/workflows/" + id + "/nodes/open/test", token: roleToken + "editor@" + agent})
			return got.wantProblem(http.StatusUnprocessableEntity, "validation_failed").text("/detail")
		}
		if there, none := try(foreign), try("cred_none"); there != none {
			t.Errorf("%q and %q tell that the credential is there", there, none)
		}
		w.get("/v1/audit?resource="+foreign).want(http.StatusOK).wantAt("/items/0/action", `"credential.create"`)
	})
}
