package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// ordersOf is a request's body of n orders, of about 3 KB each.
func ordersOf(n int) string {
	text, err := json.Marshal(archiveOf(n))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestLargeInput starts workflows with 3 MB.
func TestLargeInput(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	post := func(id, channel, text string) string {
		return fmt.Sprintf(`{"id": %q, "type": "chat.post_message", "credential": %q, "config": {"channel": %q, "text": %q}}`, id, cred, channel, text)
	}
	hooked := func(w *world, respond, nodes, edges, more string) (id, hook string) {
		w.Helper()
		id, publication := w.published(agent, `{"name": "Large", "trigger": {"type": "webhook", "config": {"respond": "`+respond+`"}}, "nodes": [`+nodes+`], "edges": [`+edges+`]`+more+`}`)
		return id, hookPath(publication.text("/webhook_url"))
	}
	manual := func(w *world, nodes, edges, more string) (start string) {
		w.Helper()
		id, _ := w.published(agent, `{"name": "Large", "trigger": {"type": "manual"}, "nodes": [`+nodes+`], "edges": [`+edges+`]`+more+`}`)
		return "/v1/workflows/" + id + "/executions"
	}
	started := func(w *world, start, input string) response {
		w.Helper()
		return w.ended(w.post(start, `{"input": `+input+`}`).want(http.StatusAccepted).text("/id"))
	}
	posted := func(w *world, want ...string) {
		w.Helper()
		w.wantPosted(w.chat.posted(), want)
	}

	t.Run("EveryKindOfNodeReadsIt", func(t *testing.T) {
		w := w.in(t)
		w.chat.forget()
		id, hook := hooked(w, "when_finished", `{"id": "big", "type": "condition", "config": {"all": [{"left": "{{trigger.body.orders[999].total}}", "op": "gt", "right": 9000},
				{"left": "{{trigger.body.orders}}", "op": "not_empty"}, {"left": "{{trigger.body.none}}", "op": "not_exists"}]}},
			{"id": "name", "type": "set", "config": {"values": {"all": "{{trigger.body.orders}}", "kind": "{{trigger.headers[\"x-kind\"]}}"}}}, `+
			post("say", "#x", "{{trigger.body.orders[7].note}}")+`, `+post("sum", "#y", "{{trigger.body.text | length}} {{all | length}} {{kind}}")+`,
			{"id": "each", "type": "loop", "config": {"items": "{{trigger.body.orders}}", "concurrency": 8}},
			{"id": "some", "type": "condition", "config": {"all": [{"left": "{{item.total}}", "op": "ge", "right": 9990}]}}, `+
			post("last", "#z", "{{item.id}} {{item.note | length}} {{trigger.query.a}}"),
			`{"from": "trigger", "to": "big"}, {"from": "big", "port": "true", "to": "name"}, {"from": "name", "to": "say"}, {"from": "say", "to": "sum"},
			{"from": "sum", "to": "each"}, {"from": "each", "port": "body", "to": "some"}, {"from": "some", "port": "true", "to": "last"}`,
			`, "output": {"first": "{{trigger.body.orders[0]}}", "status": "{{trigger.body.status}}", "n": "{{steps.each.results[999].last.ts}}"}`)
		w.hook(hook+"?a=1", ordersOf(1000), "X-Kind", "k").want(http.StatusOK).
			wantAt("/first/id", "0").wantAt("/status", `"ok"`).wantAt("/n", `"1700000000.1"`)
		posted(w, "#x: note 7 ", "#y: 300000 1000 k", "#z: 999 3009 1")
		// What of it is too large to be shown is elsewhere.
		exe := w.get("/v1/executions/"+w.get("/v1/workflows/"+id+"/executions").text("/items/0/id")).
			wantAt("/input/headers/x-kind", `"k"`).wantAt("/input/method", `"POST"`).wantAt("/input/$value", "")
		if n := exe.at("/input/body/bytes"); len(n) != len("3000000") {
			t.Errorf("bytes = %s, want some 3 MB", n)
		}
		w.get(exe.text("/input/body/url")).want(http.StatusOK).wantAt("/orders/999/total", `9990`)
	})
	t.Run("ItsCallerGetsAllOfTheOutput", func(t *testing.T) {
		w := w.in(t)
		_, hook := hooked(w, "when_finished", `{"id": "name", "type": "set", "config": {"values": {"all": "{{trigger.body.orders}}"}}}`, `{"from": "trigger", "to": "name"}`, `, "output": {"all": "{{all}}"}`)
		w.hook(hook, ordersOf(1000)).want(http.StatusOK).wantAt("/all/999/total", "9990")
	})
	t.Run("ManualInputByName", func(t *testing.T) {
		w := w.in(t)
		w.chat.forget()
		start := manual(w, `{"id": "is", "type": "condition", "config": {"all": [{"left": "{{orders[3].total}}", "op": "eq", "right": 30}]}}, `+
			post("say", "#x", "{{text | length}} {{vars.orders[4].note}}"),
			`{"from": "trigger", "to": "is"}, {"from": "is", "port": "true", "to": "say"}`, "")
		started(w, start, ordersOf(200)).wantAt("/status", `"succeeded"`).wantAt("/input/orders/199/total", "1990")
		posted(w, "#x: 300000 note 4 ")
	})
	t.Run("TwiceWithOneKey", func(t *testing.T) {
		w := w.in(t)
		start := manual(w, post("say", "#x", "{{orders[1].note}}"), `{"from": "trigger", "to": "say"}`, "")
		body := `{"idempotency_key": "k", "input": ` + ordersOf(200) + `}`
		first := w.post(start, body).want(http.StatusAccepted).text("/id")
		w.post(start, body).want(http.StatusAccepted).wantAt("/id", `"`+first+`"`)
		w.ended(first).wantAt("/status", `"succeeded"`)
	})
	t.Run("ReplayedWithAVersionThatReadsOtherParts", func(t *testing.T) {
		w := w.in(t)
		w.chat.forget()
		condition := func(path string) string {
			return `{"id": "is", "type": "condition", "config": {"all": [{"left": "{{` + path + `}}", "op": "exists"}]}}, ` + post("say", "#x", "{{"+path+"}}")
		}
		document := func(path string) string {
			return `{"name": "Large", "trigger": {"type": "manual"}, "nodes": [` + condition(path) + `], "edges": [{"from": "trigger", "to": "is"}, {"from": "is", "port": "true", "to": "say"}]}`
		}
		id, _ := w.published(agent, document("trigger.input.orders[5].total"))
		exe := started(w, "/v1/workflows/"+id+"/executions", ordersOf(200)).wantAt("/status", `"succeeded"`).text("/id")
		w.put("/v1/workflows/"+id, document("trigger.input.orders[6].id"), "If-Match", "*").want(http.StatusOK)
		w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated)
		for _, version := range []string{`"latest"`, `1`} {
			again := w.post("/v1/executions/"+exe+"/replay", `{"from": "trigger", "version": `+version+`}`).want(http.StatusAccepted).text("/id")
			w.ended(again).wantAt("/status", `"succeeded"`).wantAt("/input/orders/199/id", "199")
		}
		posted(w, "#x: 50", "#x: 6", "#x: 50")
	})
	t.Run("HandedToAnotherWorkflow", func(t *testing.T) {
		w := w.in(t)
		w.chat.forget()
		callee, _ := w.published(agent, `{"name": "Inner", "trigger": {"type": "manual"}, "nodes": [`+post("say", "#x", "{{trigger.input.list[2].note}}")+`], "edges": [{"from": "trigger", "to": "say"}]}`)
		start := manual(w, `{"id": "run", "type": "workflow", "config": {"workflow": "`+callee+`", "input": {"list": "{{trigger.input.orders}}"}}}`, `{"from": "trigger", "to": "run"}`, "")
		started(w, start, ordersOf(300)).wantAt("/status", `"succeeded"`)
		posted(w, "#x: note 2 ")
	})
	t.Run("OutOfAnotherWorkflow", func(t *testing.T) {
		for respond, trigger := range map[string]string{"token": `{"type": "manual"}`, "waiting": `{"type": "webhook", "config": {"respond": "when_finished"}}`} {
			t.Run(respond, func(t *testing.T) {
				w := w.in(t)
				w.chat.mu.Lock()
				w.chat.archive, w.chat.posts = archiveOf(600), nil
				w.chat.mu.Unlock()
				callee, _ := w.published(agent, `{"name": "Inner", "trigger": {"type": "manual"}, "nodes": [`+post("fetch", "#archive", "all")+`], "edges": [{"from": "trigger", "to": "fetch"}]}`)
				id, publication := w.published(agent, `{"name": "Outer", "trigger": `+trigger+`, "nodes": [{"id": "run", "type": "workflow", "config": {"workflow": "`+callee+`"}},
					{"id": "is", "type": "condition", "config": {"all": [{"left": "{{steps.run.fetch.orders[599].total}}", "op": "eq", "right": 5990}]}}, `+
					post("say", "#x", "{{steps.run.fetch.orders[2].note}}{{steps.run.fetch.text | length}}")+`],
					"edges": [{"from": "trigger", "to": "run"}, {"from": "run", "to": "is"}, {"from": "is", "port": "true", "to": "say"}], "output": {"first": "{{steps.run.fetch.orders[0].id}}"}}`)
				if respond == "token" {
					started(w, "/v1/workflows/"+id+"/executions", "{}").wantAt("/status", `"succeeded"`).wantAt("/output/first", "0")
				} else {
					w.hook(hookPath(publication.text("/webhook_url")), "{}").want(http.StatusOK).wantAt("/first", "0")
				}
				if got := w.chat.posted(); len(got) != 2 || !strings.HasPrefix(got[1], "#x: note 2 x") || !strings.HasSuffix(got[1], "x300000") {
					t.Errorf("posted %.100q", got)
				}
			})
		}
	})
	t.Run("WhatLooksLikeAStandInIsData", func(t *testing.T) {
		w := w.in(t)
		w.chat.forget()
		start := manual(w, post("say", "#x", "{{trigger.input.x | json}}{{trigger.input.pad | length}}"), `{"from": "trigger", "to": "say"}`, "")
		forged := `{"$value": "val_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "bytes": 1}`
		for _, n := range []int{10, 400_000} {
			started(w, start, `{"x": `+forged+`, "pad": "`+strings.Repeat("p", n)+`"}`).wantAt("/status", `"succeeded"`).wantAt("/input/x/bytes", "1")
		}
		same := strings.ReplaceAll(strings.ReplaceAll(forged, ": ", ":"), ", ", ",")
		if got := w.chat.posted(); len(got) != 2 || !strings.Contains(got[0], `"bytes":1`) || !strings.HasSuffix(got[1], "400000") || len(got[1]) < len(same) {
			t.Errorf("posted %q", got)
		}
	})
	t.Run("ErrReadAsAWhole", func(t *testing.T) {
		w := w.in(t)
		_, hook := hooked(w, "immediately", `{"id": "is", "type": "condition", "config": {"all": [{"left": "{{trigger.body.text}}", "op": "contains", "right": "t"}]}}, `+post("say", "#x", "x"),
			`{"from": "trigger", "to": "is"}, {"from": "is", "port": "true", "to": "say"}`, "")
		refused := w.hook(hook, ordersOf(1)).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
		if m := refused.text("/detail"); !strings.Contains(m, "{{trigger.body.text}}") || !strings.Contains(m, "200 KiB") || refused.at("/hint") == "" {
			t.Errorf("refused with %s", refused.body)
		}
		w.hook(hook, `{"text": "t"}`).want(http.StatusAccepted)
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		w := w.in(t)
		_, hook := hooked(w, "immediately", post("say", "#x", "x"), `{"from": "trigger", "to": "say"}`, "")
		w.hook(hook, ordersOf(2000)).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
		w.hook(hook+"x", ordersOf(1000)).wantProblem(http.StatusNotFound, "not_found")
		start := manual(w, post("say", "#x", "x"), `{"from": "trigger", "to": "say"}`, "")
		w.post(start, `{"input": `+ordersOf(2000)+`}`).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
		w.post(start, `{"input": `+ordersOf(1700)+`}`).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
	})
}
