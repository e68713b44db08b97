package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestExecutions(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	echo, _ := w.published(agent, manual)
	start := "/v1/workflows/" + echo + "/executions"

	t.Run("WithoutABody", func(t *testing.T) {
		w := w.in(t)
		w.ended(w.post(start, nil).want(http.StatusAccepted).text("/id")).wantAt("/status", `"succeeded"`).wantAt("/input", `{}`)
		w.ended(w.post(start, `{}`).want(http.StatusAccepted).text("/id")).wantAt("/status", `"succeeded"`)
	})
	t.Run("InputKeepsItsDigits", func(t *testing.T) {
		w := w.in(t)
		const input = `{"input": {"id": 12345678901234567890, "price": 0.10, "text": "<&>"}}`
		got := w.ended(w.post(start, input).want(http.StatusAccepted).text("/id"))
		if want := `"input":{"id":12345678901234567890,"price":0.10,"text":"<&>"}`; !strings.Contains(string(got.body), want) {
			t.Errorf("got %s, want %s", got.body, want)
		}
	})
	t.Run("IdempotencyKey", func(t *testing.T) {
		w := w.in(t)
		byBody := w.post(start, `{"idempotency_key": "order-1"}`).want(http.StatusAccepted).text("/id")
		byHeader := w.post(start, nil, "Idempotency-Key", "order-1").want(http.StatusAccepted).text("/id")
		both := w.post(start, `{"idempotency_key": "order-1"}`, "Idempotency-Key", "order-1").want(http.StatusAccepted).text("/id")
		if byHeader != byBody || both != byBody {
			t.Errorf("one key started %s, %s and %s", byBody, byHeader, both)
		}
		if other := w.post(start, `{"idempotency_key": "order-2"}`).want(http.StatusAccepted).text("/id"); other == byBody {
			t.Error("another key gave the same execution")
		}
		w.post(start, `{"idempotency_key": "order-1"}`, "Idempotency-Key", "order-2").
			wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/idempotency_key")
		// What was accepted stays so, whatever becomes of the workflow.
		w.post("/v1/workflows/"+echo+"/unpublish", nil).want(http.StatusOK)
		w.post(start, nil).wantProblem(http.StatusConflict, "not_published")
		w.post(start, nil, "Idempotency-Key", "order-3").wantProblem(http.StatusConflict, "not_published")
		w.post(start, nil, "Idempotency-Key", "order-1").want(http.StatusAccepted).wantAt("/id", `"`+byBody+`"`)
		w.post("/v1/workflows/"+echo+"/publish", nil).want(http.StatusCreated)
		w.post(start, nil, "Idempotency-Key", strings.Repeat("k", 256)).
			wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/header/Idempotency-Key")
	})
	t.Run("ErrInputDoesNotFitItsSchema", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, strings.Replace(manual, `{"type": "manual"}`,
			`{"type": "manual", "config": {"input_schema": {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}}}`, 1))
		w.post("/v1/workflows/"+id+"/executions", `{"input": {"total": "12"}}`).
			wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/input/total")
		w.ended(w.post("/v1/workflows/"+id+"/executions", `{"input": {"total": 12}}`).want(http.StatusAccepted).text("/id")).wantAt("/status", `"succeeded"`)
	})
	t.Run("ErrUnknownMember", func(t *testing.T) {
		w.in(t).post(start, `{"inputs": {}}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/inputs")
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		w := w.in(t)
		w.post(start, `{"input": "`+strings.Repeat("x", 5<<20+256<<10)+`"}`).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
		w.post(start, `{"input": "`+strings.Repeat("x", 5<<20-14)+`"}`).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
	})
	t.Run("AFailureNamesItsNode", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, strings.ReplaceAll(orderAlert(cred, "trigger.input.total"), "#orders", "#closed"))
		exe := w.post("/v1/workflows/"+id+"/executions", `{"input": {"id": 1, "total": 2000}}`).want(http.StatusAccepted).text("/id")
		failed := w.ended(exe).wantAt("/status", `"failed"`).wantAt("/output", `null`).
			wantAt("/error/name", `"Connector.AuthFailed"`).wantAt("/error/node", `"notify"`).
			wantAt("/nodes/1/status", `"failed"`).wantAt("/nodes/1/attempts", `1`).wantAt("/nodes/1/error/name", `"Connector.AuthFailed"`).
			wantAt("/nodes/1/attempt_list/0/number", `1`)
		if !strings.Contains(failed.text("/error/message"), "channel_is_closed") {
			t.Errorf("the service's own words are missing: %s", failed.at("/error"))
		}
		w.get("/v1/workflows/"+id+"/executions").want(http.StatusOK).wantAt("/items/0/error/node", `"notify"`)
		w.post("/v1/executions/"+exe+"/stop", nil).wantProblem(http.StatusConflict, "already_ended")
	})
	t.Run("IterationsOfALoop", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, `{"name": "Each", "trigger": {"type": "manual"}, "nodes": [
			{"id": "each", "type": "loop", "config": {"items": "{{trigger.input.names}}"}},
			{"id": "greet", "type": "chat.post_message", "credential": "`+cred+`", "config": {"channel": "#x", "text": "Hi {{item}}"}}],
			"edges": [{"from": "trigger", "to": "each"}, {"from": "each", "port": "body", "to": "greet"}]}`)
		started := w.post("/v1/workflows/"+id+"/executions", `{"input": {"names": ["Ada", "Eve"]}}`).want(http.StatusAccepted).text("/id")
		w.ended(started).
			wantAt("/status", `"succeeded"`).wantAt("/nodes/0/iterations", "").
			wantAt("/nodes/1/id", `"greet"`).wantAt("/nodes/1/iterations/0/iteration", `"0"`).
			wantAt("/nodes/1/iterations/1/input/text", `"Hi Eve"`).wantAt("/nodes/1/iterations/1/attempts", `1`).wantAt("/nodes/1/iterations_total", "")
		exe := "/v1/executions/" + started
		w.get(exe+"?iterations=1").want(http.StatusOK).wantAt("/nodes/1/iterations/0/iteration", `"0"`).
			wantAt("/nodes/1/iterations/1", "").wantAt("/nodes/1/iterations_total", `2`).wantAt("/nodes/1/iterations_next", `1`).wantAt("/nodes/1/status", `"succeeded"`)
		w.get(exe+"?iterations=1&iterations_from=1").want(http.StatusOK).wantAt("/nodes/1/iterations/0/iteration", `"1"`).wantAt("/nodes/1/iterations_total", `2`)
		w.get(exe+"?iterations_from=7").want(http.StatusOK).wantAt("/nodes/1/iterations", "").wantAt("/nodes/1/iterations_total", `2`).wantAt("/nodes/0/iterations_total", "")
		w.get(exe+"?iterations=0").wantProblem(http.StatusUnprocessableEntity, "validation_failed")
	})
	t.Run("List", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, manual)
		list := "/v1/workflows/" + id + "/executions"
		var ids []string
		for range 3 {
			exe := w.post(list, nil).want(http.StatusAccepted).text("/id")
			w.ended(exe)
			ids = append(ids, exe)
		}
		first := w.get(list+"?limit=2").want(http.StatusOK).wantAt("/items/0/id", `"`+ids[2]+`"`).wantAt("/items/1/id", `"`+ids[1]+`"`)
		w.get(list+"?limit=2&cursor="+first.text("/next_cursor")).want(http.StatusOK).wantAt("/items/0/id", `"`+ids[0]+`"`).wantAt("/next_cursor", "")
		w.get(list+"?status=failed").want(http.StatusOK).wantAt("/items", `[]`)
		w.get(list+"?status=done").wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/query/status")
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		w := w.in(t)
		w.get("/v1/executions/exe_none").wantProblem(http.StatusNotFound, "not_found")
		w.post("/v1/executions/exe_none/stop", nil).wantProblem(http.StatusNotFound, "not_found")
		w.post("/v1/workflows/wf_none/executions", nil).wantProblem(http.StatusNotFound, "not_found")
		w.get("/v1/workflows/wf_none/executions").wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("OutlivesItsWorkflow", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, manual)
		exe := w.post("/v1/workflows/"+id+"/executions", nil).want(http.StatusAccepted).text("/id")
		w.ended(exe)
		w.delete("/v1/workflows/" + id).want(http.StatusNoContent)
		w.get("/v1/executions/"+exe).want(http.StatusOK).wantAt("/status", `"succeeded"`).wantAt("/nodes", `[]`)
	})
}
