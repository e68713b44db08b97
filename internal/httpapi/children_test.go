package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/audit"
)

// greeting is a workflow that another can run; it needs a name.
const greeting = `{"name": "Greet", "trigger": {"type": "manual", "config": {"input_schema":
		{"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}},
	"nodes": [{"id": "hi", "type": "set", "config": {"values": {"text": "Hi {{trigger.input.name}}"}}}],
	"edges": [{"from": "trigger", "to": "hi"}], "output": {"text": "{{steps.hi.text}}"}}`

// outer is a workflow that runs another; node holds more members of the node.
func outer(workflow, input, node string) string {
	return `{"name": "Outer", "trigger": {"type": "manual"}, "nodes": [
		{"id": "call", "type": "workflow", "config": {"workflow": "` + workflow + `", "input": ` + input + `}` + node + `},
		{"id": "after", "type": "set", "config": {"values": {"got": "{{steps.call.text | default: \"-\"}}"}}}],
		"edges": [{"from": "trigger", "to": "call"}, {"from": "call", "to": "after"}]}`
}

func TestWorkflowNode(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	greet, _ := w.published(agent, greeting)
	start := func(w *world, id, input string) string {
		w.Helper()
		return w.post("/v1/workflows/"+id+"/executions", `{"input": `+input+`}`).want(http.StatusAccepted).text("/id")
	}

	t.Run("OK", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, outer(greet, `{"name": "{{trigger.input.who}}"}`, ""))
		exe := start(w, id, `{"who": "Ada"}`)
		done := w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/output", `{"after":{"got":"Hi Ada"}}`).wantAt("/parent", `null`).
			wantAt("/nodes/0/status", `"succeeded"`).wantAt("/nodes/0/output", `{"text":"Hi Ada"}`).
			wantAt("/nodes/0/input", `{"input":{"name":"Ada"},"workflow":"`+greet+`"}`)
		child := done.text("/nodes/0/execution_id")
		w.get("/v1/executions/"+child).want(http.StatusOK).wantAt("/status", `"succeeded"`).wantAt("/workflow_id", `"`+greet+`"`).
			wantAt("/input", `{"name":"Ada"}`).wantAt("/parent/execution_id", `"`+exe+`"`).wantAt("/parent/node", `"call"`).
			wantAt("/started_by", `"workflow:`+id+`"`)
		if got := w.get("/v1/workflows/" + greet + "/executions").want(http.StatusOK).text("/items/0/id"); got != child {
			t.Errorf("the child is not listed with its workflow, but %s", got)
		}
	})
	t.Run("OnceForEveryItem", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, `{"name": "Each", "trigger": {"type": "manual"}, "nodes": [
			{"id": "each", "type": "loop", "config": {"items": ["Ada", "Eve", "Bo"], "concurrency": 3}},
			{"id": "call", "type": "workflow", "config": {"workflow": "`+greet+`", "input": {"name": "{{item}}"}}}],
			"edges": [{"from": "trigger", "to": "each"}, {"from": "each", "port": "body", "to": "call"}]}`)
		done := w.ended(start(w, id, `{}`)).wantAt("/status", `"succeeded"`).wantAt("/output/each/results/2", `{"call":{"text":"Hi Bo"}}`)
		w.get("/v1/executions/"+done.text("/nodes/1/iterations/1/execution_id")).want(http.StatusOK).
			wantAt("/input/name", `"Eve"`).wantAt("/parent/iteration", `"1"`)
	})
	t.Run("WaitsAsLongAsTheChildMayTake", func(t *testing.T) {
		w := w.in(t)
		asks, _ := w.published(agent, `{"name": "Ask", "trigger": {"type": "manual"}, "nodes": [
			{"id": "ask", "type": "approval", "config": {"message": "Ok?", "timeout_seconds": 604800}}], "edges": [{"from": "trigger", "to": "ask"}]}`)
		id, _ := w.published(agent, outer(asks, `{}`, ""))
		w.get("/v1/workflows/"+asks+"/definition").want(http.StatusOK).wantAt("/TimeoutSeconds", "608400")
		w.get("/v1/workflows/"+id+"/definition").want(http.StatusOK).wantAt("/TimeoutSeconds", "612000")
	})
	t.Run("ErrChildFails", func(t *testing.T) {
		w := w.in(t)
		failing, _ := w.published(agent, `{"name": "Fail", "trigger": {"type": "manual"}, "nodes": [
			{"id": "end", "type": "stop", "config": {"status": "failed", "message": "no money"}}], "edges": [{"from": "trigger", "to": "end"}]}`)
		id, _ := w.published(agent, outer(failing, `{}`, ""))
		exe := start(w, id, `{}`)
		failed := w.ended(exe).wantAt("/status", `"failed"`).wantAt("/error/name", `"Workflow.Failed"`).wantAt("/error/node", `"call"`)
		child := failed.text("/nodes/0/execution_id")
		for _, part := range []string{child, "no money", "Workflow.Stopped"} {
			if !strings.Contains(failed.text("/error/message"), part) {
				t.Errorf("the message lacks %s: %s", part, failed.at("/error"))
			}
		}
		caught, _ := w.published(agent, outer(failing, `{}`, `, "on_error": "continue"`))
		w.ended(start(w, caught, `{}`)).wantAt("/nodes/0/status", `"failed"`).wantAt("/nodes/0/output/error/name", `"Workflow.Failed"`)
		w.ended(start(w, caught, `{}`)).wantAt("/status", `"succeeded"`).wantAt("/output", `{"after":{"got":"-"}}`)
	})
	t.Run("RedriveGoesOnInTheChild", func(t *testing.T) {
		w := w.in(t)
		cred := w.credential("chat_token", map[string]any{"token": badToken})
		w.link(agent, cred)
		inner, _ := w.published(agent, `{"name": "Post", "trigger": {"type": "manual"}, "nodes": [
			{"id": "post", "type": "chat.post_message", "credential": "`+cred+`", "config": {"channel": "#x", "text": "once"}}],
			"edges": [{"from": "trigger", "to": "post"}]}`)
		id, _ := w.published(agent, outer(inner, `{}`, ""))
		exe := start(w, id, `{}`)
		child := w.ended(exe).wantAt("/status", `"failed"`).text("/nodes/0/execution_id")
		w.do(request{method: http.MethodPatch, path: "/v1/credentials/" + cred, body: map[string]any{"data": map[string]any{"token": goodToken}}}).want(http.StatusOK)
		w.post("/v1/executions/"+exe+"/redrive", nil).want(http.StatusAccepted)
		w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/nodes/0/execution_id", `"`+child+`"`)
		w.get("/v1/executions/"+child).want(http.StatusOK).wantAt("/status", `"succeeded"`).wantAt("/nodes/0/attempts", `2`)
	})
	t.Run("StoppingTheParentStopsTheChild", func(t *testing.T) {
		w := w.in(t)
		slow, _ := w.published(agent, `{"name": "Slow", "trigger": {"type": "manual"}, "nodes": [
			{"id": "nap", "type": "wait", "config": {"seconds": 600}}], "edges": [{"from": "trigger", "to": "nap"}]}`)
		id, _ := w.published(agent, outer(slow, `{}`, ""))
		exe := start(w, id, `{}`)
		child := w.childOf(exe)
		w.post("/v1/executions/"+exe+"/stop", nil).want(http.StatusOK)
		w.get("/v1/executions/"+child).want(http.StatusOK).wantAt("/status", `"stopped"`)

		// And stopping the child fails the parent.
		exe = start(w, id, `{}`)
		child = w.childOf(exe)
		w.post("/v1/executions/"+child+"/stop", nil).want(http.StatusOK)
		w.ended(exe).wantAt("/status", `"failed"`).wantAt("/error/name", `"Workflow.Failed"`)
	})
	t.Run("FromAWebhookWhoseCallerWaits", func(t *testing.T) {
		w := w.in(t)
		_, publication := w.published(agent, `{"name": "Hook", "trigger": {"type": "webhook", "config": {"respond": "when_finished"}},
			"nodes": [{"id": "call", "type": "workflow", "config": {"workflow": "`+greet+`", "input": {"name": "{{trigger.body.who}}"}}}],
			"edges": [{"from": "trigger", "to": "call"}], "output": "{{steps.call.text}}"}`)
		got := w.do(request{method: http.MethodPost, path: hookPath(publication.text("/webhook_url")), body: `{"who": "Eve"}`, token: "-"}).want(http.StatusOK)
		if string(got.body) != `"Hi Eve"`+"\n" && string(got.body) != `"Hi Eve"` {
			t.Errorf("answer %s", got.body)
		}
	})
	t.Run("ErrInputDoesNotFit", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, outer(greet, `{"name": "{{trigger.input.who}}"}`, ""))
		w.ended(start(w, id, `{"who": 7}`)).wantAt("/status", `"failed"`).wantAt("/error/name", `"Workflow.Failed"`).wantAt("/nodes/0/attempts", `1`).
			wantAt("/error/message", `"The input does not fit the trigger's input_schema. /input/name: got number, want string"`)
	})
	t.Run("ErrUnpublishedMeanwhile", func(t *testing.T) {
		w := w.in(t)
		gone, _ := w.published(agent, greeting)
		id, _ := w.published(agent, outer(gone, `{"name": "x"}`, ""))
		w.post("/v1/workflows/"+gone+"/unpublish", nil).want(http.StatusOK)
		failed := w.ended(start(w, id, `{}`)).wantAt("/status", `"failed"`).wantAt("/error/name", `"Workflow.Failed"`)
		if !strings.Contains(failed.text("/error/message"), "not published") {
			t.Errorf("the message does not say why: %s", failed.at("/error"))
		}
	})
	t.Run("ErrRecursionByARollback", func(t *testing.T) {
		w := w.in(t)
		// Each was fine when it was published; the rollback closes the circle.
		leaf, _ := w.published(agent, greeting)
		a, _ := w.published(agent, outer(leaf, `{"name": "x"}`, ""))
		b, _ := w.published(agent, greeting)
		w.put("/v1/workflows/"+a, outer(b, `{"name": "x"}`, ""), "If-Match", "*").want(http.StatusOK)
		w.post("/v1/workflows/"+a+"/publish", nil).want(http.StatusCreated)
		w.post("/v1/workflows/"+a+"/rollback", `{"version": 1}`).want(http.StatusOK)
		w.put("/v1/workflows/"+b, outer(a, `{}`, ""), "If-Match", "*").want(http.StatusOK)
		w.post("/v1/workflows/"+b+"/publish", nil).want(http.StatusCreated)
		refused := w.post("/v1/workflows/"+a+"/rollback", `{"version": 2}`).wantProblem(http.StatusConflict, "workflow_invalid").
			wantAt("/diagnostics/0/code", `"workflow_recursion"`).wantAt("/diagnostics/0/node", `"call"`)
		if detail := refused.text("/detail"); !strings.HasPrefix(detail, "Version 2 has an error by now") {
			t.Errorf("it speaks of something else: %s", detail)
		}
		w.get("/v1/workflows/"+a).want(http.StatusOK).wantAt("/published_version", `1`)
		// Two who change what serves at the same moment can still close it.
		ctx := audit.With(t.Context(), account.Principal{Account: "acc_own", Actor: "owner"}, audit.RollbackWorkflow, a)
		if err := w.cfg.Workflows.Repository.Serve(ctx, "acc_own", a, 2); err != nil {
			t.Fatal(err)
		}
		failed := w.ended(start(w, a, `{}`)).wantAt("/status", `"failed"`)
		if !strings.Contains(failed.text("/error/message"), "more than 10 deep") {
			t.Errorf("it does not say why: %s", failed.at("/error"))
		}
		deep := w.get("/v1/workflows/" + a + "/executions?limit=200").want(http.StatusOK)
		if n := strings.Count(string(deep.body), `"id":`); n > 6 {
			t.Errorf("%d executions of it, want no more than 6 of 11", n)
		}
	})
	t.Run("ErrRollbackToWhatIsGone", func(t *testing.T) {
		w := w.in(t)
		cred := w.credential("chat_token", map[string]any{"token": goodToken})
		w.link(agent, cred)
		next := func(id string) {
			w.Helper()
			w.put("/v1/workflows/"+id, greeting, "If-Match", "*").want(http.StatusOK)
			w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated)
		}
		back := func(id string) response { return w.post("/v1/workflows/"+id+"/rollback", `{"version": 1}`) }
		child, _ := w.published(agent, greeting)
		calls, _ := w.published(agent, outer(child, `{"name": "x"}`, ""))
		posts, _ := w.published(agent, `{"name": "Post", "trigger": {"type": "manual"}, "nodes": [
			{"id": "post", "type": "chat.post_message", "credential": "`+cred+`", "config": {"channel": "#x", "text": "Hi"}}],
			"edges": [{"from": "trigger", "to": "post"}]}`)
		does, _ := w.published(agent, `{"name": "Nothing", "trigger": {"type": "manual"}, "nodes": [], "edges": []}`) // a warning
		for _, id := range []string{calls, posts, does} {
			next(id)
			back(id).want(http.StatusOK).wantAt("/published_version", `1`)
			w.post("/v1/workflows/"+id+"/rollback", `{"version": 2}`).want(http.StatusOK)
		}
		w.delete("/v1/workflows/" + child).want(http.StatusNoContent)
		w.delete("/v1/agents/" + agent + "/links/" + cred).want(http.StatusNoContent)
		back(calls).wantProblem(http.StatusConflict, "workflow_invalid").wantAt("/diagnostics/0/code", `"unknown_workflow"`)
		back(posts).wantProblem(http.StatusConflict, "workflow_invalid").wantAt("/diagnostics/0/code", `"credential_not_linked"`)
		w.get("/v1/workflows/"+posts).want(http.StatusOK).wantAt("/published_version", `2`)
		back(does).want(http.StatusOK).wantAt("/published_version", `1`)
	})
	t.Run("ErrRecursion", func(t *testing.T) {
		w := w.in(t)
		// a is published while b still runs nothing; then b, which runs a, comes under it.
		a := w.workflow(agent, greeting)
		w.post("/v1/workflows/"+a+"/publish", nil).want(http.StatusCreated)
		b, _ := w.published(agent, outer(a, `{"name": "x"}`, ""))
		w.put("/v1/workflows/"+a, outer(b, `{}`, ""), "If-Match", "*").want(http.StatusOK)
		problem := w.post("/v1/workflows/"+a+"/publish", nil).wantProblem(http.StatusConflict, "workflow_invalid").wantAt("/diagnostics/0/code", `"workflow_recursion"`)
		if !strings.Contains(problem.text("/diagnostics/0/message"), "Outer → Outer → Outer") {
			t.Errorf("it does not show the way: %s", problem.body)
		}
	})
	t.Run("Diagnostics", func(t *testing.T) {
		w := w.in(t)
		other, _ := w.published(w.agent(), greeting)
		hooked, _ := w.published(agent, `{"name": "Hook", "trigger": {"type": "webhook"}, "nodes": [{"id": "s", "type": "set", "config": {"values": {"a": 1}}}], "edges": [{"from": "trigger", "to": "s"}]}`)
		draft := w.workflow(agent, greeting)
		for id, code := range map[string]string{
			"wf_none": "unknown_workflow", other: "invalid_workflow", hooked: "invalid_workflow", draft: "invalid_workflow", greet: "invalid_value",
		} {
			w.post("/v1/workflows/check?agent="+agent, outer(id, `{}`, "")).want(http.StatusOK).wantAt("/diagnostics/0/code", fmt.Sprintf("%q", code))
		}
	})
}

// childOf gives the execution that the first node runs, once it has begun.
func (w *world) childOf(exe string) string {
	w.Helper()
	var child string
	w.until(exe, func(r response) bool {
		if r.at("/nodes/0/execution_id") == "" {
			return false
		}
		child = r.text("/nodes/0/execution_id")
		shown := w.get("/v1/executions/" + child)
		return shown.status == http.StatusOK && shown.at("/nodes/0/id") != ""
	})
	return child
}
