package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// archiveOf is an answer with n orders of about 3 KB each.
func archiveOf(n int) map[string]any {
	orders := make([]any, n)
	for i := range orders {
		orders[i] = map[string]any{"id": i, "total": 10 * i, "note": fmt.Sprintf("note %d ", i) + strings.Repeat("x", 3000)}
	}
	return map[string]any{"ts": "1", "status": "ok", "orders": orders, "text": strings.Repeat("t", 300_000)}
}

// wantPosted compares posts, of which the padding is left out.
func (w *world) wantPosted(got, want []string) {
	w.Helper()
	for i := range got {
		got[i] = strings.TrimRight(got[i], "xt")
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("posted %q, want %q", got, want)
	}
}

// TestLargeValues runs workflows over an answer of 3 MB.
func TestLargeValues(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	post := func(id, channel, text string) string {
		return fmt.Sprintf(`{"id": %q, "type": "chat.post_message", "credential": %q, "config": {"channel": %q, "text": %q}}`, id, cred, channel, text)
	}
	run := func(w *world, orders int, nodes, edges, more string) (id string, ended response) {
		w.Helper()
		w.chat.mu.Lock()
		w.chat.archive, w.chat.posts = archiveOf(orders), nil
		w.chat.mu.Unlock()
		wf, _ := w.published(agent, `{"name": "Large", "trigger": {"type": "manual"}, "nodes": [`+post("fetch", "#archive", "all")+`, `+nodes+`],
			"edges": [{"from": "trigger", "to": "fetch"}, `+edges+`]`+more+`}`)
		id = w.post("/v1/workflows/"+wf+"/executions", nil).want(http.StatusAccepted).text("/id")
		return id, w.ended(id)
	}
	posted := func(w *world, want ...string) {
		w.Helper()
		w.wantPosted(w.chat.posted()[1:], want)
	}

	t.Run("ConditionAndAction", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 1000, `{"id": "big", "type": "condition", "config": {"all": [{"left": "{{steps.fetch.orders[999].total}}", "op": "gt", "right": 9000},
				{"left": "{{steps.fetch.orders}}", "op": "not_empty"}, {"left": "{{steps.fetch.none}}", "op": "not_exists"}]}}, `+
			post("say", "#x", "{{steps.fetch.orders[7].note}}")+`, `+post("all", "#y", "{{steps.fetch.text | length}} {{steps.fetch.orders | length}}"),
			`{"from": "fetch", "to": "big"}, {"from": "big", "port": "true", "to": "say"}, {"from": "say", "to": "all"}`, "")
		ended.wantAt("/status", `"succeeded"`)
		posted(w, "#x: note 7 ", "#y: 300000 1000")
		// What is too large to be shown is elsewhere.
		url := ended.text("/nodes/0/output/url")
		if n := ended.at("/nodes/0/output/bytes"); len(n) < 7 {
			t.Errorf("bytes = %s, want some 3 MB", n)
		}
		w.get(url).want(http.StatusOK).wantAt("/orders/999/total", `9990`)
		w.get(url+"?pointer=/orders/999").want(http.StatusOK).wantAt("/id", `999`)
		w.get(url+"?pointer=/orders/1000").wantProblem(http.StatusNotFound, "not_found")
		w.get(url+"?pointer=orders").wantProblem(http.StatusUnprocessableEntity, "validation_failed")
		w.get(url+"x").wantProblem(http.StatusNotFound, "not_found")
		w.do(request{method: http.MethodGet, path: url, token: strangerToken}).wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("SmallerOnesAreShown", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 100, post("say", "#x", "{{steps.fetch.orders[7].note}}"), `{"from": "fetch", "to": "say"}`, "")
		ended.wantAt("/status", `"succeeded"`).wantAt("/nodes/0/output/orders/99/id", "99")
	})
	t.Run("LoopOverAllOfThem", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 1000, `{"id": "each", "type": "loop", "config": {"items": "{{steps.fetch.orders}}", "concurrency": 8}},
			{"id": "some", "type": "condition", "config": {"all": [{"left": "{{item.total}}", "op": "ge", "right": 9980}]}}, `+
			post("say", "#x", "{{item.id}} {{item.note | length}}"),
			`{"from": "fetch", "to": "each"}, {"from": "each", "port": "body", "to": "some"}, {"from": "some", "port": "true", "to": "say"}`, "")
		ended.wantAt("/status", `"succeeded"`).wantAt("/output/each/results/999/say/ts", `"1700000000.1"`)
		if got := len(w.chat.posted()); got != 3 {
			t.Errorf("%d posts, want 3", got)
		}
	})
	t.Run("ThroughSetAndOutput", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 200, `{"id": "name", "type": "set", "config": {"values": {"list": "{{steps.fetch.orders | default: null}}", "first": "{{steps.fetch.orders[0]}}", "n": "n {{steps.fetch.orders[5].total}}"}}},
			{"id": "is", "type": "condition", "config": {"all": [{"left": "{{list[3].total}}", "op": "eq", "right": 30}, {"left": "{{first.id}}", "op": "eq", "right": 0}]}}, `+
			post("say", "#x", "{{list[4].note}}"),
			`{"from": "fetch", "to": "name"}, {"from": "name", "to": "is"}, {"from": "is", "port": "true", "to": "say"}`,
			`, "output": {"all": "{{list}}", "first": "{{first.id}}", "said": "{{steps.say.ts | default: null}}", "n": "{{n}}"}`)
		ended.wantAt("/status", `"succeeded"`).wantAt("/output/all/199/id", "199").wantAt("/output/first", "0").wantAt("/output/n", `"n 50"`).
			wantAt("/nodes/1/output/list/3/total", "30")
		posted(w, "#x: note 4 ")
	})
	t.Run("OutOfBranches", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 100, post("two", "#archive", "2")+`, `+post("three", "#archive", "3")+`, `+
			post("say", "#x", "{{steps.two.orders[1].note}}{{steps.three.orders[2].note | length}}"),
			`{"from": "fetch", "to": "two"}, {"from": "fetch", "to": "three"}, {"from": "two", "to": "say"}, {"from": "three", "to": "say"}`, "")
		ended.wantAt("/status", `"succeeded"`)
	})
	t.Run("ResultsOfALoopThatAreLargeTogether", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 10, `{"id": "each", "type": "loop", "config": {"items": "{{steps.fetch.orders}}"}}, `+post("again", "#archive", "{{item.id}}")+`,
			{"id": "is", "type": "condition", "config": {"all": [{"left": "{{steps.each.results[9].again.status}}", "op": "eq", "right": "ok"}]}}, `+
			post("say", "#x", "{{steps.each.results[3].again.orders[1].note}}"),
			`{"from": "fetch", "to": "each"}, {"from": "each", "port": "body", "to": "again"}, {"from": "each", "port": "done", "to": "is"}, {"from": "is", "port": "true", "to": "say"}`, "")
		ended.wantAt("/status", `"succeeded"`)
		if got := w.chat.posted(); strings.TrimRight(got[len(got)-1], "x") != "#x: note 1 " {
			t.Errorf("posted %q at last", got[len(got)-1][:20])
		}
	})
	t.Run("SentOnAsAWhole", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 300, post("say", "#x", "{{steps.fetch | json}}"), `{"from": "fetch", "to": "say"}`, "")
		ended.wantAt("/status", `"succeeded"`)
		if got := w.chat.posted()[1]; len(got) < 1_000_000 || !strings.Contains(got, "note 299 ") {
			t.Errorf("posted %d bytes", len(got))
		}
	})
	// What steps give and the trigger got is carried so that it fits; the text of the document stays as it is.
	t.Run("WithItsTextMoreThanAWSTakes", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(agent, `{"name": "Both", "trigger": {"type": "manual"}, "nodes": [`+post("one", "#x", "1")+`, `+
			post("twice", "#x", "{{trigger.input.a}}{{trigger.input.b}}"+strings.Repeat("t", 90_000))+`],
			"edges": [{"from": "trigger", "to": "one"}, {"from": "one", "to": "twice"}]}`)
		run := func(bytes int) response {
			half := strings.Repeat("t", bytes/2)
			return w.ended(w.post("/v1/workflows/"+wf+"/executions", map[string]any{"input": map[string]any{"a": half, "b": half}}).want(http.StatusAccepted).text("/id"))
		}
		run(100_000).wantAt("/status", `"succeeded"`).wantAt("/nodes/0/warning", "").wantAt("/nodes/1/warning", "")
		large := run(200_000).wantAt("/nodes/0/warning", "")
		if got := large.at("/nodes/1/warning"); !strings.Contains(got, "was given") || !strings.Contains(got, "256 KiB") {
			t.Errorf("warning %s, want the limit on AWS", got)
		}
	})
	t.Run("ErrReadAsAWhole", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 1, `{"id": "is", "type": "condition", "config": {"all": [{"left": "{{steps.fetch.text}}", "op": "contains", "right": "t"}]}}, `+post("say", "#x", "x"),
			`{"from": "fetch", "to": "is"}, {"from": "is", "port": "true", "to": "say"}`, "")
		ended.wantAt("/status", `"failed"`).wantAt("/error/name", `"Connector.OutputTooLarge"`).wantAt("/error/node", `"fetch"`).wantAt("/nodes/0/attempts", "1")
		if m := ended.text("/error/message"); !strings.Contains(m, "{{steps.fetch.text}}") || !strings.Contains(m, "200 KiB") || ended.at("/error/hint") == "" {
			t.Errorf("error %s", ended.at("/error"))
		}
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		w := w.in(t)
		_, ended := run(w, 2000, post("say", "#x", "x"), `{"from": "fetch", "to": "say"}`, "")
		ended.wantAt("/status", `"failed"`).wantAt("/error/name", `"Connector.OutputTooLarge"`).wantAt("/nodes/0/attempts", "1")
		if m := ended.text("/error/message"); !strings.Contains(m, "at most 5.0 MiB") {
			t.Errorf("error %s", ended.at("/error"))
		}
		posted(w)
	})
	t.Run("NobodyCanMakeOneUp", func(t *testing.T) {
		w := w.in(t)
		id, ended := run(w, 1000, post("say", "#x", "x"), `{"from": "fetch", "to": "say"}`, "")
		forged := ended.at("/nodes/0/output")
		wf, _ := w.published(agent, `{"name": "Echo", "trigger": {"type": "manual"}, "nodes": [`+post("say", "#x", "{{trigger.input.x | json}}")+`], "edges": [{"from": "trigger", "to": "say"}]}`)
		exe := w.post("/v1/workflows/"+wf+"/executions", `{"input": {"x": `+forged+`}}`).want(http.StatusAccepted).text("/id")
		w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/input/x/$value", ended.at("/nodes/0/output/$value"))
		if got := w.chat.posted(); !strings.Contains(got[len(got)-1], "$value") {
			t.Errorf("the data of %s was sent: %.100s", id, got[len(got)-1])
		}
	})
}
