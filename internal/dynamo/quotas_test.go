package dynamo_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/dynamo"
	"switchboard/internal/execution"
)

func TestTakeStarts(t *testing.T) {
	s := openNew(t, dynamo.Options{})
	minute := time.Now().Truncate(time.Minute)
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 10 { // processes
		wg.Go(func() {
			for range 6 {
				ok, err := s.TakeStarts(t.Context(), "acc_1", minute, 2, 100)
				if err != nil {
					t.Error(err)
				}
				if ok {
					taken.Add(2)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() != 100 {
		t.Errorf("%d starts were taken of 120 that were tried, want the limit of 100", taken.Load())
	}
	for name, c := range map[string]struct {
		account  string
		minute   time.Time
		n, limit int
		want     bool
	}{
		"MinuteIsSpent":  {"acc_1", minute, 1, 100, false},
		"HigherLimit":    {"acc_1", minute, 1, 101, true},
		"AnotherMinute":  {"acc_1", minute.Add(time.Minute), 1, 100, true},
		"AnotherAccount": {"acc_12", minute, 100, 100, true},
		"MoreThanThere":  {"acc_3", minute, 101, 100, false},
	} {
		t.Run(name, func(t *testing.T) {
			ok, err := s.TakeStarts(t.Context(), c.account, c.minute, c.n, c.limit)
			if err != nil || ok != c.want {
				t.Errorf("taken = %v, %v; want %v", ok, err, c.want)
			}
		})
	}
}

func TestCountRunning(t *testing.T) {
	s := openNew(t, dynamo.Options{})
	start := func(account, id string) execution.Execution {
		x := execution.Execution{ID: id, Account: account, Workflow: "wf_1", Status: execution.Running, StartedAt: time.Now(), Input: []byte(`{}`)}
		if _, _, err := s.StartExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	first := start("acc_1", "exe_1")
	start("acc_1", "exe_2")
	start("acc_1", "exe_3")
	start("acc_12", "exe_4")
	first.Status, first.StoppedAt = execution.Succeeded, time.Now()
	if err := s.FinishExecution(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		account     string
		limit, want int
	}{{"acc_1", 10, 2}, {"acc_1", 1, 1}, {"acc_12", 10, 1}, {"acc_2", 10, 0}} {
		if n, err := s.CountRunning(t.Context(), c.account, c.limit); err != nil || n != c.want {
			t.Errorf("%s up to %d: %d, %v; want %d", c.account, c.limit, n, err, c.want)
		}
	}
}
