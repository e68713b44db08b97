package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestPublishOnce: publishing what serves already, again or at the same moment, makes
// no other version.
func TestPublishOnce(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	publish := func(w *world, id string, version int) response {
		w.Helper()
		return w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated).wantAt("/version", fmt.Sprint(version))
	}
	t.Run("Again", func(t *testing.T) {
		w := w.in(t)
		id, first := w.published(agent, webhookDocument(`{"respond": "immediately"}`, "#x"))
		if again := publish(w, id, 1); again.text("/webhook_url") != first.text("/webhook_url") {
			t.Errorf("the webhook moved from %s to %s", first.at("/webhook_url"), again.at("/webhook_url"))
		}
		w.get("/v1/workflows/"+id+"/versions").want(http.StatusOK).wantAt("/items/1", "")
		w.get("/v1/workflows/"+id).want(http.StatusOK).wantAt("/latest_version", `1`)
	})
	t.Run("Changed", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, manual)
		w.put("/v1/workflows/"+id, strings.Replace(manual, "Echo", "Other", 1), "If-Match", "*").want(http.StatusOK)
		publish(w, id, 2)
		w.put("/v1/workflows/"+id, manual, "If-Match", "*").want(http.StatusOK)
		publish(w, id, 3) // as the first, which does not serve
		publish(w, id, 3)
	})
	t.Run("ChangedAround", func(t *testing.T) {
		w := w.in(t)
		named := w.agent()
		id, _ := w.published(named, strings.Replace(manual, "{{trigger.input}}", "{{agent.name}}", 1))
		publish(w, id, 1)
		w.do(request{method: http.MethodPatch, path: "/v1/agents/" + named, body: `{"name": "Another"}`}).want(http.StatusOK)
		publish(w, id, 2) // the agent's name is in the definition
	})
	t.Run("Unpublished", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, manual)
		w.post("/v1/workflows/"+id+"/unpublish", nil).want(http.StatusOK)
		publish(w, id, 2)
	})
	t.Run("AtOnce", func(t *testing.T) {
		w := w.in(t)
		id := w.workflow(agent, webhookDocument(`{"respond": "immediately"}`, "#y"))
		var clicks sync.WaitGroup
		answers := make([]response, 8)
		for i := range answers {
			clicks.Go(func() { answers[i] = w.post("/v1/workflows/"+id+"/publish", nil) })
		}
		clicks.Wait()
		for _, a := range answers {
			a.want(http.StatusCreated).wantAt("/version", "1").wantAt("/webhook_url", answers[0].at("/webhook_url"))
		}
		w.get("/v1/workflows/"+id).want(http.StatusOK).wantAt("/latest_version", `1`)
	})
}

// TestPublishMeant: with If-Match, no other draft than the one that it names is
// published or tried.
func TestPublishMeant(t *testing.T) {
	w := newWorld(t)
	id := w.workflow(w.agent(), manual)
	path := "/v1/workflows/" + id
	mine := w.get(path).want(http.StatusOK).header.Get("ETag")
	theirs := w.put(path, strings.Replace(manual, "Echo", "Other", 1), "If-Match", mine).want(http.StatusOK).header.Get("ETag")
	post := func(w *world, to, ifMatch string) response {
		w.Helper()
		return w.do(request{method: http.MethodPost, path: path + to, header: []string{"If-Match", ifMatch}})
	}
	t.Run("ErrStale", func(t *testing.T) {
		w := w.in(t)
		put := w.put(path, manual, "If-Match", mine).wantProblem(http.StatusPreconditionFailed, "precondition_failed")
		for _, to := range []string{"/publish", "/trial"} {
			post(w, to, mine).wantProblem(http.StatusPreconditionFailed, "precondition_failed").wantAt("/detail", put.at("/detail")).wantAt("/hint", put.at("/hint"))
		}
		w.get(path).want(http.StatusOK).wantAt("/latest_version", `null`)
	})
	t.Run("OK", func(t *testing.T) {
		w := w.in(t)
		trial := post(w, "/trial", theirs).want(http.StatusCreated).at("/version")
		w.get(path+"/versions/"+trial).want(http.StatusOK).wantAt("/document/name", `"Other"`)
		post(w, "/publish", theirs).want(http.StatusCreated).wantAt("/version", "1")
		w.get(path+"/versions/1").want(http.StatusOK).wantAt("/document/name", `"Other"`)
		post(w, "/publish", theirs).want(http.StatusCreated).wantAt("/version", "1") // serves already
	})
	t.Run("ErrStaleWhereItServes", func(t *testing.T) {
		w := w.in(t)
		post(w, "/publish", mine).wantProblem(http.StatusPreconditionFailed, "precondition_failed")
		post(w, "/publish", "*").want(http.StatusCreated).wantAt("/version", "1")
	})
}
