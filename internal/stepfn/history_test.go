package stepfn_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/account"
	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/stepfn"
	"switchboard/internal/task"
)

// The chain of events below follows the API reference: neither redrive nor an end
// that comes from outside can be had from moto.
const (
	scheduled = `"taskScheduledEventDetails":{"resource":"invoke","resourceType":"lambda","region":"r","parameters":"{\"FunctionName\":\"f\",\"Payload\":{\"node\":\"a\",\"config\":{\"text\":\"hi\"}}}"}`
	done      = `"taskSucceededEventDetails":{"resource":"invoke","resourceType":"lambda","output":"{\"ExecutedVersion\":\"$LATEST\",\"Payload\":{\"text\":\"a\"},\"StatusCode\":200}"}`
	broke     = `"taskFailedEventDetails":{"resource":"invoke","resourceType":"lambda","error":"Connector.RateLimited","cause":"{\"errorMessage\":\"slow down\"}"}`
)

// tell makes a history of lines "id previous type details".
func tell(t *testing.T, story string) []any {
	t.Helper()
	var events []any
	for line := range strings.Lines(strings.TrimSpace(story)) {
		part := strings.SplitN(strings.TrimSpace(line), " ", 4)
		text := `{"timestamp":` + part[0] + `,"id":` + part[0] + `,"previousEventId":` + part[1] + `,"type":"` + part[2] + `"`
		if len(part) > 3 {
			text += "," + part[3]
		}
		var e any
		if err := json.Unmarshal([]byte(text+"}"), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		events = append(events, e)
	}
	return events
}

func entered(name string) string {
	return `"stateEnteredEventDetails":{"name":"` + name + `","input":"{}"}`
}

func TestHistory(t *testing.T) {
	start := "1 0 ExecutionStarted \"executionStartedEventDetails\":{\"input\":\"{}\"}\n2 0 TaskStateEntered " + entered("a") + "\n"
	tests := []struct {
		name, story string
		end         execution.Status
		status      execution.NodeStatus
		attempts    []string // the errors' names
		kinds       []asl.EventKind
	}{
		{
			"Running", start + "3 2 TaskScheduled " + scheduled + "\n4 3 TaskStarted", execution.Running, execution.NodeRunning, []string{""},
			[]asl.EventKind{asl.ExecutionStarted, asl.StateEntered, asl.TaskScheduled},
		},
		{
			"RetriedAndSucceeded",
			start + "3 2 TaskScheduled " + scheduled + "\n4 3 TaskFailed " + broke + "\n5 4 TaskScheduled " + scheduled + "\n6 5 TaskSucceeded " + done +
				"\n7 6 TaskStateExited \"stateExitedEventDetails\":{\"name\":\"a\",\"output\":\"{}\",\"assignedVariables\":{\"n_a\":\"{}\"}}\n8 7 ExecutionSucceeded \"executionSucceededEventDetails\":{\"output\":\"{}\"}",
			execution.Succeeded, execution.NodeSucceeded, []string{"Connector.RateLimited", ""},
			[]asl.EventKind{
				asl.ExecutionStarted, asl.StateEntered, asl.TaskScheduled, asl.TaskFailed, asl.RetryScheduled,
				asl.TaskScheduled, asl.TaskSucceeded, asl.StateExited, asl.ExecutionSucceeded,
			},
		},
		{
			"TimedOutTask",
			start + "3 2 TaskScheduled " + scheduled + "\n4 3 TaskTimedOut \"taskTimedOutEventDetails\":{\"resource\":\"invoke\",\"resourceType\":\"lambda\",\"error\":\"States.Timeout\"}\n" +
				"5 4 ExecutionFailed \"executionFailedEventDetails\":{\"error\":\"States.Timeout\"}",
			execution.Failed, execution.NodeTimedOut, []string{"States.Timeout"},
			[]asl.EventKind{asl.ExecutionStarted, asl.StateEntered, asl.TaskScheduled, asl.TaskFailed, asl.StateFailed, asl.ExecutionFailed},
		},
		{
			"Aborted",
			start + "3 2 TaskScheduled " + scheduled + "\n4 3 ExecutionAborted \"executionAbortedEventDetails\":{\"error\":\"States.Aborted\",\"cause\":\"enough\"}",
			execution.Stopped, execution.NodeStopped, []string{""},
			[]asl.EventKind{asl.ExecutionStarted, asl.StateEntered, asl.TaskScheduled, asl.StateAborted, asl.ExecutionAborted},
		},
		{
			"Redriven",
			start + "3 2 TaskScheduled " + scheduled + "\n4 3 TaskFailed " + broke + "\n5 4 ExecutionFailed \"executionFailedEventDetails\":{\"error\":\"Connector.RateLimited\"}\n" +
				"6 5 ExecutionRedriven \"executionRedrivenEventDetails\":{\"redriveCount\":1}\n7 6 TaskScheduled " + scheduled + "\n8 7 TaskSucceeded " + done +
				"\n9 8 TaskStateExited \"stateExitedEventDetails\":{\"name\":\"a\",\"output\":\"{}\"}\n10 9 ExecutionSucceeded \"executionSucceededEventDetails\":{\"output\":\"{}\"}",
			execution.Succeeded, "", nil,
			[]asl.EventKind{
				asl.ExecutionStarted, asl.StateEntered, asl.TaskScheduled, asl.TaskFailed, asl.StateFailed, asl.ExecutionFailed,
				asl.ExecutionRedriven, asl.TaskScheduled, asl.TaskSucceeded, asl.StateExited, asl.ExecutionSucceeded,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := tell(t, tt.story)
			b := newBench(t, false, answers{"GetExecutionHistory": func(in map[string]any) any {
				return paged(in, "events", len(events), func(i int) any { return events[i] })
			}})
			got, err := stepfn.NewHistories(b.store, b.Runner).History(t.Context(), b.x.Account, b.x.ID)
			if err != nil {
				t.Fatal(err)
			}
			var kinds []asl.EventKind
			for _, e := range got {
				kinds = append(kinds, e.Kind)
				if e.State != "" && (e.Frame != "" || e.Step != 0) {
					t.Errorf("%s stands at %q, %d", e.Kind, e.Frame, e.Step)
				}
			}
			if diff := cmp.Diff(tt.kinds, kinds); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if tt.status == "" {
				return
			}
			x := b.x
			x.Status = tt.end
			runs := execution.View(x, sourcesOf(t, b.v), got, nil)
			if len(runs) != 1 || runs[0].Status != tt.status {
				t.Fatalf("the view is %+v, want %s", runs, tt.status)
			}
			var attempts []string
			for _, a := range runs[0].Attempts {
				name := ""
				if a.Error != nil {
					name = a.Error.Name
				}
				attempts = append(attempts, name)
			}
			if !slices.Equal(attempts, tt.attempts) {
				t.Errorf("attempts %q, want %q", attempts, tt.attempts)
			}
		})
	}
}

func TestHistoryThatIsNotThere(t *testing.T) {
	t.Run("NotStartedYet", func(t *testing.T) {
		b := newBench(t, false, answers{"GetExecutionHistory": fixed(refusal{code: "ExecutionDoesNotExist"})})
		got, err := stepfn.NewHistories(b.store, b.Runner).History(t.Context(), b.x.Account, b.x.ID)
		if err != nil || len(got) > 0 {
			t.Errorf("History = %v, %v", got, err)
		}
	})
	t.Run("ExpressShowsItsRecords", func(t *testing.T) {
		b := newBench(t, true, answers{})
		key := task.Key{Account: b.x.Account, Execution: b.x.ID, Node: "a"}
		record := task.Record{State: task.Done, Input: json.RawMessage(`{"text":"hi"}`), Output: json.RawMessage(`{"text":"a"}`), StartedAt: b.x.StartedAt}
		ended := b.x
		ended.Status, ended.StoppedAt = execution.Succeeded, b.x.StartedAt
		executions := execution.NewService(execution.Config{Repository: stepfn.NewHistories(b.store, b.Runner), Workflows: b.store, Records: b.store})
		view := func() []execution.NodeRun {
			_, nodes, err := executions.Get(t.Context(), account.Principal{Account: b.x.Account}, b.x.ID)
			if err != nil {
				t.Fatal(err)
			}
			return nodes
		}
		if err := b.store.FinishExecution(t.Context(), ended); err != nil {
			t.Fatal(err)
		}
		if nodes := view(); len(nodes) != 0 {
			t.Errorf("nodes %+v, of which nothing is known", nodes)
		}
		if err := b.store.Put(t.Context(), key, record); err != nil {
			t.Fatal(err)
		}
		if nodes := view(); len(nodes) != 1 || nodes[0].Status != execution.NodeSucceeded || string(nodes[0].Output) != `{"text":"a"}` {
			t.Errorf("nodes %+v, want a's output", nodes)
		}
	})
	t.Run("ErrOtherAccount", func(t *testing.T) {
		b := newBench(t, false, answers{})
		_, err := stepfn.NewHistories(b.store, b.Runner).History(t.Context(), "acc_2", b.x.ID)
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("err = %v, want NotFound", err)
		}
	})
	t.Run("ErrNonsense", func(t *testing.T) {
		b := newBench(t, false, answers{"GetExecutionHistory": fixed(map[string]any{"events": tell(t, "1 0 TaskScheduled")})})
		_, err := stepfn.NewHistories(b.store, b.Runner).History(t.Context(), b.x.Account, b.x.ID)
		if !fault.Is(err, fault.Internal) {
			t.Errorf("err = %v, want Internal", err)
		}
	})
}
