package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/bundle"
)

// as is a request of the stranger's account.
func (w *world) as(token, method, path string, body any) response {
	w.Helper()
	return w.do(request{method: method, path: path, body: body, token: token})
}

func (w *world) imported(query string, body any) bundle.Report {
	w.Helper()
	var r bundle.Report
	answer := w.as(strangerToken, http.MethodPost, "/v1/import"+query, body).want(http.StatusOK)
	if err := json.Unmarshal(answer.body, &r); err != nil {
		w.Fatal(err)
	}
	return r
}

func results(r bundle.Report) string {
	var all []string
	for _, a := range r.Agents {
		all = append(all, "agent "+a.Name+" "+a.Result)
	}
	for _, c := range r.Credentials {
		all = append(all, "credential "+c.Name+" "+c.Result)
	}
	for _, l := range r.Links {
		all = append(all, "link "+l.Result)
	}
	for _, w := range r.Workflows {
		all = append(all, fmt.Sprintf("workflow %s %s v%d lacks %d", w.Name, w.Result, w.Version, len(w.Missing)))
	}
	return strings.Join(all, "\n")
}

func wantResults(t *testing.T, r bundle.Report, want ...string) {
	t.Helper()
	if got := results(r); got != strings.Join(want, "\n") {
		t.Errorf("report:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// TestBundle takes an account's workflows to another account, where the credential is
// connected later.
func TestBundle(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	chat := `{"name": "Say", "trigger": {"type": "manual"}, "nodes": [{"id": "say", "type": "chat.post_message", "credential": "` + cred +
		`", "config": {"channel": "#orders", "text": "<b>Hello</b> & more"}}], "edges": [{"from": "trigger", "to": "say"}]}`
	callee, _ := w.published(agent, chat)
	w.published(agent, `{"name": "Call", "trigger": {"type": "manual"}, "nodes": [{"id": "run", "type": "workflow", "config": {"workflow": "`+callee+
		`", "input": {}}}], "edges": [{"from": "trigger", "to": "run"}]}`)
	w.put("/v1/workflows/"+callee, strings.Replace(chat, "Hello", "Good day", 1), "If-Match", "*").want(http.StatusOK)

	exported := w.get("/v1/export").want(http.StatusOK).body
	if strings.Contains(string(exported), goodToken) {
		t.Fatal("the bundle holds a secret")
	}
	audited := w.get("/v1/audit?resource=acc_own").want(http.StatusOK)
	if !strings.Contains(string(audited.body), `"action":"bundle.export"`) {
		t.Errorf("the audit does not tell of the export: %s", audited.body)
	}
	if r := w.as(strangerToken, http.MethodPost, "/v1/agents", map[string]any{"name": "Support"}); r.status != http.StatusCreated {
		t.Fatal(r.status)
	}
	text := string(exported)

	t.Run("DryRun", func(t *testing.T) {
		w := w.in(t)
		r := w.imported("?dry_run=true&publish=true", text)
		wantResults(t, r, "agent Support (2) created", "credential Mine missing", "workflow Say created v0 lacks 1", "workflow Call created v0 lacks 0")
		if !r.DryRun || r.Agents[0].RenamedFrom != "Support" {
			t.Errorf("report = %+v", r)
		}
		if got := w.as(strangerToken, http.MethodGet, "/v1/agents", nil).want(http.StatusOK); strings.Contains(string(got.body), "(2)") {
			t.Errorf("the dry run made an agent: %s", got.body)
		}
	})
	t.Run("Missing", func(t *testing.T) {
		w := w.in(t)
		r := w.imported("?publish=true", text)
		wantResults(t, r, "agent Support (2) created", "credential Mine missing", "workflow Say created v0 lacks 1", "workflow Call created v0 lacks 0")
		if r.Workflows[0].Problem == "" || len(r.Workflows[0].Diagnostics) == 0 {
			t.Errorf("it does not say why it is not published: %+v", r.Workflows[0])
		}
		again := w.imported("", text)
		wantResults(t, again, "agent Support (2) exists", "credential Mine missing", "workflow Say unchanged v0 lacks 1", "workflow Call unchanged v0 lacks 0")
		if again.Workflows[0].ID != r.Workflows[0].ID {
			t.Errorf("ids %s and %s", r.Workflows[0].ID, again.Workflows[0].ID)
		}
	})
	t.Run("Connected", func(t *testing.T) {
		w := w.in(t)
		w.as(strangerToken, http.MethodPost, "/v1/credentials", map[string]any{"type": "chat_token", "name": "Mine", "data": map[string]any{"token": goodToken}}).want(http.StatusCreated)
		r := w.imported("?publish=true", text)
		wantResults(t, r, "agent Support (2) exists", "credential Mine matched", "link created", "workflow Say connected v1 lacks 0", "workflow Call unchanged v1 lacks 0")
		id := r.Workflows[0].ID
		draft := w.as(strangerToken, http.MethodGet, "/v1/workflows/"+id, nil).want(http.StatusOK)
		if !strings.Contains(string(draft.body), "<b>Good day</b> & more") || strings.Contains(string(draft.body), cred) {
			t.Errorf("draft = %s", draft.body)
		}
		served := w.as(strangerToken, http.MethodGet, "/v1/workflows/"+id+"/versions/1", nil).want(http.StatusOK)
		if !strings.Contains(string(served.body), "<b>Hello</b> & more") {
			t.Errorf("what serves is %s", served.body)
		}
		before := results(w.imported("?publish=true", text))
		if after := results(w.imported("?publish=true", text)); after != before || !strings.Contains(after, "Say unchanged v1") {
			t.Errorf("again:\n%s\nand again:\n%s", before, after)
		}
	})
	t.Run("Kept", func(t *testing.T) {
		w := w.in(t)
		id := w.imported("", text).Workflows[0].ID
		w.do(request{method: http.MethodPut, path: "/v1/workflows/" + id, body: manual, token: strangerToken, header: []string{"If-Match", "*"}}).want(http.StatusOK)
		if r := w.imported("", text); r.Workflows[0].Result != bundle.Kept {
			t.Errorf("the draft of somebody else was %s", r.Workflows[0].Result)
		}
		if r := w.imported("?replace=true", text); r.Workflows[0].Result != bundle.Replaced {
			t.Errorf("the draft was %s", r.Workflows[0].Result)
		}
	})
	t.Run("SameAccount", func(t *testing.T) {
		r := w.in(t).post("/v1/import", text).want(http.StatusOK)
		if strings.Contains(string(r.body), "created") || strings.Contains(string(r.body), "missing") {
			t.Errorf("importing what is there: %s", r.body)
		}
	})
	t.Run("OneAgent", func(t *testing.T) {
		w := w.in(t)
		other := w.agent()
		got := w.get("/v1/export?agent_id=" + other).want(http.StatusOK)
		if strings.Contains(string(got.body), agent) || !strings.Contains(string(got.body), other) {
			t.Errorf("bundle = %s", got.body)
		}
		w.get("/v1/export?agent_id=agt_none").wantProblem(http.StatusNotFound, "not_found")
		w.as(strangerToken, http.MethodGet, "/v1/export?agent_id="+agent, nil).wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("Refused", func(t *testing.T) {
		w := w.in(t)
		before := string(w.as(strangerToken, http.MethodGet, "/v1/agents", nil).want(http.StatusOK).body)
		for want, edit := range map[string][2]string{
			"/format":                      {`"switchboard.bundle"`, `"another"`},
			"/version":                     {`"version":1`, `"version":2`},
			"/workflows/0/agent":           {`"agent":"` + agent, `"agent":"agt_` + strings.Repeat("0", 32)},
			"/workflows/0/document/colour": {`"document":{`, `"document":{"colour":1,`},
			"/agents/0/links/0":            {`"links":["` + cred, `"links":["` + strings.Replace(cred, "cred", "agt", 1)},
			"/agents/0/id":                 {`"agents":[{"id":"` + agent, `"agents":[{"id":"agt_1`},
			"/agents/0/name":               {`"name":"Support"`, `"name":"` + strings.Repeat("x", 500) + `"`},
		} {
			broken := strings.Replace(text, edit[0], edit[1], 1)
			if want == "/agents/0/name" { // of an agent that is new
				broken = strings.ReplaceAll(broken, agent, "agt_"+strings.Repeat("1", 32))
			}
			w.as(strangerToken, http.MethodPost, "/v1/import", broken).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField(want)
		}
		if after := string(w.as(strangerToken, http.MethodGet, "/v1/agents", nil).want(http.StatusOK).body); after != before {
			t.Errorf("a refused import changed the agents to %s", after)
		}
	})
}

// TestBundleRoom: what does not fit into the account's quota is not begun.
func TestBundleRoom(t *testing.T) {
	w := limited(t, "acc_stranger:workflows=1")
	agent := w.agent()
	w.workflow(agent, manual)
	w.workflow(agent, manual)
	text := string(w.get("/v1/export").want(http.StatusOK).body)
	w.as(strangerToken, http.MethodPost, "/v1/import", text).wantProblem(http.StatusTooManyRequests, "too_many_requests")
	if got := w.as(strangerToken, http.MethodGet, "/v1/agents", nil).want(http.StatusOK); strings.Contains(string(got.body), "agt_") {
		t.Errorf("half of it was made: %s", got.body)
	}
}
