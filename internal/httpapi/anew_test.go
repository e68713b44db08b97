package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/execution"
)

// exportedSay gives the export of a workflow that says "first" in a channel. The account
// into which it is to be imported has the credential for it.
func (w *world) exportedSay(channel string) string {
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	w.published(agent, `{"name": "Say", "trigger": {"type": "manual"}, "nodes": [{"id": "say", "type": "chat.post_message", "credential": "`+cred+
		`", "config": {"channel": "`+channel+`", "text": "first"}}], "edges": [{"from": "trigger", "to": "say"}]}`)
	w.as(strangerToken, http.MethodPost, "/v1/credentials", map[string]any{"type": "chat_token", "name": "Mine", "data": map[string]any{"token": goodToken}}).want(http.StatusCreated)
	return string(w.get("/v1/export").want(http.StatusOK).body)
}

// TestImportedAnew deletes a workflow and imports another state of it: it has the same
// id, and its versions are counted anew, but what runs is what was imported last.
func TestImportedAnew(t *testing.T) {
	w := newWorld(t)
	exported := w.exportedSay("#orders")
	var ids []string
	for _, text := range []string{"first", "second"} {
		r := w.imported("?publish=true", strings.ReplaceAll(exported, "first", text))
		id := r.Workflows[0].ID
		ids = append(ids, id)
		exe := w.as(strangerToken, http.MethodPost, "/v1/workflows/"+id+"/executions", nil).want(http.StatusAccepted).text("/id")
		if _, err := w.cfg.Executions.Await(t.Context(), execution.Execution{Account: "acc_stranger", ID: exe, Status: execution.Running}); err != nil {
			t.Fatal(err)
		}
		w.as(strangerToken, http.MethodGet, "/v1/executions/"+exe, nil).want(http.StatusOK).wantAt("/status", `"succeeded"`).wantAt("/nodes/0/input/text", `"`+text+`"`)
		w.as(strangerToken, http.MethodDelete, "/v1/workflows/"+id, nil).want(http.StatusNoContent)
	}
	if posted := w.chat.posted(); ids[0] != ids[1] || !slices.Equal(posted, []string{"#orders: first", "#orders: second"}) {
		t.Errorf("the workflows %s posted %q", ids, posted)
	}
}

// TestRedriveAfterAnImport deletes a workflow of which an execution has failed, and
// imports another state of it. What ran is not what is there now.
func TestRedriveAfterAnImport(t *testing.T) {
	w := newWorld(t)
	exported := w.exportedSay("#closed")
	id := w.imported("?publish=true", exported).Workflows[0].ID
	exe := w.as(strangerToken, http.MethodPost, "/v1/workflows/"+id+"/executions", nil).want(http.StatusAccepted).text("/id")
	if _, err := w.cfg.Executions.Await(t.Context(), execution.Execution{Account: "acc_stranger", ID: exe, Status: execution.Running}); err != nil {
		t.Fatal(err)
	}
	w.as(strangerToken, http.MethodGet, "/v1/executions/"+exe, nil).want(http.StatusOK).wantAt("/status", `"failed"`).wantAt("/nodes/0/id", `"say"`)
	w.as(strangerToken, http.MethodDelete, "/v1/workflows/"+id, nil).want(http.StatusNoContent)
	w.imported("?publish=true", strings.ReplaceAll(exported, "#closed", "#orders"))
	before := len(w.chat.posted())
	w.as(strangerToken, http.MethodPost, "/v1/executions/"+exe+"/redrive", nil).want(http.StatusNotFound)
	w.as(strangerToken, http.MethodPost, "/v1/executions/"+exe+"/replay", `{"from": "say"}`).want(http.StatusUnprocessableEntity)
	w.as(strangerToken, http.MethodGet, "/v1/executions/"+exe, nil).want(http.StatusOK).wantAt("/status", `"failed"`).wantAt("/error/name", `"Connector.AuthFailed"`).wantAt("/nodes", `[]`)
	if posted := w.chat.posted()[before:]; len(posted) > 0 {
		t.Errorf("what is there now ran: %q", posted)
	}
}
