package bolt_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/task"
)

var (
	someInput  = json.RawMessage(`{"channel":"#orders","text":"Order 4711: 1200 EUR","blocks":[{"type":"section"}]}`)
	someOutput = json.RawMessage(`{"ok":true,"ts":"1700000000.000100","channel":"C024BE91L"}`)
)

// inParallel runs b.N rounds on so many goroutines, whatever the processors.
func inParallel(b *testing.B, goroutines int, round func(worker, n int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for worker := range goroutines {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				if err := round(worker, n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkBegin is one durable small write.
func BenchmarkBegin(b *testing.B) {
	for _, goroutines := range []int{1, 32} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			s := openNew(b)
			inParallel(b, goroutines, func(worker, n int) error {
				k := task.Key{Account: "acc_local", Execution: fmt.Sprintf("exe_%032d", worker), Node: "notify", Iteration: fmt.Sprint(n)}
				_, _, err := s.Begin(b.Context(), k, task.Record{State: task.Begun, Input: someInput, StartedAt: time.Now()})
				return err
			})
		})
	}
}

// BenchmarkStep is what one action node of a running execution writes: the events
// around it, and its once-only record twice.
func BenchmarkStep(b *testing.B) {
	for _, goroutines := range []int{1, 32} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			s := openNew(b)
			for worker := range goroutines {
				startOne(b, s, worker)
			}
			inParallel(b, goroutines, func(worker, n int) error { return step(b, s, worker, n) })
		})
	}
}

func startOne(b *testing.B, s *bolt.Store, n int) execution.Execution {
	b.Helper()
	x := execution.Execution{
		ID: fmt.Sprintf("exe_%032d", n), Account: "acc_local", Workflow: "wf_0198f2c4a1b27d3e8f90123456789abc",
		StartedAt: time.Now(), StartedBy: "owner", Input: someInput,
	}
	if _, _, err := s.StartExecution(b.Context(), x); err != nil {
		b.Fatal(err)
	}
	return x
}

func step(b *testing.B, s *bolt.Store, worker, n int) error {
	id := fmt.Sprintf("exe_%032d", worker)
	event := func(kind asl.EventKind) asl.Event {
		return asl.Event{Kind: kind, At: time.Now(), Step: n, State: "Notify the team"}
	}
	scheduled, succeeded := event(asl.TaskScheduled), event(asl.TaskSucceeded)
	scheduled.Input, succeeded.Output = someInput, someOutput
	if err := s.AppendHistory("acc_local", id, event(asl.StateEntered), scheduled); err != nil {
		return err
	}
	k := task.Key{Account: "acc_local", Execution: id, Node: "notify", Iteration: fmt.Sprint(n)}
	r := task.Record{State: task.Begun, Input: someInput, StartedAt: time.Now()}
	if _, _, err := s.Begin(b.Context(), k, r); err != nil {
		return err
	}
	r.State, r.Output = task.Done, someOutput
	if err := s.Put(b.Context(), k, r); err != nil {
		return err
	}
	return s.AppendHistory("acc_local", id, succeeded, event(asl.StateExited))
}

// BenchmarkExecution starts an execution and ends it.
func BenchmarkExecution(b *testing.B) {
	s := openNew(b)
	inParallel(b, 32, func(_, n int) error {
		x := startOne(b, s, n)
		x.Status, x.StoppedAt, x.Output = execution.Succeeded, time.Now(), someOutput
		return s.FinishExecution(b.Context(), x)
	})
}

// BenchmarkRecord is one small read.
func BenchmarkRecord(b *testing.B) {
	s := openNew(b)
	k := task.Key{Account: "acc_local", Execution: "exe_1", Node: "notify"}
	if err := s.Put(b.Context(), k, task.Record{State: task.Done, Input: someInput, Output: someOutput}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Record(b.Context(), k); err != nil {
			b.Fatal(err)
		}
	}
}
