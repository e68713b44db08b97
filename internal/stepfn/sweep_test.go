package stepfn_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/stepfn"
)

// start stores another execution of the bench's version, which began that long ago.
func (b *bench) start(t *testing.T, id string, ago time.Duration) {
	t.Helper()
	x := started(b.v, id, `{"trigger":{"input":{}}}`)
	x.StartedAt = x.StartedAt.Add(-ago)
	if _, _, err := b.store.StartExecution(t.Context(), x); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) statusOf(t *testing.T, id string) execution.Status {
	t.Helper()
	x, err := b.store.Execution(t.Context(), b.x.Account, id)
	if err != nil {
		t.Fatal(err)
	}
	return x.Status
}

func TestSweep(t *testing.T) {
	// describing answers by what the execution is called.
	describing := func(in map[string]any) any {
		arn, _ := in["executionArn"].(string)
		out := map[string]any{"executionArn": arn, "stateMachineArn": "m", "startDate": 1, "input": `{"trigger":{"input":{}}}`}
		switch {
		case strings.Contains(arn, "exe_over"):
			out["status"], out["output"], out["stopDate"] = "SUCCEEDED", "{}", 2
		case strings.Contains(arn, "exe_lost"):
			return refusal{code: "ExecutionDoesNotExist"}
		case strings.Contains(arn, "exe_denied"):
			return refusal{code: "AccessDeniedException"}
		default:
			out["status"] = "RUNNING"
		}
		return out
	}
	t.Run("OK", func(t *testing.T) {
		var launched []any
		b := newBench(t, false, answers{"DescribeExecution": describing, "StartExecution": func(in map[string]any) any {
			launched = append(launched, in["name"])
			return map[string]any{"executionArn": "e", "startDate": 1}
		}})
		b.start(t, "exe_over", time.Hour)
		b.start(t, "exe_over_just_now", 0) // its event is on the way
		b.start(t, "exe_lost", time.Hour)
		b.start(t, "exe_goes_on", 300*24*time.Hour)
		swept, err := b.Sweep(t.Context(), b.store)
		if err != nil || swept != (stepfn.Swept{Asked: 3, Ended: 1}) {
			t.Errorf("swept %+v, %v", swept, err)
		}
		for id, want := range map[string]execution.Status{
			"exe_over": execution.Succeeded, "exe_over_just_now": execution.Running, "exe_lost": execution.Running, "exe_goes_on": execution.Running,
		} {
			if got := b.statusOf(t, id); got != want {
				t.Errorf("%s is %s, want %s", id, got, want)
			}
		}
		if fmt.Sprint(launched) != "[exe_lost]" {
			t.Errorf("launched %v, want the one that never was", launched)
		}
	})
	t.Run("Express", func(t *testing.T) {
		b := newBench(t, true, answers{})
		b.start(t, "exe_cut_off", time.Hour)
		b.start(t, "exe_answering", 3*time.Minute)
		if swept, err := b.Sweep(t.Context(), b.store); err != nil || swept.Ended != 1 || b.statusOf(t, "exe_cut_off") != execution.TimedOut {
			t.Errorf("swept %+v, %v", swept, err)
		}
	})
	t.Run("LeavesARedriveAlone", func(t *testing.T) {
		// The store has reopened it; Step Functions still tells of the end before that.
		now := time.Now()
		b := newBench(t, false, answers{"DescribeExecution": func(map[string]any) any {
			return map[string]any{"executionArn": "e", "stateMachineArn": "m", "startDate": 1, "stopDate": 2, "status": "TIMED_OUT"}
		}}, func(c *stepfn.RunConfig) { c.Now = func() time.Time { return now } })
		b.start(t, "exe_again", time.Hour)
		x, err := b.store.Execution(t.Context(), b.x.Account, "exe_again")
		if err != nil {
			t.Fatal(err)
		}
		x.Status, x.StoppedAt = execution.TimedOut, now
		if err := b.store.FinishExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		if _, err := b.store.ReopenExecution(t.Context(), x.Account, x.ID, asl.Event{Kind: asl.ExecutionRedriven, At: now.UTC()}); err != nil {
			t.Fatal(err)
		}
		if swept, err := b.Sweep(t.Context(), b.store); err != nil || swept.Ended != 0 || b.statusOf(t, x.ID) != execution.Running {
			t.Errorf("swept %+v, %v", swept, err)
		}
		now = now.Add(time.Hour) // the redrive never got there
		if swept, err := b.Sweep(t.Context(), b.store); err != nil || b.statusOf(t, x.ID) != execution.TimedOut {
			t.Errorf("swept %+v, %v", swept, err)
		}
	})
	t.Run("NothingRuns", func(t *testing.T) {
		b := newBench(t, false, answers{})
		if swept, err := b.Sweep(t.Context(), b.store); err != nil || swept.Asked != 0 {
			t.Errorf("swept %+v, %v", swept, err)
		}
	})
	t.Run("ErrOneOfThem", func(t *testing.T) {
		b := newBench(t, false, answers{"DescribeExecution": describing})
		for i := range 20 {
			b.start(t, fmt.Sprint("exe_over_", i), time.Hour)
		}
		b.start(t, "exe_denied", time.Hour)
		swept, err := b.Sweep(t.Context(), b.store)
		if !fault.Is(err, fault.Internal) || !strings.Contains(err.Error(), "exe_denied") || swept.Ended != 20 {
			t.Errorf("swept %+v, %v", swept, err)
		}
	})
	t.Run("EndsWithItsTime", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := newBench(t, false, answers{"DescribeExecution": func(in map[string]any) any {
			cancel()
			return describing(in)
		}})
		for i := range 50 {
			b.start(t, fmt.Sprint("exe_over_", i), time.Hour)
		}
		if swept, err := b.Sweep(ctx, b.store); err != nil || swept.Asked == 0 || swept.Asked > 10 {
			t.Errorf("swept %+v, %v, want it to leave the rest to the next", swept, err)
		}
	})
}
