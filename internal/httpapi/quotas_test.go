package httpapi_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/httpapi"
	"switchboard/internal/local"
	"switchboard/internal/quota"
)

// limited is a world with quotas.
func limited(t testing.TB, settings string) *world {
	t.Helper()
	quotas := must(quota.Parse(settings))(t)
	var runner quota.Running
	w := newWorld(t, func(c *httpapi.Config) { c.Quotas, c.Workflows.Quotas = quotas, quotas })
	runner = w.runner
	w.cfg.Executions.Quotas = quota.NewAdmission(quota.Config{Settings: quotas, Starts: &quota.Memory{}, Running: runner, Now: time.Now})
	return w
}

// wantWait fails the test unless the answer says to wait, and for how long.
func (r response) wantWait() response {
	r.t.Helper()
	r.wantProblem(http.StatusTooManyRequests, "too_many_requests")
	if after, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || after < 1 || after > 60 {
		r.t.Errorf("Retry-After = %q, want seconds up to a minute", r.header.Get("Retry-After"))
	}
	return r
}

func TestQuotas(t *testing.T) {
	const settings = "workflows=3, acc_own:executions_per_minute=5, payload_bytes=2000, schedule_seconds=300"
	t.Run("List", func(t *testing.T) {
		got := limited(t, settings).get("/v1/quotas").want(http.StatusOK)
		for _, want := range []string{`"workflows","limit":3`, `"executions_per_minute","limit":5`, `"concurrent_calls","limit":1000`} {
			if !strings.Contains(string(got.body), want) {
				t.Errorf("quotas = %s, want %s in it", got.body, want)
			}
		}
	})
	t.Run("Workflows", func(t *testing.T) {
		w := limited(t, settings)
		agent := w.agent()
		first := w.workflow(agent, manual)
		w.workflow(agent, manual)
		w.workflow(agent, manual)
		w.post("/v1/agents/"+agent+"/workflows", manual).wantWait()
		w.delete("/v1/workflows/" + first).want(http.StatusNoContent)
		w.workflow(agent, manual)
	})
	t.Run("StartsPerMinute", func(t *testing.T) {
		w := limited(t, settings)
		agent := w.agent()
		id, _ := w.published(agent, manual)
		_, publication := w.published(agent, webhookDocument(`{"respond": "immediately"}`, "#x"))
		statuses := map[int]int{}
		for range 8 { // another minute may begin meanwhile, once
			statuses[w.post("/v1/workflows/"+id+"/executions", nil).status]++
		}
		if statuses[http.StatusAccepted] < 5 || statuses[http.StatusTooManyRequests] == 0 {
			t.Fatalf("statuses = %v, want 5 starts in a minute", statuses)
		}
		w.post("/v1/workflows/"+id+"/executions", nil).wantWait()
		w.hook(hookPath(publication.text("/webhook_url")), `{"name": "Ada"}`).wantWait()
	})
	t.Run("ReplayThatWasMadeStaysMade", func(t *testing.T) {
		w := limited(t, settings)
		id, _ := w.published(w.agent(), manual)
		ran := w.post("/v1/workflows/"+id+"/executions", nil).want(http.StatusAccepted).text("/id")
		w.ended(ran)
		replay := func(header ...string) response {
			return w.post("/v1/executions/"+ran+"/replay", `{"from": "trigger"}`, header...)
		}
		first := replay("Idempotency-Key", "lost").want(http.StatusAccepted).text("/id")
		for range 12 { // another minute may begin meanwhile, once
			if replay().status == http.StatusTooManyRequests {
				break
			}
		}
		replay().wantWait()
		replay("Idempotency-Key", "lost").want(http.StatusAccepted).wantAt("/id", `"`+first+`"`)
	})
	t.Run("EventsAreTakenAndWait", func(t *testing.T) {
		w := limited(t, settings)
		agent := w.agent()
		id, _ := w.published(agent, manual)
		listening, _ := w.published(agent, `{"name": "Hear", "trigger": {"type": "event", "config": {"source": "shop", "detail_type": "order"}}, "nodes": [], "edges": []}`)
		spend := func() {
			for w.post("/v1/workflows/"+id+"/executions", nil).status == http.StatusAccepted {
			}
		}
		put := func() response {
			spend()
			return w.post("/v1/events", `{"source": "shop", "detail_type": "order", "detail": {"total": 12}}`).want(http.StatusAccepted)
		}
		taken := put()
		if taken.at("/executions") != `[]` { // another minute has begun
			taken = put()
		}
		store, _ := w.cfg.Audit.(local.Kept)
		kept, err := store.KeptEvents(t.Context())
		if err != nil || len(kept) != 1 || kept[0].Workflow != listening || kept[0].Event.ID != taken.text("/id") {
			t.Errorf("kept %+v, %v; want the event for %s", kept, err, listening)
		}
	})
	t.Run("RunningAtOnce", func(t *testing.T) {
		w := limited(t, "concurrent_executions=2")
		id, _ := w.published(w.agent(), `{"name": "Wait", "trigger": {"type": "manual"}, "nodes": [{"id": "w", "type": "wait", "config": {"seconds": 3600}}], "edges": [{"from": "trigger", "to": "w"}]}`)
		started := w.post("/v1/workflows/"+id+"/executions", nil).want(http.StatusAccepted).text("/id")
		w.post("/v1/workflows/"+id+"/executions", nil).want(http.StatusAccepted)
		w.post("/v1/workflows/"+id+"/executions", nil).wantWait()
		w.post("/v1/executions/"+started+"/stop", nil).want(http.StatusOK)
		for deadline := time.Now().Add(20 * time.Second); ; { // what runs is counted once a second
			if w.post("/v1/workflows/"+id+"/executions", nil).status == http.StatusAccepted {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("there is no room after one has ended")
			}
		}
	})
	t.Run("Payload", func(t *testing.T) {
		w := limited(t, settings)
		_, publication := w.published(w.agent(), webhookDocument(`{"respond": "immediately"}`, "#x"))
		path := hookPath(publication.text("/webhook_url"))
		w.hook(path, `{"name": "`+strings.Repeat("a", 3000)+`"}`).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
		w.hook(path, `{"name": "a"}`).want(http.StatusAccepted)
	})
	t.Run("ScheduleTooClose", func(t *testing.T) {
		w := limited(t, settings)
		agent := w.agent()
		every := func(config string) response {
			id := w.workflow(agent, `{"name": "Tick", "trigger": {"type": "schedule", "config": `+config+`}, "nodes": [{"id": "s", "type": "set", "config": {"values": {"a": 1}}}], "edges": [{"from": "trigger", "to": "s"}]}`)
			answer := w.post("/v1/workflows/"+id+"/publish", nil)
			w.delete("/v1/workflows/" + id).want(http.StatusNoContent)
			return answer
		}
		every(`{"cron": "*/5 * * * *"}`).want(http.StatusCreated)
		every(`{"cron": "0,1 9 * * *"}`).wantProblem(http.StatusConflict, "workflow_invalid").wantField("/trigger/config")
		every(`{"rate": "4 minutes"}`).wantProblem(http.StatusConflict, "workflow_invalid").wantAt("/diagnostics/0/code", `"schedule_too_close"`)
	})
	t.Run("ScheduleThatWasOnceFarEnough", func(t *testing.T) {
		w := newWorld(t)
		tick := func(rate string) string {
			return `{"name": "Tick", "trigger": {"type": "schedule", "config": {"rate": "` + rate + `"}}, "nodes": [{"id": "s", "type": "set", "config": {"values": {"a": 1}}}], "edges": [{"from": "trigger", "to": "s"}]}`
		}
		id, _ := w.published(w.agent(), tick("2 minutes"))
		w.put("/v1/workflows/"+id, tick("10 minutes"), "If-Match", "*").want(http.StatusOK)
		w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated)
		w.cfg.Workflows.Quotas = must(quota.Parse("schedule_seconds=300"))(t)
		w.post("/v1/workflows/"+id+"/rollback", map[string]any{"version": 1}).
			wantProblem(http.StatusConflict, "workflow_invalid").wantAt("/diagnostics/0/code", `"schedule_too_close"`)
		w.get("/v1/workflows/"+id).want(http.StatusOK).wantAt("/published_version", `2`)
		w.post("/v1/workflows/"+id+"/rollback", map[string]any{"version": 2}).want(http.StatusOK)
	})
}

// A flood of webhooks on one account, to a service that never answers, neither takes
// all there is nor keeps another account waiting.
func TestFlood(t *testing.T) {
	const places, flood = 40, 300
	w := newWorld(t)
	w.runner.Share(quota.NewTurns(places, nil))
	w.cfg.Executions.Quotas = quota.NewAdmission(quota.Config{Starts: &quota.Memory{}, Running: w.runner, Turns: quota.NewTurns(places, nil), Now: time.Now})
	prepare := func(token, channel, respond string) (path string) {
		do := func(method, path string, body any) response {
			return w.do(request{method: method, path: path, body: body, token: token})
		}
		agent := do(http.MethodPost, "/v1/agents", map[string]any{"name": "A"}).want(http.StatusCreated).text("/id")
		cred := do(http.MethodPost, "/v1/credentials", map[string]any{"type": "chat_token", "name": "C", "data": map[string]any{"token": goodToken}}).want(http.StatusCreated).text("/id")
		do(http.MethodPut, "/v1/agents/"+agent+"/links/"+cred, nil).want(http.StatusNoContent)
		document := strings.Replace(posting(cred, channel), "when_finished", respond, 1)
		id := do(http.MethodPost, "/v1/agents/"+agent+"/workflows", document).want(http.StatusCreated).text("/id")
		return hookPath(do(http.MethodPost, "/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated).text("/webhook_url"))
	}
	flooded, quiet := prepare(ownToken, "#hold", "immediately"), prepare(strangerToken, "#general", "when_finished")
	for range flood {
		w.hook(flooded, `{}`).want(http.StatusAccepted)
	}
	const share = places * 3 / 4
	for range share { // so many calls have arrived at the service
		<-w.chat.held
	}
	w.hook(quiet, `{}`).want(http.StatusOK)
	if posts := w.chat.posted(); len(posts) != 1 {
		t.Errorf("the other account's posts are %v", posts)
	}
	select {
	case <-w.chat.held:
		t.Errorf("the flood has more than %d of %d places", share, places)
	default:
	}
}
