package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
)

// forked has a task, a wait and a nested fork open for an hour.
const forked = `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E"}],
  "Branches":[
    {"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"slow"},"Retry":[{"ErrorEquals":["States.ALL"]}],"End":true}}},
    {"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}},
    {"StartAt":"M","States":{"M":{"Type":"Map","Items":[1,2],"End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"V","States":{"V":{"Type":"Wait","Seconds":3600,"End":true}}}}}}]},
  "E":{"Type":"Pass","End":true}}}`

func slow() scenario {
	return scenario{Definition: []byte(forked), Input: []byte(`{}`), Functions: map[string][]act{"slow": {{After: "1h", Answer: []byte("1")}}}}
}

func TestRunContext(t *testing.T) {
	t.Run("AbortEndsTheExecutionForGood", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Minute, func() { cancel(&run.Aborted{Name: "Stopped", Cause: "By Ann."}) })
			w, j := newWorld(slow()), &journal{}
			res, err := load(t, w.Definition).Run(ctx, w.execution(), nil, w.env(j))
			if err != nil {
				t.Fatal(err)
			}
			want := run.Result{Status: run.Stopped, Error: "Stopped", Cause: "By Ann."}
			checkResult(t, res, want)
			checkHistory(t, j.events)
			var open []string
			for _, e := range j.events {
				if e.Kind == asl.StateAborted {
					open = append(open, e.State)
				}
			}
			slices.Sort(open)
			if got := strings.Join(open, " "); got != "M P T V V W" {
				t.Errorf("state_aborted of %q, want all that were open", got)
			}
			for cut := range len(j.events) + 1 {
				if !slices.ContainsFunc(j.events[:cut], func(e asl.Event) bool { return e.Kind == asl.StateAborted }) {
					continue
				}
				w, again := newWorld(slow()), &journal{}
				res, err := load(t, w.Definition).Run(t.Context(), w.execution(), j.events[:cut], w.env(again))
				if err != nil {
					t.Fatalf("after %d events: %v", cut, err)
				}
				checkResult(t, res, want)
				checkHistory(t, append(slices.Clone(j.events[:cut]), again.events...))
				if len(w.invoked) > 0 {
					t.Errorf("after %d events: an aborted execution called %s", cut, w.invoked[0].State)
				}
			}
		})
	})
	t.Run("AbortWithoutNameIsStatesAborted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(&run.Aborted{})
			w := newWorld(slow())
			res, err := load(t, w.Definition).Run(ctx, w.execution(), nil, w.env(&journal{}))
			if err != nil || res.Status != run.Stopped || res.Error != asl.ErrorRuntimeAborted {
				t.Errorf("result %+v, error %v", res, err)
			}
		})
	})
	t.Run("ShutdownPausesAndTheNextRunGoesOn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			w, j := newWorld(slow()), &journal{}
			p := load(t, w.Definition)
			_, err := p.Run(ctx, w.execution(), nil, w.env(j))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("error %v, want the context's", err)
			}
			for _, e := range j.events {
				if e.Kind == asl.StateAborted || e.Kind == asl.TaskFailed || e.State == "" && e.Kind != asl.ExecutionStarted {
					t.Errorf("the shutdown left %s in the history", e.Kind)
				}
			}
			past := len(j.events)
			res, err := p.Run(t.Context(), w.execution(), slices.Clone(j.events), w.env(j))
			if err != nil {
				t.Fatal(err)
			}
			checkResult(t, res, run.Result{Status: run.Succeeded, Output: []byte(`[{"ExecutedVersion":"$LATEST","Payload":1,"StatusCode":200},{},[1,2]]`)})
			checkHistory(t, j.events)
			if took := time.Since(start); took != time.Hour+time.Minute {
				t.Errorf("took %s: the waits have to end on time, the task begins anew", took)
			}
			if first := j.events[past]; first.Kind == asl.TaskScheduled || first.Kind == asl.StateEntered {
				t.Errorf("going on repeated %s", first.Kind)
			}
			if n := len(w.invoked); n != 2 || w.invoked[0].Attempt != 1 || w.invoked[1].Attempt != 1 {
				t.Errorf("invoked %+v, want the same attempt twice", w.invoked)
			}
		})
	})
	t.Run("AnAnswerThatArrivesDuringTheShutdownIsKept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			w, j := newWorld(slow()), &journal{}
			env := w.env(j)
			env.Invoke = func(context.Context, run.Invocation) (json.RawMessage, error) {
				cancel()
				return json.RawMessage("1"), nil
			}
			if _, err := load(t, w.Definition).Run(ctx, w.execution(), nil, env); !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v, want %v", err, context.Canceled)
			}
			if len(outcomes(j.events)) != 1 {
				t.Errorf("the answer is not in the history: %v", frames(j.events))
			}
		})
	})
}

func TestRunJournal(t *testing.T) {
	t.Run("StartedEventMayBeThereAlready", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, j := newWorld(scenarios(t)["context"]), &journal{}
			started := asl.Event{Kind: asl.ExecutionStarted, At: start, Input: w.Input}
			x := w.execution()
			x.Input, x.StartedAt = nil, time.Time{}
			res, err := load(t, w.Definition).Run(t.Context(), x, []asl.Event{started}, w.env(j))
			if err != nil {
				t.Fatal(err)
			}
			checkResult(t, res, w.Result)
			if j.events[0].Kind != asl.StateEntered {
				t.Errorf("first new event is %s", j.events[0].Kind)
			}
		})
	})
	t.Run("EventsAreBatched", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, j := newWorld(scenarios(t)["task_output"]), &journal{}
			if _, err := load(t, w.Definition).Run(t.Context(), w.execution(), nil, w.env(j)); err != nil {
				t.Fatal(err)
			}
			if j.batch != 2 {
				t.Errorf("%d batches of %d events, want one before the call and one at the end", j.batch, len(j.events))
			}
		})
	})
	t.Run("ScheduledBeforeInvokedAndDecidedBeforeTheNext", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, j := newWorld(scenarios(t)["retry_success"]), &journal{}
			env := w.env(j)
			env.Invoke = func(ctx context.Context, c run.Invocation) (json.RawMessage, error) {
				last := j.events[len(j.events)-1]
				if last.Kind != asl.TaskScheduled || last.Attempt != c.Attempt {
					t.Errorf("attempt %d began after %s %d", c.Attempt, last.Kind, last.Attempt)
				}
				return w.Invoke(ctx, c)
			}
			if _, err := load(t, w.Definition).Run(t.Context(), w.execution(), nil, env); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("WhatABranchDidIsHandedOverWhenItEnds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, j := newWorld(scenarios(t)["parallel"]), &journal{}
			time.AfterFunc(7*time.Second, func() { // one branch ended after 5 s, the other will after 9 s
				j.mu.Lock()
				defer j.mu.Unlock()
				if !slices.ContainsFunc(j.events, func(e asl.Event) bool { return e.Kind == asl.StateExited && e.State == "C" }) {
					t.Errorf("the journal has only %v", frames(j.events))
				}
			})
			if _, err := load(t, w.Definition).Run(t.Context(), w.execution(), nil, w.env(j)); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("ErrJournalStopsTheRun", func(t *testing.T) {
		full := errors.New("disk full")
		for most := 1; most <= 12; most++ {
			synctest.Test(t, func(t *testing.T) {
				w, j := newWorld(slow()), &journal{most: most, err: full}
				_, err := load(t, w.Definition).Run(t.Context(), w.execution(), nil, w.env(j))
				if !errors.Is(err, full) {
					t.Fatalf("error %v, want %v", err, full)
				}
				w, again := newWorld(slow()), &journal{}
				if _, err := load(t, w.Definition).Run(t.Context(), w.execution(), j.events, w.env(again)); err != nil {
					t.Fatalf("going on after %d events: %v", len(j.events), err)
				}
			})
		}
	})
}

func TestRunHistory(t *testing.T) {
	all := scenarios(t)
	record := func(t *testing.T, name string) (s scenario, events []asl.Event) {
		t.Helper()
		s = all[name]
		w, j := newWorld(s), &journal{}
		if _, err := load(t, s.Definition).Run(t.Context(), w.execution(), nil, w.env(j)); err != nil {
			t.Fatal(err)
		}
		return s, j.events
	}
	misfits := []struct {
		name, scenario string
		spoil          func(h []asl.Event) []asl.Event
	}{
		{"ErrOtherState", "task_output", func(h []asl.Event) []asl.Event { h[1].State = "Z"; return h[:4] }},
		{"ErrOtherStateLater", "task_output", func(h []asl.Event) []asl.Event { h[5].State = "Z"; return h[:6] }},
		{"ErrOtherKind", "task_output", func(h []asl.Event) []asl.Event { h[2].Kind = asl.WaitStarted; return h[:4] }},
		{"ErrOtherAttempt", "retry_success", func(h []asl.Event) []asl.Event { h[3].Attempt = 7; return h[:4] }},
		{"ErrOtherStep", "task_output", func(h []asl.Event) []asl.Event { h[5].Step = 7; return h[:6] }},
		{"ErrOtherChoice", "choice_rule", func(h []asl.Event) []asl.Event { h[2].Next = "Mid"; return h[:3] }},
		{"ErrNoStart", "task_output", func(h []asl.Event) []asl.Event { return h[1:] }},
		{"ErrTwoStarts", "task_output", func(h []asl.Event) []asl.Event { return append(h[:1:1], h...) }},
		{"ErrGoesOnAfterTheEnd", "task_output", func(h []asl.Event) []asl.Event { return append(slices.Clone(h), h[1]) }},
		{"ErrMoreStates", "task_default_output", func(h []asl.Event) []asl.Event {
			return append(slices.Clone(h[:len(h)-1]), asl.Event{Kind: asl.StateEntered, State: "A", Step: 1})
		}},
		{"ErrScheduledWhatCannotBe", "task_timeout_wrong", func(h []asl.Event) []asl.Event {
			return append(slices.Clone(h[:2]), asl.Event{Kind: asl.TaskScheduled, State: "A", Attempt: 1})
		}},
		{"ErrUnknownFrame", "task_default_output", func(h []asl.Event) []asl.Event {
			return append(slices.Clone(h[:2]), asl.Event{Kind: asl.StateEntered, State: "A", Frame: "/7.7"})
		}},
		{"ErrUnknownBranchFailed", "parallel", func(h []asl.Event) []asl.Event {
			return append(slices.Clone(h[:2]), asl.Event{Kind: asl.StateFailed, State: "A", Frame: "/0.0"})
		}},
		{"ErrStoppedWithoutReason", "parallel", func(h []asl.Event) []asl.Event {
			return append(slices.Clone(h[:2]),
				asl.Event{Kind: asl.StateEntered, State: "A", Frame: "/0.0"}, asl.Event{Kind: asl.StateAborted, State: "A", Frame: "/0.0"})
		}},
	}
	for _, tt := range misfits {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, events := record(t, tt.scenario)
				w, j := newWorld(s), &journal{}
				_, err := load(t, s.Definition).Run(t.Context(), w.execution(), tt.spoil(events), w.env(j))
				if !errors.Is(err, run.ErrHistory) {
					t.Fatalf("error %v, want %v", err, run.ErrHistory)
				}
				t.Log(err)
				for _, e := range j.events {
					if e.State == "" {
						t.Errorf("an end was journalled: %s", e.Kind)
					}
				}
			})
		})
	}
	t.Run("TheFailureThatWasJournalledFirstCounts", func(t *testing.T) {
		w := newWorld(scenario{Definition: []byte(`{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"First"}}},{"StartAt":"B","States":{"B":{"Type":"Fail","Error":"Second"}}}]}}}`)})
		past := []asl.Event{
			{Kind: asl.ExecutionStarted}, {Kind: asl.StateEntered, State: "P"},
			{Kind: asl.StateEntered, State: "A", Frame: "/0.0"}, {Kind: asl.StateEntered, State: "B", Frame: "/0.1"},
			{Kind: asl.StateFailed, State: "B", Frame: "/0.1", Error: "Second"}, {Kind: asl.StateFailed, State: "A", Frame: "/0.0", Error: "First"},
		}
		for range 20 { // the branches are replayed in any order
			res, err := load(t, w.Definition).Run(t.Context(), w.execution(), past, w.env(&journal{}))
			if err != nil || res.Error != "Second" {
				t.Fatalf("result %+v, %v; the history says that B failed first", res, err)
			}
		}
	})
	t.Run("ResumedAttemptSendsTheRecordedPayload", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, events := record(t, "task_output")
			events[2].Input = json.RawMessage(`"as it was"`)
			w := newWorld(s)
			if _, err := load(t, s.Definition).Run(t.Context(), w.execution(), events[:3], w.env(&journal{})); err != nil {
				t.Fatal(err)
			}
			if got := w.calls(false); len(got) != 1 || got[0] != `f "as it was"` {
				t.Errorf("calls %q", got)
			}
		})
	})
	t.Run("TokenKeepsItsDeadlineOverARestart", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, events := record(t, "token_timeout")
			i := slices.IndexFunc(events, func(e asl.Event) bool { return e.Kind == asl.TaskScheduled })
			time.Sleep(time.Until(start.Add(100 * time.Hour)))
			w := newWorld(s)
			res, err := load(t, s.Definition).Run(t.Context(), w.execution(), events[:i+1], w.env(&journal{}))
			if err != nil {
				t.Fatal(err)
			}
			checkResult(t, res, s.Result)
			if len(w.invoked) != 0 || time.Since(start) != 100*time.Hour {
				t.Errorf("%d calls, ended after %s", len(w.invoked), time.Since(start))
			}
		})
	})
	t.Run("AnswerGivenWhileDownWinsOverTheDeadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, events := record(t, "token_timeout")
			i := slices.IndexFunc(events, func(e asl.Event) bool { return e.Kind == asl.TaskScheduled })
			time.Sleep(time.Until(start.Add(100 * time.Hour)))
			w := newWorld(s)
			w.asked["tok/0#1"], w.tokens["tok/0#1"] = start, &act{After: "1h", Answer: json.RawMessage(`"yes"`)}
			res, err := load(t, s.Definition).Run(t.Context(), w.execution(), events[:i+1], w.env(&journal{}))
			if err != nil {
				t.Fatal(err)
			}
			checkResult(t, res, run.Result{Status: run.Succeeded, Output: []byte(`"yes"`)})
		})
	})
}

func TestRunEnv(t *testing.T) {
	w := newWorld(scenarios(t)["token"])
	p := load(t, w.Definition)
	full := w.env(&journal{})
	for name, spoil := range map[string]func(*run.Env, *run.Execution){
		"ErrNoInvoke":  func(e *run.Env, _ *run.Execution) { e.Invoke = nil },
		"ErrNoJournal": func(e *run.Env, _ *run.Execution) { e.Journal = nil },
		"ErrNoTokens":  func(e *run.Env, _ *run.Execution) { e.Tokens = nil },
		"ErrInput":     func(_ *run.Env, x *run.Execution) { x.Input = []byte(`{`) },
	} {
		t.Run(name, func(t *testing.T) {
			env, x := full, w.execution()
			spoil(&env, &x)
			if _, err := p.Run(t.Context(), x, nil, env); err == nil {
				t.Error("Run did not refuse it")
			}
		})
	}
}
