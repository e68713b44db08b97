package execution_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/execution"
	"switchboard/internal/task"
)

func TestRecorded(t *testing.T) {
	record := func(state task.RecordState, second int, reason string) task.Record {
		r := task.Record{State: state, Input: raw(`{"text":"hi"}`), StartedAt: began.Add(time.Duration(second) * time.Second), Reason: reason}
		if state == task.Done {
			r.Output = raw(`{"ok":true}`)
		}
		return r
	}
	const in, out = `{"text":"hi"}`, `{"ok":true}`
	failed := &execution.Error{Name: "Connector.AuthFailed", Message: "No entry.", Hint: "Log in."}
	for name, c := range map[string]struct {
		status  execution.Status
		err     *execution.Error
		records map[task.Key]task.Record
		want    []shown
	}{
		"Done": {
			status: execution.Succeeded, records: map[task.Key]task.Record{{Node: "b"}: record(task.Done, 2, ""), {Node: "a"}: record(task.Done, 1, "")},
			want: []shown{{ID: "a", Status: "succeeded", Input: in, Output: out}, {ID: "b", Status: "succeeded", Input: in, Output: out}},
		},
		"TheOneThatFailed": {
			status: execution.Failed, err: failed, records: map[task.Key]task.Record{{Node: "a"}: record(task.Done, 1, ""), {Node: "b"}: record(task.Released, 2, "")},
			want: []shown{{ID: "a", Status: "succeeded", Input: in, Output: out}, {ID: "b", Status: "failed", Input: in, Error: "Connector.AuthFailed: No entry./Log in."}},
		},
		"OneOfSeveralThatFailed": {
			status: execution.Failed, err: failed, records: map[task.Key]task.Record{{Node: "a"}: record(task.Begun, 1, "It was cut off."), {Node: "b"}: record(task.Released, 2, "")},
			want: []shown{
				{ID: "a", Status: "failed", Input: in, Error: "Connector.Uncertain: It was cut off./"},
				{ID: "b", Status: "failed", Input: in, Error: "Connector.Failed: The service did not do it./"},
			},
		},
		"FailedAndGoneOnFrom": {
			status: execution.Succeeded, records: map[task.Key]task.Record{{Node: "a"}: record(task.Released, 1, "")},
			want: []shown{{ID: "a", Status: "failed", Input: in, Error: "Connector.Failed: The service did not do it./"}},
		},
		"CutOff": {
			status: execution.TimedOut, records: map[task.Key]task.Record{{Node: "a"}: record(task.Begun, 1, "")},
			want: []shown{{ID: "a", Status: "stopped", Input: in, Seconds: 9}},
		},
		"StillRunning": {
			status: execution.Running, records: map[task.Key]task.Record{{Node: "a"}: record(task.Begun, 1, ""), {Node: "b"}: record(task.Released, 2, "")},
			want: []shown{{ID: "a", Status: "running", Input: in}, {ID: "b", Status: "running", Input: in}},
		},
		"Iterations": {
			status: execution.Succeeded, records: map[task.Key]task.Record{{Node: "in", Iteration: "1"}: record(task.Done, 2, ""), {Node: "in", Iteration: "0"}: record(task.Released, 1, "")},
			want: []shown{{ID: "in", Status: "failed", Error: "Connector.Failed: The service did not do it./"}},
		},
		"None": {status: execution.Succeeded},
	} {
		t.Run(name, func(t *testing.T) {
			x := execution.Execution{Status: c.status, Error: c.err, Express: true}
			if c.status != execution.Running {
				x.StoppedAt = began.Add(10 * time.Second)
			}
			runs := execution.Recorded(x, c.records)
			if diff := cmp.Diff(c.want, show(runs)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
			if name == "Iterations" && (len(runs[0].Iterations) != 2 || runs[0].Iterations[0].Path != "0") {
				t.Errorf("iterations %+v", runs[0].Iterations)
			}
		})
	}
}
