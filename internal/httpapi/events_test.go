package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/workflow"
)

func TestEvents(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	listening := func(config string) string {
		id, _ := w.published(agent, `{"name": "Listen", "trigger": {"type": "event", "config": `+config+`},
			"nodes": [{"id": "s", "type": "set", "config": {"values": {"id": "{{trigger.detail.id}}", "type": "{{trigger.detail_type}}"}}}], "edges": [{"from": "trigger", "to": "s"}]}`)
		return id
	}
	big := listening(`{"source": "shop", "detail_type": "order.created", "filter": {"total": [{"numeric": [">", 1000]}]}}`)
	every := listening(`{"source": "shop"}`)
	listening(`{"source": "bank"}`)
	t.Run("OK", func(t *testing.T) {
		w := w.in(t)
		put := w.post("/v1/events", `{"source": "shop", "detail_type": "order.created", "detail": {"id": 7, "total": 1200}}`).want(http.StatusAccepted)
		started := []string{put.text("/executions/0"), put.text("/executions/1")}
		put.wantAt("/executions/2", "")
		for _, exe := range started {
			w.ended(exe).wantAt("/output/s", `{"id":7,"type":"order.created"}`).wantAt("/input/source", `"shop"`)
		}
	})
	t.Run("IdempotencyKey", func(t *testing.T) {
		w := w.in(t)
		put := func(key, token string) response {
			r := request{method: http.MethodPost, path: "/v1/events", body: `{"source": "shop", "detail_type": "order.created", "detail": {"id": 7, "total": 1200}}`, token: token}
			if key != "" {
				r.header = []string{"Idempotency-Key", key}
			}
			return w.do(r).want(http.StatusAccepted)
		}
		first := put("order 7", "")
		put("order 7", "").wantAt("/id", first.at("/id")).wantAt("/executions", first.at("/executions"))
		for name, other := range map[string]response{"key": put("order 8", ""), "none": put("", ""), "account": put("order 7", strangerToken)} {
			if other.at("/id") == first.at("/id") || other.at("/executions") == first.at("/executions") {
				t.Errorf("with another %s it is the same event: %s", name, other.body)
			}
		}
	})
	t.Run("TheFilterHoldsItBack", func(t *testing.T) {
		w := w.in(t)
		put := w.post("/v1/events", `{"source": "shop", "detail_type": "order.created", "detail": {"id": 8, "total": 10}}`).want(http.StatusAccepted).wantAt("/executions/1", "")
		w.ended(put.text("/executions/0")).wantAt("/workflow_id", `"`+every+`"`)
	})
	t.Run("UnpublishedDoesNotListen", func(t *testing.T) {
		w := w.in(t)
		w.post("/v1/workflows/"+every+"/unpublish", nil).want(http.StatusOK)
		w.post("/v1/events", `{"source": "shop", "detail_type": "x", "detail": {}}`).want(http.StatusAccepted).wantAt("/executions", `[]`)
		w.post("/v1/workflows/"+every+"/rollback", `{"version": 1}`).want(http.StatusOK)
		w.delete("/v1/workflows/" + big).want(http.StatusNoContent)
		put := w.post("/v1/events", `{"source": "shop", "detail_type": "order.created", "detail": {"id": 9, "total": 1200}}`).want(http.StatusAccepted).wantAt("/executions/1", "")
		w.ended(put.text("/executions/0"))
	})
	t.Run("WhoPutThemIsInTheAudit", func(t *testing.T) {
		w := w.in(t)
		for range 2 {
			w.do(request{method: http.MethodPost, path: "/v1/events", body: `{"source": "mint", "detail_type": "x", "detail": {}}`, token: roleToken + "operator"}).want(http.StatusAccepted)
		}
		if err := w.cfg.Counts.(audit.Counter).NoteCounts(t.Context(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		w.get("/v1/audit?resource=mint").want(http.StatusOK).wantAt("/items/0/action", `"event.put"`).wantAt("/items/0/actor", `"user:operator"`).
			wantAt("/items/0/count", `1`).wantAt("/items/1/count", `1`).wantAt("/items/2/count", "")
	})
	t.Run("OfAnotherAccount", func(t *testing.T) {
		w := w.in(t)
		w.do(request{method: http.MethodPost, path: "/v1/events", body: `{"source": "shop", "detail_type": "order.created", "detail": {"total": 1200}}`, token: strangerToken}).
			want(http.StatusAccepted).wantAt("/executions", `[]`)
	})
	t.Run("Err", func(t *testing.T) {
		w := w.in(t)
		w.post("/v1/events", `{"source": "shop", "detail_type": "x", "detail": []}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/detail")
		w.post("/v1/events", `{"source": "", "detail_type": "x", "detail": {}}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/source")
	})
}

// TestMissedStarts: what a trigger did not start is among the problems, of those that
// may see it, until its workflow goes.
func TestMissedStarts(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	wf, _ := w.published(agent, `{"name": "Nightly", "trigger": {"type": "schedule", "config": {"cron": "0 3 * * *"}},
		"nodes": [{"id": "s", "type": "set", "config": {"values": {"a": 1}}}], "edges": [{"from": "trigger", "to": "s"}]}`)
	w.get("/v1/problems").want(http.StatusOK).wantAt("/items", "[]").wantAt("/missed_starts", "")
	store, _ := w.cfg.Audit.(workflow.Misses)
	due := time.Date(2026, 3, 4, 3, 0, 0, 0, time.FixedZone("", 3600))
	for n, id := range []string{wf, wf, "wf_gone"} {
		m := workflow.Miss{Account: "acc_own", Workflow: id, Trigger: workflow.TriggerSchedule, Reason: workflow.MissSuperseded, Due: due.AddDate(0, 0, n)}
		if err := store.AddMiss(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got := w.get("/v1/problems?limit=1").want(http.StatusOK).wantAt("/items", "[]").wantAt("/missed_starts/1", "").
		wantAt("/missed_starts/0/workflow_id", `"`+wf+`"`).wantAt("/missed_starts/0/workflow_name", `"Nightly"`).wantAt("/missed_starts/0/agent_id", `"`+agent+`"`).
		wantAt("/missed_starts/0/trigger", `"schedule"`).wantAt("/missed_starts/0/reason", `"superseded"`).wantAt("/missed_starts/0/count", "2").
		wantAt("/missed_starts/0/due_at", `"2026-03-05T02:00:00Z"`)
	if got.text("/missed_starts/0/detail") == "" || got.text("/missed_starts/0/hint") == "" {
		t.Errorf("it does not say why, or what to do: %s", got.body)
	}
	w.do(request{method: http.MethodGet, path: "/v1/problems", token: strangerToken}).want(http.StatusOK).wantAt("/missed_starts", "")
	w.delete("/v1/workflows/" + wf).want(http.StatusNoContent)
	w.get("/v1/problems").want(http.StatusOK).wantAt("/missed_starts", "")
}

func TestNextRuns(t *testing.T) {
	w := newWorld(t)
	_, publication := w.published(w.agent(), `{"name": "Daily", "trigger": {"type": "schedule", "config": {"cron": "0 9 * * *", "timezone": "Europe/Berlin"}},
		"nodes": [{"id": "s", "type": "set", "config": {"values": {"at": "{{trigger.scheduled_at}}"}}}], "edges": [{"from": "trigger", "to": "s"}]}`)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	previous := time.Now()
	for _, at := range []string{"/next_runs/0", "/next_runs/1", "/next_runs/2", "/next_runs/3", "/next_runs/4"} {
		run, err := time.Parse(time.RFC3339, publication.text(at))
		if err != nil || !run.After(previous) || run.In(berlin).Hour() != 9 || !strings.HasSuffix(publication.text(at), "Z") {
			t.Errorf("%s is %s after %s: %v", at, publication.text(at), previous, err)
		}
		previous = run
	}
}
