package eventbridge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	us "switchboard/internal/eventbridge"
	"switchboard/internal/fault"
	"switchboard/internal/mototest"
	"switchboard/internal/workflow"
)

// TestServe asserts what an operator finds in the console of AWS.
func TestServe(t *testing.T) {
	address := mototest.Start(t)
	furnish(t, address)
	const (
		schedule = `{"account":"acc_1","scheduled_at":"<aws.scheduler.scheduled-time>","version":N,"workflow":"ID"}`
		rule     = `{"account":"acc_1","version":N,"workflow":"ID","event":<aws.events.event.json>}`
		says     = "Starts workflow ID of account acc_1 (version N)."
	)
	scheduled := func(expression, zone, start string) []string {
		return []string{expression, zone, start, "ENABLED", "OFF", function, role, schedule, queue, says}
	}
	for name, c := range map[string]struct {
		trigger string
		want    map[string]any
	}{
		"Cron":     {hourly, map[string]any{"schedule": scheduled("cron(30 * * * ? *)", "Europe/Berlin", "")}},
		"Rate":     {rate, map[string]any{"schedule": scheduled("rate(2 hours)", "UTC", "2030-01-01T10:30:00Z")}},
		"BothDays": {bothDays, map[string]any{"schedule": scheduled("cron(0 9 13 * ? *)", "UTC", ""), "schedule-weekday": scheduled("cron(0 9 ? * FRI *)", "UTC", "")}},
		"Event": {orders, map[string]any{
			"rule": []string{
				`{"detail":{"n":[{"numeric":["=",7]}],"total":[{"numeric":[">",1000]}]},"detail-type":["order.created"],"resources":["switchboard:account:acc_1"],"source":["shop"]}`,
				"ENABLED", says,
			},
			"target triggers": []string{function, rule, queue},
		}},
		"EveryEventOfASource": {anything, map[string]any{
			"rule":            []string{`{"resources":["switchboard:account:acc_1"],"source":["shop"]}`, "ENABLED", says},
			"target triggers": []string{function, rule, queue},
		}},
		"Manual": {manual, map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, address)
			id := w.create(c.trigger)
			serving := w.serve(id, 1, c.trigger)
			w.must(w.triggers(http.DefaultClient).Serve(t.Context(), serving, w.version(id, 1)))
			if diff := cmp.Diff(c.want, w.made(id)); diff != "" {
				t.Errorf("made (-want +got):\n%s", diff)
			}
		})
	}

	t.Run("RateGoesOnInItsRhythmAfterARollback", func(t *testing.T) {
		w := newWorld(t, address)
		id := w.create(rate)
		serving := w.serve(id, 1, rate)
		v := w.version(id, 1)
		v.PublishedAt = clock.AddDate(0, 0, -3).Add(-30 * 60e9) // at 8:00
		w.must(w.triggers(http.DefaultClient).Serve(t.Context(), serving, v))
		if diff := cmp.Diff(map[string]any{"schedule": scheduled("rate(2 hours)", "UTC", "2030-01-01T10:00:00Z")}, w.made(id)); diff != "" {
			t.Errorf("made (-want +got):\n%s", diff)
		}
	})

	t.Run("WhatServesByNow", func(t *testing.T) {
		// Somebody has published another version before this one's trigger is set.
		w := newWorld(t, address)
		id := w.create(hourly)
		serving := w.serve(id, 1, hourly)
		w.serve(id, 2, orders)
		w.must(w.triggers(http.DefaultClient).Serve(t.Context(), serving, w.version(id, 1)))
		if found := w.made(id); found["schedule"] != nil || found["rule"] == nil {
			t.Errorf("made %v, want what version 2 has", found)
		}
	})

	t.Run("AtOnce", func(t *testing.T) {
		w := newWorld(t, address)
		id := w.create(manual)
		var all sync.WaitGroup
		errs := make([]error, 6)
		serving := w.serve(id, 1, hourly)
		for i := range errs {
			all.Go(func() { errs[i] = w.triggers(http.DefaultClient).Serve(t.Context(), serving, w.version(id, 1)) })
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(map[string]any{"schedule": scheduled("cron(30 * * * ? *)", "Europe/Berlin", "")}, w.made(id)); diff != "" {
			t.Errorf("made (-want +got):\n%s", diff)
		}
	})
}

// serve stores a version with this trigger, and has it serve.
func (w *world) serve(id string, number int, trigger string) workflow.Workflow {
	w.t.Helper()
	w.must(w.store.Publish(w.t.Context(), workflow.Version{
		Account: "acc_1", Workflow: id, Number: number, Document: document(trigger), PublishedAt: clock,
		Definition: json.RawMessage(`{}`), SourceMap: json.RawMessage(`{}`),
	}, ""))
	found, err := w.store.Workflow(w.t.Context(), "acc_1", id)
	w.must(err)
	return found
}

func (w *world) version(id string, number int) *workflow.Version {
	w.t.Helper()
	v, err := w.store.Version(w.t.Context(), "acc_1", id, number)
	w.must(err)
	return &v
}

// wire is AWS on the wire: it answers everything with one code.
type wire string

func (code wire) Do(req *http.Request) (*http.Response, error) {
	return answer(req, http.StatusBadRequest, map[string]any{"__type": string(code), "message": "said by AWS"}, string(code)), nil
}

func TestServeFaults(t *testing.T) {
	for _, c := range []struct {
		code, trigger string
		want          fault.Code
	}{
		{"ThrottlingException", hourly, fault.Unavailable}, {"ThrottlingException", orders, fault.Unavailable},
		{"ServiceQuotaExceededException", hourly, fault.Unavailable}, {"LimitExceededException", orders, fault.Unavailable},
		{"ConflictException", hourly, fault.Conflict}, {"ConcurrentModificationException", orders, fault.Conflict},
		{"ResourceNotFoundException", hourly, fault.Internal}, {"AccessDeniedException", hourly, fault.Internal},
		{"InvalidEventPatternException", orders, fault.ValidationFailed}, {"SomethingNew", hourly, fault.Internal},
	} {
		t.Run(fmt.Sprintf("Err%s/%.25s", c.code, c.trigger), func(t *testing.T) {
			w := newWorld(t, "http://aws.test")
			id := w.create(c.trigger)
			serving := w.serve(id, 1, c.trigger)
			config := w.triggers(wire(c.code)).Config
			if c.trigger == orders {
				config.Scheduler = nothingScheduled{config.Scheduler}
			}
			version := w.version(id, 1)
			synctest.Test(t, func(t *testing.T) {
				wantFault(t, us.NewTriggers(config).Serve(t.Context(), serving, version), c.want)
			})
		})
	}
	t.Run("ErrName", func(t *testing.T) {
		w := newWorld(t, "http://aws.test")
		config := w.triggers(wire("none")).Config
		config.Prefix = "a prefix of blanks"
		wantFault(t, us.NewTriggers(config).Serve(t.Context(), workflow.Workflow{ID: "wf_1", Account: "acc_1"}, nil), fault.Internal)
	})
	t.Run("ErrPatternTooLarge", func(t *testing.T) {
		w := newWorld(t, "http://aws.test")
		var values []int
		for i := range 400 {
			values = append(values, i)
		}
		trigger := `{"type":"event","config":{"source":"shop","filter":{"n":` + jsonOf(t, values) + `}}}`
		id := w.create(trigger)
		serving := w.serve(id, 1, trigger)
		config := w.triggers(wire("none")).Config
		config.Scheduler = nothingScheduled{config.Scheduler}
		wantFault(t, us.NewTriggers(config).Serve(t.Context(), serving, w.version(id, 1)), fault.ValidationFailed)
	})
}
