package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBulk runs many executions again by what they have in common.
func TestBulk(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	post := func(id, channel, text string) string {
		return fmt.Sprintf(`{"id": %q, "type": "chat.post_message", "credential": %q, "config": {"channel": %q, "text": %q}}`, id, cred, channel, text)
	}
	document := func(second string) string {
		return `{"name": "Bulk", "trigger": {"type": "manual"}, "nodes": [` + post("first", "#first", "{{n}}") + "," + post("second", second, "{{n}}") + `],
			"edges": [{"from": "trigger", "to": "first"}, {"from": "first", "to": "second"}]}`
	}
	// failed publishes a workflow, and has n executions fail at its second node.
	failed := func(w *world, n int) (wf string, ids []string) {
		w.Helper()
		wf, _ = w.published(agent, document("#closed"))
		for i := range n {
			id := w.post("/v1/workflows/"+wf+"/executions", fmt.Sprintf(`{"input": {"n": %d}}`, i)).want(http.StatusAccepted).text("/id")
			w.ended(id).wantAt("/status", `"failed"`).wantAt("/error/node", `"second"`)
			ids = append(ids, id)
		}
		slices.Reverse(ids) // newest first, as lists are
		return wf, ids
	}
	// done gives what an answer says of each: picked executions, and what runs now.
	done := func(r response) (of, ids []string) {
		r.t.Helper()
		for i := 0; r.at(fmt.Sprintf("/items/%d", i)) != ""; i++ {
			item := fmt.Sprintf("/items/%d", i)
			r.wantAt(item+"/error", "null")
			of, ids = append(of, r.text(item+"/of")), append(ids, r.text(item+"/id"))
		}
		return of, ids
	}
	want := func(t *testing.T, what string, got, want []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}

	t.Run("Redrive", func(t *testing.T) {
		w := w.in(t)
		wf, ids := failed(w, 5)
		before := len(w.chat.posted())
		w.chat.open(true)
		defer w.chat.open(false)
		path := "/v1/workflows/" + wf + "/executions/redrive"
		page := w.post(path, `{"limit": 3}`).want(http.StatusAccepted)
		of, again := done(page)
		want(t, "first page", of, ids[:3])
		want(t, "the same executions go on", again, of)
		rest := w.post(path, map[string]any{"limit": 3, "cursor": page.text("/next_cursor")}).want(http.StatusAccepted).wantAt("/next_cursor", "")
		of, _ = done(rest)
		want(t, "second page", of, ids[3:])
		for _, id := range ids {
			w.ended(id).wantAt("/status", `"succeeded"`)
		}
		if got := w.chat.posted()[before:]; len(got) != 5 || slices.ContainsFunc(got, func(p string) bool { return p[:7] != "#closed" }) {
			t.Errorf("posted %q, want the second node of each, once", got)
		}
		w.post(path, `{}`).want(http.StatusAccepted).wantAt("/items", "[]") // none is left that failed
	})
	t.Run("ReplayWithTheNewestVersion", func(t *testing.T) {
		w := w.in(t)
		wf, ids := failed(w, 3)
		w.put("/v1/workflows/"+wf, document("#open"), "If-Match", w.get("/v1/workflows/"+wf).text("/etag")).want(http.StatusOK)
		w.post("/v1/workflows/"+wf+"/publish", nil).want(http.StatusCreated)
		before := len(w.chat.posted())
		path := "/v1/workflows/" + wf + "/executions/replay"
		of, again := done(w.post(path, `{"version": "latest"}`, "Idempotency-Key", "mended").want(http.StatusAccepted))
		want(t, "picked", of, ids)
		for i, id := range again {
			w.ended(id).wantAt("/status", `"succeeded"`).wantAt("/replay_of", `"`+ids[i]+`"`).wantAt("/from", `"second"`).wantAt("/version", "2")
		}
		_, same := done(w.post(path, `{"version": "latest"}`, "Idempotency-Key", "mended").want(http.StatusAccepted))
		want(t, "with the same key", same, again)
		got := w.chat.posted()[before:]
		slices.Sort(got)
		want(t, "posted", got, []string{"#open: 0", "#open: 1", "#open: 2"})
	})
	t.Run("ReplayRepeatedWhileTheServiceFails", func(t *testing.T) {
		w := w.in(t)
		wf, ids := failed(w, 3)
		path := "/v1/workflows/" + wf + "/executions/replay"
		replay := func(body any, key string) (r response, of, again []string) {
			w.Helper()
			r = w.post(path, body, "Idempotency-Key", key).want(http.StatusAccepted)
			of, again = done(r)
			for _, id := range again {
				w.ended(id).wantAt("/status", `"failed"`)
			}
			return r, of, again
		}
		_, of, first := replay(`{}`, "lost")
		want(t, "picked", of, ids)
		for range 2 {
			r, of, same := replay(`{}`, "lost")
			want(t, "picked again", of, ids)
			want(t, "made before", same, first)
			r.wantAt("/next_cursor", "")
		}
		// What was made with another key is like any other.
		_, of, other := replay(`{}`, "another")
		both := slices.Concat(first, ids)
		want(t, "picked with another key", slices.Sorted(slices.Values(of)), slices.Sorted(slices.Values(both)))
		_, again, same := replay(`{}`, "another")
		want(t, "picked again with another key", again, of)
		want(t, "made before with another key", same, other)

		// Page by page, each of them repeated.
		wf, ids = failed(w, 5)
		path = "/v1/workflows/" + wf + "/executions/replay"
		next := map[string]any{"limit": 2}
		for _, page := range [][]string{ids[:2], ids[2:4], ids[4:]} {
			r, of, made := replay(next, "pages")
			want(t, "page", of, page)
			for range 2 {
				again, of, same := replay(next, "pages")
				want(t, "page again", of, page)
				want(t, "made before", same, made)
				again.wantAt("/next_cursor", r.at("/next_cursor"))
			}
			if len(page) == 2 {
				next = map[string]any{"limit": 2, "cursor": r.text("/next_cursor")}
			}
		}
		all := w.get("/v1/workflows/" + wf + "/executions?trigger=replay").want(http.StatusOK)
		if n := strings.Count(string(all.body), `"replay_of":`); n != 5 {
			t.Errorf("%d replays of 5 executions", n)
		}
	})
	t.Run("Filters", func(t *testing.T) {
		w := w.in(t)
		wf, ids := failed(w, 3)
		list := func(query string) (found []string) {
			r := w.get("/v1/workflows/" + wf + "/executions?" + query).want(http.StatusOK)
			for i := 0; r.at(fmt.Sprintf("/items/%d", i)) != ""; i++ {
				found = append(found, r.text(fmt.Sprintf("/items/%d/id", i)))
			}
			return found
		}
		middle := w.get("/v1/executions/" + ids[1]).text("/started_at")
		want(t, "after", list("started_after="+middle), ids[:1])
		want(t, "before", list("started_before="+middle), ids[2:])
		want(t, "error", list("error=Connector.AuthFailed"), ids)
		want(t, "another error", list("error=Connector.NotFound"), nil)
		want(t, "trigger", list("trigger=manual&status=failed"), ids)
		want(t, "another trigger", list("trigger=webhook"), nil)

		path := "/v1/workflows/" + wf + "/executions/replay"
		of, again := done(w.post(path, map[string]any{"started_after": middle, "from": "trigger"}).want(http.StatusAccepted))
		want(t, "picked by time", of, ids[:1])
		w.ended(again[0]).wantAt("/from", `"trigger"`)
		of, _ = done(w.post(path, map[string]any{"error": "Connector.Unavailable"}).want(http.StatusAccepted))
		want(t, "picked by error", of, nil)
	})
	t.Run("Errors", func(t *testing.T) {
		w := w.in(t)
		wf, _ := failed(w, 1)
		path := "/v1/workflows/" + wf + "/executions/"
		w.post(path+"redrive", `{"status": "succeeded"}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/status")
		w.post(path+"redrive", `{"status": "running"}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/status")
		w.post(path+"redrive", `{"limit": 101}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/limit")
		w.post(path+"redrive", `{"cursor": "nonsense"}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/cursor")
		w.post(path+"redrive", `{"who": 1}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed")
		w.post("/v1/workflows/wf_0/executions/redrive", `{}`).wantProblem(http.StatusNotFound, "not_found")
		// What one of them cannot do is said of that one.
		answer := w.post(path+"replay", `{"from": "nowhere"}`).want(http.StatusAccepted)
		answer.wantAt("/items/0/error/code", `"validation_failed"`).wantAt("/items/0/id", "")
		if answer.text("/items/0/error/hint") == "" {
			t.Errorf("no hint: %s", answer.body)
		}
		w.get("/v1/workflows/"+wf+"/executions?started_after="+time.Now().Format(time.RFC1123)[:3]).wantProblem(http.StatusUnprocessableEntity, "validation_failed")
		w.get("/v1/workflows/"+wf+"/executions?started_before=").wantProblem(http.StatusUnprocessableEntity, "validation_failed")
	})
}
