package task_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/task"
	"switchboard/internal/value"
)

func answerWith(size int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), size)) }
}

// given puts a variable into a payload.
func given(root string, v any, text string) func(map[string]any) {
	return func(p map[string]any) {
		p["variables"] = map[string]any{root: v}
		p["version"], p["node"], p["config"] = 0, "next", map[string]any{"text": text}
	}
}

func TestLargeOutput(t *testing.T) {
	r := newRoom(t)
	r.answer = answerWith(value.MaxRoom)
	out, err := r.Run(t.Context(), payload(t, nil))
	if err != nil || len(out) > 1000 {
		t.Fatalf("output of %d bytes, %v; want a stand-in", len(out), err)
	}
	var standIn map[string]any
	if err := json.Unmarshal(out, &standIn); err != nil {
		t.Fatal(err)
	}
	var sent string
	r.answer = func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		sent = string(body)
	}
	t.Run("TheNextTaskIsGivenAllOfIt", func(t *testing.T) {
		for _, root := range []string{"steps", "vars", "item"} {
			text := map[string]string{"steps": "{{steps.ring.said}}", "vars": "{{vars.ring.said}}", "item": "{{item.ring.said}}"}[root]
			_, err := r.Run(t.Context(), payload(t, func(p map[string]any) {
				given(root, map[string]any{"ring": standIn}, text)(p)
				p["iteration"] = root
			}))
			if err != nil || sent != strings.Repeat("x", value.MaxRoom) {
				t.Errorf("by %s %d bytes were sent, %v", root, len(sent), err)
			}
		}
		// Its fields are large as well: the record has a stand-in for them.
		record, err := r.store.Record(t.Context(), task.Key{Account: "acc_1", Execution: "exe_1", Node: "next", Iteration: "vars"})
		if err != nil || !value.Mentions(record.Input) || len(record.Input) > 1000 {
			t.Errorf("the record has an input of %d bytes, %v", len(record.Input), err)
		}
	})
	t.Run("AndOfWhatCameWithTheTrigger", func(t *testing.T) {
		_, err := r.Run(t.Context(), payload(t, func(p map[string]any) {
			given("trigger", map[string]any{"body": standIn}, "{{trigger.body.said}}")(p)
			p["iteration"] = "0"
		}))
		if err != nil || sent != strings.Repeat("x", value.MaxRoom) {
			t.Errorf("%d bytes were sent, %v", len(sent), err)
		}
	})
	t.Run("WhatOnlyLooksLikeAStandInIsData", func(t *testing.T) {
		of := map[string]any{"$value": value.ID([]byte("another")) + "#/said"}
		_, err := r.Run(t.Context(), payload(t, func(p map[string]any) {
			given("trigger", map[string]any{"body": of}, "{{trigger.body | json}}")(p)
			p["iteration"] = "1"
		}))
		if err != nil || !strings.Contains(sent, of["$value"].(string)) {
			t.Errorf("%.100q was sent, %v", sent, err)
		}
		_, err = r.Run(t.Context(), payload(t, func(p map[string]any) {
			given("trigger", map[string]any{"body": standIn}, "{{trigger.body | json}}")(p)
			p["execution"] = "exe_2" // which has no such value
		}))
		if err != nil || !strings.Contains(sent, "$value") {
			t.Errorf("of another execution, %.100q was sent, %v", sent, err)
		}
	})
	t.Run("ErrOfAnotherExecution", func(t *testing.T) {
		calls := r.calls.Load()
		for member, other := range map[string]string{"execution": "exe_2", "account": "acc_2"} {
			_, err := r.Run(t.Context(), payload(t, func(p map[string]any) {
				given("steps", map[string]any{"ring": standIn}, "{{steps.ring.said}}")(p)
				p[member] = other
			}))
			if err == nil || r.calls.Load() != calls {
				t.Errorf("with another %s: %v after %d calls", member, err, r.calls.Load()-calls)
			}
			if member == "execution" {
				wantCode(t, err, fault.InvalidInput)
			}
		}
	})
	t.Run("ATestOfANodeShowsAllOfIt", func(t *testing.T) {
		r.answer = answerWith(value.MaxRoom)
		var one task.Task
		if err := json.Unmarshal(payload(t, func(p map[string]any) { p["execution"] = "test_1" }), &one); err != nil {
			t.Fatal(err)
		}
		if trial := r.Try(t.Context(), one); trial.Error != nil || len(trial.Output) <= value.MaxRoom {
			t.Errorf("an output of %d bytes, %v", len(trial.Output), trial.Error)
		}
	})
	t.Run("ErrFieldsTooLarge", func(t *testing.T) {
		_, err := r.Run(t.Context(), payload(t, func(p map[string]any) {
			given("steps", map[string]any{"ring": strings.Repeat("x", value.MaxBytes)}, "{{steps.ring}}")(p)
			p["iteration"] = "large"
		}))
		wantCode(t, err, fault.InvalidInput)
	})
}

// TestLargeFile: a file may be larger than data may, up to 10 MB.
func TestLargeFile(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		want fault.Code
	}{"OK": {10 << 20, ""}, "ErrTooLarge": {12<<20 + 1, fault.OutputTooLarge}} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/octet-stream")
				_, _ = w.Write(make([]byte, c.size))
			}
			_, err := r.Run(t.Context(), payload(t, nil))
			if c.want != "" {
				wantCode(t, err, c.want)
			} else if err != nil {
				t.Errorf("a file of %d bytes: %v", c.size, err)
			}
		})
	}
}

func TestFailureThatIsTakenOver(t *testing.T) {
	r := newRoom(t)
	record := task.Record{State: task.Failed, StartedAt: time.Now(), Failure: &task.Failure{Code: fault.ServiceNotFound, Message: "No bell.", Hint: "Hang one up."}}
	if err := r.store.Put(t.Context(), task.Key{Account: "acc_1", Execution: "exe_1", Node: "ring"}, record); err != nil {
		t.Fatal(err)
	}
	_, err := r.Run(t.Context(), payload(t, nil))
	if f := fault.Of(err); f == nil || f.Code != fault.ServiceNotFound || f.Message != "No bell." || f.Hint != "Hang one up." || r.calls.Load() != 0 {
		t.Errorf("error %v after %d calls", err, r.calls.Load())
	}
}
