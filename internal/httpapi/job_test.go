package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestWholeJob does what a person does, from an empty account to an execution and
// back, and uses every operation that is described.
func TestWholeJob(t *testing.T) {
	w := newWorld(t)

	// The catalog.
	w.get("/v1/connectors").want(http.StatusOK).wantAt("/items/0/name", `"chat"`).wantAt("/items/0/actions/0/type", `"chat.post_message"`).
		wantAt("/items/0/actions/0/input_schema/required", `["channel","text"]`)
	w.get("/v1/connectors/chat").want(http.StatusOK).wantAt("/credential_types", `["chat_token"]`)
	w.get("/v1/credential-types").want(http.StatusOK).wantAt("/items/0/type", `"chat_token"`)
	w.get("/v1/credential-types/chat_token").want(http.StatusOK).
		wantAt("/verifiable", `true`).wantAt("/fields/properties/token/writeOnly", `true`).
		wantAt("/connectors", `[{"category":"messaging","name":"chat","title":"Chat"}]`)

	// An agent.
	made := w.post("/v1/agents", map[string]any{"name": "Helpdesk"}).want(http.StatusCreated)
	agent := made.text("/id")
	if got := made.header.Get("Location"); got != "/v1/agents/"+agent {
		t.Errorf("Location = %q", got)
	}
	w.do(request{method: http.MethodPatch, path: "/v1/agents/" + agent, body: map[string]any{"name": "Support"}}).want(http.StatusOK).
		wantAt("/name", `"Support"`).wantAt("/description", `""`)
	w.get("/v1/agents/"+agent).want(http.StatusOK).wantAt("/name", `"Support"`)
	w.get("/v1/agents").want(http.StatusOK).wantAt("/items/0/id", `"`+agent+`"`)

	// Connect: verify, correct the key, verify, store, link.
	w.post("/v1/credentials/verify", map[string]any{"type": "chat_token", "data": map[string]any{"token": badToken}}).want(http.StatusOK).
		wantAt("/ok", `false`).wantAt("/identity", "")
	w.post("/v1/credentials/verify", map[string]any{"type": "chat_token", "data": map[string]any{"token": goodToken}}).want(http.StatusOK).
		wantAt("/ok", `true`).wantAt("/identity/name", `"Acme"`)
	w.get("/v1/credentials").want(http.StatusOK).wantAt("/items", `[]`)
	stored := w.post("/v1/credentials", map[string]any{"type": "chat_token", "name": "Team chat", "data": map[string]any{"token": badToken}}).
		want(http.StatusCreated).wantAt("/hint", `"d0e2"`).wantAt("/verified_at", `null`)
	cred := stored.text("/id")
	w.post("/v1/credentials/"+cred+"/verify", nil).want(http.StatusOK).wantAt("/ok", `false`)
	w.do(request{method: http.MethodPatch, path: "/v1/credentials/" + cred, body: map[string]any{"data": map[string]any{"token": goodToken}}}).
		want(http.StatusOK).wantAt("/hint", `"3a9c"`).wantAt("/name", `"Team chat"`)
	w.post("/v1/credentials/"+cred+"/verify", nil).want(http.StatusOK).wantAt("/ok", `true`)
	if at := w.get("/v1/credentials/" + cred).want(http.StatusOK).text("/verified_at"); !strings.HasSuffix(at, "Z") {
		t.Errorf("verified_at = %q, want a time in UTC", at)
	}
	w.get("/v1/agents/"+agent+"/integrations").want(http.StatusOK).
		wantAt("/connected", `[]`).wantAt("/ready_to_link/0/id", `"`+cred+`"`).
		wantAt("/available/0/connected", `false`).wantAt("/available/0/ready_to_link", `true`)

	// A workflow with problems: stored, checked, mended.
	created := w.post("/v1/agents/"+agent+"/workflows", orderAlert(cred, "steps.order.total")).want(http.StatusCreated).
		wantAt("/trigger", `"manual"`).wantAt("/published_version", `null`)
	wf, etag := created.text("/id"), created.text("/etag")
	if created.at("/diagnostics/0/code") == "" || created.header.Get("ETag") != etag {
		t.Errorf("want diagnostics and the etag %s: %s", etag, created.body)
	}
	w.get("/v1/agents/"+agent+"/workflows").want(http.StatusOK).wantAt("/items/0/name", `"Order alert"`).wantAt("/items/0/document", "")
	checked := w.post("/v1/workflows/"+wf+"/check", nil).want(http.StatusOK)
	for _, code := range []string{"credential_not_linked", "unknown_variable"} {
		if !strings.Contains(string(checked.body), `"`+code+`"`) {
			t.Errorf("no diagnostic %s: %s", code, checked.body)
		}
	}
	w.post("/v1/workflows/"+wf+"/publish", nil).wantProblem(http.StatusConflict, "workflow_invalid")
	w.link(agent, cred)
	w.get("/v1/agents/"+agent+"/integrations").want(http.StatusOK).
		wantAt("/connected/0/id", `"`+cred+`"`).wantAt("/ready_to_link", `[]`).wantAt("/available/0/connected", `true`)
	w.get("/v1/credentials/"+cred+"/options?connector=chat&action=post_message&field=channel&query=gen").want(http.StatusOK).wantAt("/items/0/value", `"C1"`)
	w.post("/v1/connectors/http/import-curl", map[string]any{"curl": "curl https://api.example.com"}).want(http.StatusOK).wantAt("/type", `"http.request"`)
	mended := orderAlert(cred, "trigger.input.total")
	w.post("/v1/workflows/check?agent="+agent, mended).want(http.StatusOK).wantAt("/diagnostics", `[]`)
	w.put("/v1/workflows/"+wf, mended, "If-Match", etag).want(http.StatusOK).wantAt("/diagnostics", `[]`)
	w.post("/v1/workflows/"+wf+"/publish", nil).want(http.StatusCreated).wantAt("/version", `1`).wantAt("/webhook_url", "")

	w.post("/v1/events", `{"source": "nobody", "detail_type": "listens", "detail": {}}`).want(http.StatusAccepted).wantAt("/executions", `[]`)
	w.get("/v1/quotas").want(http.StatusOK)
	w.get("/v1/me").want(http.StatusOK)

	// Try a node of it.
	w.post("/v1/workflows/"+wf+"/nodes/notify/test", map[string]any{"variables": map[string]any{"trigger": map[string]any{"input": map[string]any{"id": "A-0", "total": 1}}}}).
		want(http.StatusOK).wantAt("/ok", `true`).wantAt("/input/text", `"Order A-0: 1"`)

	// Run it.
	started := w.post("/v1/workflows/"+wf+"/executions", map[string]any{"input": map[string]any{"id": "A-1", "total": 1200}}).want(http.StatusAccepted)
	exe := started.text("/id")
	if got := started.header.Get("Location"); got != "/v1/executions/"+exe {
		t.Errorf("Location = %q", got)
	}
	w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/input", `{"id":"A-1","total":1200}`).wantAt("/output", `{"ts":"1700000000.1"}`).
		wantAt("/error", `null`).wantAt("/workflow_id", `"`+wf+`"`).wantAt("/version", `1`).wantAt("/started_by", `"owner"`).
		wantAt("/nodes/0/id", `"is_big"`).wantAt("/nodes/0/status", `"succeeded"`).
		wantAt("/nodes/1/id", `"notify"`).wantAt("/nodes/1/status", `"succeeded"`).wantAt("/nodes/1/attempts", `1`).
		wantAt("/nodes/1/input", `{"channel":"#orders","text":"Order A-1: 1200"}`).wantAt("/nodes/1/output", `{"ts":"1700000000.1"}`)
	small := w.post("/v1/workflows/"+wf+"/executions", map[string]any{"input": map[string]any{"id": "A-2", "total": 10}}).want(http.StatusAccepted).text("/id")
	w.ended(small).wantAt("/output", `{"ts":null}`).wantAt("/nodes/1/status", `"skipped"`).wantAt("/nodes/1/attempts", `0`).wantAt("/nodes/1/started_at", `null`)
	if got := w.chat.posted(); !slices.Equal(got, []string{"#orders: Order A-0: 1", "#orders: Order A-1: 1200"}) {
		t.Errorf("posted %q", got)
	}
	w.get("/v1/workflows/"+wf+"/executions?status=succeeded&limit=1").want(http.StatusOK).wantAt("/items/0/id", `"`+small+`"`).wantAt("/items/0/nodes", "")

	// Replay one: the step that was done is not done again.
	replayed := w.post("/v1/executions/"+exe+"/replay", map[string]any{"from": "is_big"}).want(http.StatusAccepted).text("/id")
	w.ended(replayed).wantAt("/status", `"succeeded"`).wantAt("/replay_of", `"`+exe+`"`).wantAt("/nodes/1/input/text", `"Order A-1: 1200"`)

	// Stop one.
	holding := strings.ReplaceAll(mended, "#orders", "#hold")
	w.put("/v1/workflows/"+wf, holding, "If-Match", "*").want(http.StatusOK)
	w.post("/v1/workflows/"+wf+"/publish", nil).want(http.StatusCreated).wantAt("/version", `2`)
	held := w.post("/v1/workflows/"+wf+"/executions", map[string]any{"input": map[string]any{"id": "A-3", "total": 1200}}).want(http.StatusAccepted).text("/id")
	<-w.chat.held
	w.get("/v1/executions/"+held).want(http.StatusOK).wantAt("/status", `"running"`).wantAt("/stopped_at", `null`).wantAt("/output", `null`).wantAt("/nodes/1/status", `"running"`)
	w.post("/v1/executions/"+held+"/stop", nil).want(http.StatusOK).wantAt("/status", `"stopped"`).wantAt("/error/message", `"Stopped by owner."`)

	// Go on with it: the call that was cut off is made again.
	w.post("/v1/executions/"+held+"/redrive", nil).want(http.StatusAccepted).wantAt("/id", `"`+held+`"`)
	<-w.chat.held
	w.post("/v1/executions/"+held+"/redrive", nil).wantProblem(http.StatusConflict, "conflict")
	w.post("/v1/executions/"+held+"/stop", nil).want(http.StatusOK).wantAt("/nodes/1/status", `"stopped"`)

	// Go on with all that were stopped; replay them with the version that does not hold.
	w.post("/v1/workflows/"+wf+"/executions/redrive", map[string]any{"status": "stopped"}).want(http.StatusAccepted).wantAt("/items/0/id", `"`+held+`"`)
	<-w.chat.held
	w.post("/v1/executions/"+held+"/stop", nil).want(http.StatusOK)
	all := w.post("/v1/workflows/"+wf+"/executions/replay", map[string]any{"status": "stopped", "from": "notify", "version": 1}).want(http.StatusAccepted).
		wantAt("/items/0/of", `"`+held+`"`).wantAt("/items/1", "")
	w.ended(all.text("/items/0/id")).wantAt("/status", `"succeeded"`).wantAt("/nodes/1/input/text", `"Order A-3: 1200"`)

	// Versions.
	w.get("/v1/workflows/"+wf+"/versions").want(http.StatusOK).
		wantAt("/items/0/version", `2`).wantAt("/items/0/current", `true`).wantAt("/items/0/published_by", `"owner"`).
		wantAt("/items/1/version", `1`).wantAt("/items/1/current", `false`)
	w.get("/v1/workflows/"+wf+"/versions/1").want(http.StatusOK).wantAt("/current", `false`).wantAt("/document/nodes/1/config/channel", `"#orders"`)
	w.get("/v1/workflows/"+wf+"/versions/2").want(http.StatusOK).wantAt("/current", `true`).wantAt("/document/nodes/1/config/channel", `"#hold"`)
	w.post("/v1/workflows/"+wf+"/trial", nil).want(http.StatusCreated)
	w.post("/v1/workflows/"+wf+"/rollback", map[string]any{"version": 1}).want(http.StatusOK).wantAt("/published_version", `1`).wantAt("/latest_version", `2`)
	w.get("/v1/workflows/"+wf).want(http.StatusOK).wantAt("/document/nodes/1/config/channel", `"#hold"`)
	w.get("/v1/workflows/"+wf+"/definition?version=2").want(http.StatusOK).wantAt("/QueryLanguage", `"JSONata"`)

	// A webhook.
	hooked, publication := w.published(agent, `{"name": "Hook", "trigger": {"type": "webhook", "config": {"respond": "when_finished"}},
		"nodes": [{"id": "keep", "type": "set", "config": {"values": {"who": "{{trigger.body.name}}"}}}],
		"edges": [{"from": "trigger", "to": "keep"}], "output": {"hello": "{{who}}"}}`)
	w.do(request{method: http.MethodPost, path: hookPath(publication.text("/webhook_url")), body: map[string]any{"name": "Ada"}, token: "-"}).
		want(http.StatusOK).wantAt("/hello", `"Ada"`)

	// What is too large to be carried from step to step.
	w.chat.mu.Lock()
	w.chat.archive = archiveOf(1000)
	w.chat.mu.Unlock()
	fetching, _ := w.published(agent, strings.ReplaceAll(strings.ReplaceAll(mended, "#orders", "#archive"), "Order alert", "Archive"))
	fetched := w.post("/v1/workflows/"+fetching+"/executions", map[string]any{"input": map[string]any{"id": "A-4", "total": 1200}}).want(http.StatusAccepted).text("/id")
	w.get(strings.TrimPrefix(w.ended(fetched).text("/nodes/1/output/url"), w.url)).want(http.StatusOK).wantAt("/orders/7/total", `70`)
	w.delete("/v1/workflows/" + fetching).want(http.StatusNoContent)

	// An approval.
	asks, _ := w.published(agent, asking(""))
	waiting, link := w.asked(asks)
	w.get("/v1/approvals?status=waiting").want(http.StatusOK).wantAt("/items/0/execution_id", `"`+waiting+`"`)
	w.byLink(http.MethodGet, link, nil).want(http.StatusOK)
	w.byLink(http.MethodPost, link, `{"decision": "approved"}`).want(http.StatusOK)
	w.ended(waiting).wantAt("/status", `"succeeded"`)
	w.delete("/v1/workflows/" + asks).want(http.StatusNoContent)
	// Grant access in place of typing a token.
	w.comeBack(w.grantAt(map[string]any{"data": w.mail.client(), "agent": agent})).want(http.StatusOK)

	// What it took.
	w.get("/v1/usage?by=month").want(http.StatusOK).wantAt("/counts/1", "")
	for _, count := range []string{"/total/executions", "/total/node_runs", "/counts/0/connectors/chat/calls"} {
		if got := w.get("/v1/usage").want(http.StatusOK).at(count); got == "" || got == "0" {
			t.Errorf("usage: %s is %q", count, got)
		}
	}

	w.get("/v1/problems").want(http.StatusOK)

	// Take a copy along.
	copied := w.get("/v1/export?agent_id=" + agent).want(http.StatusOK)
	w.post("/v1/import?dry_run=true", string(copied.body)).want(http.StatusOK).wantAt("/agents/0/result", `"exists"`)

	// Take it all down.
	w.post("/v1/workflows/"+hooked+"/unpublish", nil).want(http.StatusOK).wantAt("/published_version", `null`)
	w.delete("/v1/credentials/"+cred).wantProblem(http.StatusConflict, "credential_in_use")
	w.delete("/v1/workflows/" + wf).want(http.StatusNoContent)
	w.delete("/v1/workflows/" + hooked).want(http.StatusNoContent)
	w.delete("/v1/agents/" + agent + "/links/" + cred).want(http.StatusNoContent)
	w.delete("/v1/credentials/" + cred).want(http.StatusNoContent)
	w.delete("/v1/agents/" + agent).want(http.StatusNoContent)

	// Who has access, and what was done.
	made = w.post("/v1/api-keys", map[string]any{"name": "CI", "role": "operator", "expires_at": "2999-01-01T00:00:00Z"}).want(http.StatusCreated)
	w.get("/v1/api-keys").want(http.StatusOK).wantAt("/items/0/name", `"CI"`).wantAt("/items/0/key", "")
	w.delete("/v1/api-keys/" + made.text("/id")).want(http.StatusNoContent)
	mem := w.post("/v1/members", map[string]any{"email": "Ada@Example.com", "role": "viewer"}).want(http.StatusCreated).wantAt("/email", `"ada@example.com"`).text("/id")
	w.do(request{method: http.MethodPatch, path: "/v1/members/" + mem, body: `{"role": "editor"}`}).want(http.StatusOK).wantAt("/role", `"editor"`)
	w.get("/v1/members").want(http.StatusOK).wantAt("/items/0/id", `"`+mem+`"`)
	w.delete("/v1/members/" + mem).want(http.StatusNoContent)
	w.get("/v1/audit?limit=1").want(http.StatusOK).wantAt("/items/0/action", `"member.remove"`).wantAt("/items/0/actor", `"owner"`)
	w.get("/v1/audit/export").want(http.StatusOK)

	if unseen := w.spec.unseen(); len(unseen) > 0 {
		t.Errorf("described, but never seen to succeed: %v", unseen)
	}
	for _, secret := range []string{goodToken, badToken, hookPath(publication.text("/webhook_url"))} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// orderAlert is a document whose condition looks at a path.
func orderAlert(credential, path string) string {
	return `{
  "name": "Order alert",
  "trigger": {"type": "manual"},
  "nodes": [
    {"id": "is_big", "type": "condition", "config": {"all": [{"left": "{{` + path + `}}", "op": "gt", "right": 1000}]}},
    {"id": "notify", "type": "chat.post_message", "credential": "` + credential + `",
     "config": {"channel": "#orders", "text": "Order {{trigger.input.id}}: {{trigger.input.total}}"}, "timeout_seconds": 30, "position": {"x": 1, "y": 2.5}}
  ],
  "edges": [{"from": "trigger", "to": "is_big"}, {"from": "is_big", "port": "true", "to": "notify"}],
  "output": {"ts": "{{steps.notify.ts | default: null}}"}
}`
}
