package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestReplay(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	post := func(id, channel, text, more string) string {
		return fmt.Sprintf(`{"id": %q, "type": "chat.post_message", "credential": %q, "config": {"channel": %q, "text": %q}%s}`, id, cred, channel, text, more)
	}
	document := func(nodes, edges string) string {
		return `{"name": "Replayed", "trigger": {"type": "manual"}, "nodes": [` + nodes + `], "edges": [` + edges + `]}`
	}
	chain := func(ids ...string) string {
		var edges []string
		for i := 1; i < len(ids); i++ {
			edges = append(edges, fmt.Sprintf(`{"from": %q, "to": %q}`, ids[i-1], ids[i]))
		}
		return strings.Join(edges, ",")
	}
	run := func(w *world, wf string) string {
		w.Helper()
		id := w.post("/v1/workflows/"+wf+"/executions", `{"input": {"who": "Ada"}}`).want(http.StatusAccepted).text("/id")
		w.ended(id)
		return id
	}
	republish := func(w *world, wf, doc string) {
		w.Helper()
		w.put("/v1/workflows/"+wf, doc, "If-Match", w.get("/v1/workflows/"+wf).text("/etag")).want(http.StatusOK)
		w.post("/v1/workflows/"+wf+"/publish", nil).want(http.StatusCreated)
	}
	// replay replays, and gives what was posted meanwhile.
	replay := func(w *world, id, body string) (ended response, posted []string) {
		w.Helper()
		before := len(w.chat.posted())
		made := w.post("/v1/executions/"+id+"/replay", body).want(http.StatusAccepted)
		if got := made.header.Get("Location"); got != "/v1/executions/"+made.text("/id") || made.text("/id") == id {
			w.Errorf("Location %q of a replay of %s", got, id)
		}
		ended = w.ended(made.text("/id")).wantAt("/replay_of", `"`+id+`"`).wantAt("/trigger", `"replay"`)
		return ended, w.chat.posted()[before:]
	}
	want := func(w *world, got []string, want ...string) {
		w.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			w.Errorf("posted %q, want %q", got, want)
		}
	}

	t.Run("FromTheFailedNodeWithTheNewestVersion", func(t *testing.T) {
		w := w.in(t)
		edges := chain("trigger", "a", "b", "c")
		wf, _ := w.published(agent, document(post("a", "#a", "Hi {{who}}", "")+","+post("b", "#closed", "{{steps.a.ts}}", "")+","+post("c", "#c", "bye", ""), edges))
		failed := run(w, wf)
		republish(w, wf, document(post("a", "#other", "not again", "")+","+post("b", "#b", "{{who}} {{steps.a.ts}}", "")+","+post("c", "#c", "bye", ""), edges))
		ended, posted := replay(w, failed, `{"from": "b", "version": "latest"}`)
		ended.wantAt("/status", `"succeeded"`).wantAt("/version", "2").wantAt("/from", `"b"`).wantAt("/input", `{"who":"Ada"}`).
			wantAt("/nodes/0/reused", "true").wantAt("/nodes/0/input/text", `"Hi Ada"`).wantAt("/nodes/0/output/ts", `"1700000000.1"`).
			wantAt("/nodes/1/reused", "")
		want(w, posted, "#b: Ada 1700000000.1", "#c: bye")

		// With the version of the execution it fails as before; by its number, too.
		for _, body := range []string{`{"from": "b"}`, `{"from": "b", "version": "same"}`, `{"from": "b", "version": 1}`} {
			ended, posted := replay(w, failed, body)
			ended.wantAt("/status", `"failed"`).wantAt("/version", "1").wantAt("/error/node", `"b"`)
			want(w, posted)
		}
		// The old one is as it was, and one that succeeded can be replayed: from its last node, from its trigger.
		w.get("/v1/executions/"+failed).wantAt("/status", `"failed"`).wantAt("/replay_of", "")
		_, posted = replay(w, ended.text("/id"), `{"from": "c"}`)
		want(w, posted, "#c: bye")
		_, posted = replay(w, ended.text("/id"), `{"from": "trigger"}`)
		want(w, posted, "#other: not again", "#b: Ada 1700000000.1", "#c: bye")
	})
	t.Run("WhatDoesNotComeAfterIsNotDoneAgain", func(t *testing.T) {
		w := w.in(t)
		edges := chain("trigger", "a", "a2") + "," + chain("trigger", "b", "b2") + "," + chain("a2", "j") + "," + chain("b2", "j")
		wf, _ := w.published(agent, document(post("a", "#a", "1", "")+","+post("a2", "#a2", "2", "")+","+post("b", "#b", "3", "")+","+post("b2", "#b2", "4", "")+","+post("j", "#j", "5", ""), edges))
		_, posted := replay(w, run(w, wf), `{"from": "b2"}`)
		want(w, posted, "#b2: 4", "#j: 5")
	})
	t.Run("Loop", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(agent, document(`{"id": "each", "type": "loop", "config": {"items": ["x", "y"]}},`+
			post("one", "#one", "{{item}}", "")+","+post("two", "#two", "{{item}}", "")+","+post("done", "#done", "z", ""),
			chain("trigger", "each")+`, {"from": "each", "port": "body", "to": "one"}, `+chain("one", "two")+`, {"from": "each", "port": "done", "to": "done"}`))
		id := run(w, wf)
		_, posted := replay(w, id, `{"from": "two"}`)
		want(w, posted, "#two: x", "#two: y", "#done: z")
		_, posted = replay(w, id, `{"from": "done"}`)
		want(w, posted, "#done: z")
		_, posted = replay(w, id, `{"from": "each"}`)
		want(w, posted, "#one: x", "#two: x", "#one: y", "#two: y", "#done: z")
	})
	t.Run("WaitsThatAreOver", func(t *testing.T) {
		w := w.in(t)
		nodes := func(until string) string {
			return post("a", "#a", "1", "") + `, {"id": "w", "type": "wait", "config": {"until": "` + until + `"}}, {"id": "each", "type": "loop", "config": {"items": [1, 2]}},
				{"id": "v", "type": "wait", "config": {"until": "` + until + `"}},` + post("b", "#b", "2", "") + "," + post("c", "#c", "3", "")
		}
		edges := chain("trigger", "a", "w", "each") + `, {"from": "each", "port": "body", "to": "v"}, ` + chain("v", "b") + `, {"from": "each", "port": "done", "to": "c"}`
		wf, _ := w.published(agent, document(nodes("2020-01-01T00:00:00Z"), edges))
		id := run(w, wf)
		republish(w, wf, document(nodes("2999-01-01T00:00:00Z"), edges))
		ended, posted := replay(w, id, `{"from": "c", "version": "latest"}`)
		ended.wantAt("/status", `"succeeded"`)
		want(w, posted, "#c: 3")
	})
	t.Run("FailuresThatWereGoneOnAfter", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(agent, document(post("a", "#closed", "1", `, "on_error": "continue"`)+","+post("b", "#b", "{{steps.a.error.name}}", "")+","+post("c", "#c", "3", ""), chain("trigger", "a", "b", "c")))
		ended, posted := replay(w, run(w, wf), `{"from": "b"}`)
		ended.wantAt("/status", `"succeeded"`).wantAt("/nodes/0/status", `"failed"`).wantAt("/nodes/0/error/name", `"Connector.AuthFailed"`).wantAt("/nodes/0/reused", "true")
		want(w, posted, "#b: Connector.AuthFailed", "#c: 3")
	})
	t.Run("LargeValuesOfWhichOtherPartsAreRead", func(t *testing.T) {
		w := w.in(t)
		w.chat.mu.Lock()
		w.chat.archive = archiveOf(500)
		w.chat.mu.Unlock()
		nodes := func(n int) string {
			return post("fetch", "#archive", "all", "") + fmt.Sprintf(`, {"id": "is", "type": "condition", "config": {"all": [{"left": "{{steps.fetch.orders[%d].total}}", "op": "eq", "right": %d}]}},`, n, 10*n) +
				post("say", "#x", "{{steps.fetch.orders[499].id}}", "")
		}
		edges := chain("trigger", "fetch", "is") + `, {"from": "is", "port": "true", "to": "say"}`
		wf, _ := w.published(agent, document(nodes(7), edges))
		id := run(w, wf)
		republish(w, wf, document(nodes(321), edges))
		ended, posted := replay(w, id, `{"from": "is", "version": "latest"}`)
		ended.wantAt("/status", `"succeeded"`)
		want(w, posted, "#x: 499")
		w.get(ended.text("/nodes/0/output/url")).want(http.StatusOK).wantAt("/orders/321/id", "321")
	})
	// The credential of what is taken over has been opened by the time that this is known.
	t.Run("OpeningsAreInTheAudit", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(agent, document(post("a", "#a", "Hi", "")+","+post("b", "#closed", "Hi", ""), chain("trigger", "a", "b")))
		ended, _ := replay(w, run(w, wf), `{"from": "b"}`)
		ended.wantAt("/nodes/0/reused", "true")
		id := `"` + ended.text("/id") + `"`
		w.get("/v1/audit?actor=workflow:"+wf).want(http.StatusOK).wantAt("/items/4", "").
			wantAt("/items/0/action", `"credential.decrypt"`).wantAt("/items/0/execution", id).wantAt("/items/0/node", `"b"`).
			wantAt("/items/1/action", `"credential.decrypt"`).wantAt("/items/1/execution", id).wantAt("/items/1/node", `"a"`)
	})
	// What is taken over is not done again, so that it needs no credential any more.
	t.Run("WithoutTheCredential", func(t *testing.T) {
		w := w.in(t)
		agent, cred := w.agent(), w.credential("chat_token", map[string]any{"token": goodToken})
		w.link(agent, cred)
		node := func(id, channel, more string) string {
			return fmt.Sprintf(`{"id": %q, "type": "chat.post_message", "credential": %q, "config": {"channel": %q, "text": "Hi"}%s}`, id, cred, channel, more)
		}
		wf, _ := w.published(agent, document(node("done", "#a", "")+","+node("refused", "#closed", `, "on_error": "continue"`)+
			`, {"id": "end", "type": "stop", "config": {"status": "failed", "message": "{{steps.done.ts}} {{steps.refused.error.name}}"}}`, chain("trigger", "done", "refused", "end")))
		failed := run(w, wf)
		const message = `"1700000000.1 Connector.AuthFailed"`
		w.get("/v1/executions/"+failed).wantAt("/error/message", message)
		w.delete("/v1/agents/" + agent + "/links/" + cred).want(http.StatusNoContent)
		unlinked, posted := replay(w, failed, `{"from": "end"}`)
		unlinked.wantAt("/error/node", `"end"`).wantAt("/error/message", message).wantAt("/nodes/0/reused", "true").wantAt("/nodes/1/error/name", `"Connector.AuthFailed"`)
		want(w, posted)
		w.delete("/v1/credentials/" + cred + "?force=true").want(http.StatusNoContent)
		deleted, posted := replay(w, failed, `{"from": "end"}`)
		deleted.wantAt("/error/node", `"end"`).wantAt("/error/message", message)
		want(w, posted)
		again, _ := replay(w, failed, `{"from": "done"}`) // which is a call
		again.wantAt("/error/node", `"done"`).wantAt("/error/name", `"Connector.CredentialNotLinked"`)
	})
	t.Run("IdempotencyKey", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(agent, document(post("a", "#a", "1", ""), chain("trigger", "a")))
		id := run(w, wf)
		again := func(key string) string {
			return w.post("/v1/executions/"+id+"/replay", `{"from": "a"}`, "Idempotency-Key", key).want(http.StatusAccepted).text("/id")
		}
		first := again("k1")
		if second, other := again("k1"), again("k2"); second != first || other == first {
			t.Errorf("%s, %s and %s", first, second, other)
		}
		w.post("/v1/workflows/"+wf+"/executions", nil, "Idempotency-Key", "k1").want(http.StatusAccepted)
		w.ended(first)
	})
	t.Run("Errors", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(agent, document(post("notify", "#a", "1", ""), chain("trigger", "notify")))
		id := run(w, wf)
		path := "/v1/executions/" + id + "/replay"
		invalid := func(body, field string) response {
			w.Helper()
			return w.post(path, body).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField(field)
		}
		if hint := invalid(`{"from": "notfy"}`, "/from").text("/hint"); !strings.Contains(hint, `"notify"`) {
			t.Errorf("hint %q", hint)
		}
		invalid(`{"from": "notify", "version": 2}`, "/version")
		invalid(`{"from": "notify", "version": 0}`, "/version")
		invalid(`{"from": "notify", "version": "newest"}`, "/version")
		invalid(`{}`, "/from")
		w.do(request{method: http.MethodPost, path: path, body: `{"from": "notify"}`, token: strangerToken}).wantProblem(http.StatusNotFound, "not_found")
		// A version with another trigger, and one that takes another input.
		republish(w, wf, strings.Replace(document(post("notify", "#a", "1", ""), chain("trigger", "notify")), `"manual"`, `"webhook"`, 1))
		invalid(`{"from": "notify", "version": "latest"}`, "/version")
		republish(w, wf, strings.Replace(document(post("notify", "#a", "1", ""), chain("trigger", "notify")), `"manual"`, `"manual", "config": {"input_schema": {"type": "object", "required": ["id"]}}`, 1))
		invalid(`{"from": "notify", "version": "latest"}`, "/version")

		held, _ := w.published(agent, document(post("notify", "#hold", "1", ""), chain("trigger", "notify")))
		running := w.post("/v1/workflows/"+held+"/executions", nil).want(http.StatusAccepted).text("/id")
		w.post("/v1/executions/"+running+"/replay", `{"from": "notify"}`).wantProblem(http.StatusConflict, "conflict")
		w.post("/v1/executions/"+running+"/stop", nil).want(http.StatusOK)
		w.delete("/v1/workflows/" + wf).want(http.StatusNoContent)
		w.post(path, `{"from": "notify"}`).wantProblem(http.StatusNotFound, "not_found")
	})
}

// What other workflows and people have answered is taken over like the answers of
// services.
func TestReplayOfWhatOthersDid(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	replayed := func(w *world, wf, input string, answer func(exe string)) (first, again response) {
		w.Helper()
		exe := w.post("/v1/workflows/"+wf+"/executions", `{"input": `+input+`}`).want(http.StatusAccepted).text("/id")
		if answer != nil {
			answer(exe)
		}
		first = w.ended(exe)
		return first, w.ended(w.post("/v1/executions/"+exe+"/replay", `{"from": "after"}`).want(http.StatusAccepted).text("/id"))
	}
	t.Run("Workflow", func(t *testing.T) {
		post := func(channel string) string {
			return fmt.Sprintf(`{"name": "Inner", "trigger": {"type": "manual"}, "nodes": [{"id": "post", "type": "chat.post_message", "credential": %q, "config": {"channel": %q, "text": "Hi"}}],
				"edges": [{"from": "trigger", "to": "post"}], "output": {"text": "{{steps.post.ts}}", "execution": "exe_of_somebody"}}`, cred, channel)
		}
		for name, c := range map[string]struct{ channel, more, trigger, want string }{
			"OK":             {"#x", "", `{"type": "manual"}`, "1700000000.1"},
			"FailedAndGoOn":  {"#closed", `, "on_error": "continue"`, `{"type": "manual"}`, "-"},
			"OfWhomSomebody": {"#x", "", `{"type": "webhook", "config": {"respond": "when_finished"}}`, "1700000000.1"},
		} {
			t.Run(name, func(t *testing.T) {
				w := w.in(t)
				inner, _ := w.published(agent, post(c.channel))
				wf, _ := w.published(agent, strings.Replace(outer(inner, `{}`, c.more), `{"type": "manual"}`, c.trigger, 1))
				w.chat.forget()
				first, again := replayed(w, wf, `{}`, nil)
				for _, x := range []response{first, again} {
					x.wantAt("/status", `"succeeded"`).wantAt("/output", `{"after":{"got":"`+c.want+`"}}`)
				}
				again.wantAt("/nodes/0/reused", "true").wantAt("/nodes/0/execution_id", "").wantAt("/nodes/0/status", first.at("/nodes/0/status"))
				if got := w.get("/v1/workflows/" + inner + "/executions").at("/items/1"); got != "" {
					t.Errorf("the workflow ran again: %s", got)
				}
				if got := len(w.chat.posted()); got > 1 {
					t.Errorf("%d posts, want one at most", got)
				}
			})
		}
	})
	t.Run("Approval", func(t *testing.T) {
		document := `{"name": "Ask", "trigger": {"type": "manual"}, "nodes": [{"id": "ask", "type": "approval", "config": {"message": "m", "timeout_seconds": 1}},
			{"id": "after", "type": "set", "config": {"values": {"said": "{{steps.ask.decision}} {{steps.ask.comment}}"}}}],
			"edges": [{"from": "trigger", "to": "ask"}, {"from": "ask", "port": "approved", "to": "after"}, {"from": "ask", "port": "rejected", "to": "after"}, {"from": "ask", "port": "timed_out", "to": "after"}]}`
		for _, decision := range []string{"approved", "rejected", "timed_out"} {
			t.Run(decision, func(t *testing.T) {
				w := w.in(t)
				doc, answer, comment := document, func(string) {}, ""
				if decision != "timed_out" {
					comment = "why"
					doc = strings.Replace(document, `"timeout_seconds": 1`, `"timeout_seconds": 3600`, 1)
					answer = func(exe string) {
						link := w.until(exe, func(r response) bool { return r.at("/nodes/0/approval_url") != "" }).text("/nodes/0/approval_url")
						w.byLink(http.MethodPost, strings.TrimPrefix(link, publicURL), `{"decision": "`+decision+`", "comment": "why"}`).want(http.StatusOK)
					}
				}
				wf, _ := w.published(agent, doc)
				first, again := replayed(w, wf, `{}`, answer)
				for _, x := range []response{first, again} {
					x.wantAt("/status", `"succeeded"`).wantAt("/output/after/said", `"`+decision+" "+comment+`"`)
				}
				again.wantAt("/nodes/0/reused", "true").wantAt("/nodes/0/approval_url", "").wantAt("/nodes/0/output", first.at("/nodes/0/output")).
					wantAt("/nodes/0/status", first.at("/nodes/0/status"))
				if waiting := w.get("/v1/approvals?status=waiting").want(http.StatusOK).at("/items/0"); waiting != "" {
					t.Errorf("somebody is asked again: %s", waiting)
				}
			})
		}
	})
}
