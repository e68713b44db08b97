package bolt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/asl"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/task"
)

// life stores an execution with a history and records; a zero end leaves it running.
func life(t *testing.T, s *bolt.Store, id string, start, end time.Time, events int) {
	t.Helper()
	x := execution.Execution{
		ID: id, Account: "acc", Workflow: "wf", StartedAt: start, IdempotencyKey: "key of " + id, Input: json.RawMessage(`{}`),
	}
	if _, _, err := s.StartExecution(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	for n := range events {
		if err := s.AppendHistory("acc", id, asl.Event{Kind: asl.StateEntered, Step: n}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		k := task.Key{Account: "acc", Execution: id, Node: fmt.Sprint("n", n)}
		if err := s.Put(t.Context(), k, task.Record{State: task.Done}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutValue(t.Context(), "acc", id, "val_1", json.RawMessage(`1`)); err != nil {
		t.Fatal(err)
	}
	if !end.IsZero() {
		x.Status, x.StoppedAt = execution.Succeeded, end
		if err := s.FinishExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
}

func startNew(t *testing.T, s *bolt.Store, x execution.Execution) {
	t.Helper()
	if _, created, err := s.StartExecution(t.Context(), x); err != nil || !created {
		t.Fatalf("starting %s: created %v, %v", x.ID, created, err)
	}
}

func sweep(t *testing.T, s *bolt.Store, before time.Time, want int) {
	t.Helper()
	if n, err := s.Sweep(t.Context(), before); err != nil || n != want {
		t.Errorf("Sweep = %d, %v; want %d", n, err, want)
	}
}

func wantExecutions(t *testing.T, s *bolt.Store, ids ...string) {
	t.Helper()
	for _, f := range []execution.Filter{{}, {Workflow: "wf"}} {
		p, err := s.Executions(t.Context(), "acc", f, page.Query{Limit: page.MaxLimit})
		if err != nil {
			t.Error(err)
		}
		got := []string{}
		for _, x := range p.Items {
			got = append(got, x.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(ids) {
			t.Errorf("executions %v, want %v", got, ids)
		}
	}
}

func TestSweep(t *testing.T) {
	c := newClock()
	now := c.Now()
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	t.Run("OldOnesWithAllTheyHave", func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "db"), bolt.Options{Now: c.Now})
		life(t, s, "exe_1", day(-9), day(-8), 5)
		life(t, s, "exe_2", day(-9), day(-2), 5) // old, but ended late
		life(t, s, "exe_3", day(-9), time.Time{}, 5)
		life(t, s, "exe_4", day(-6), day(-5), 0)
		sweep(t, s, day(-4), 2)
		wantExecutions(t, s, "exe_3", "exe_2")
		for _, id := range []string{"exe_1", "exe_4"} {
			_, err := s.Execution(t.Context(), "acc", id)
			_, historyErr := s.History(t.Context(), "acc", id)
			if !fault.Is(err, fault.NotFound) || !fault.Is(historyErr, fault.NotFound) {
				t.Errorf("%s: %v, history: %v; want neither", id, err, historyErr)
			}
			if records, err := s.RecordsOf(t.Context(), "acc", id); err != nil || len(records) > 0 {
				t.Errorf("records of %s: %v, %v", id, records, err)
			}
		}
		if events, err := s.History(t.Context(), "acc", "exe_2"); err != nil || len(events) != 5 {
			t.Errorf("%d events of exe_2, %v", len(events), err)
		}
		if records, err := s.RecordsOf(t.Context(), "acc", "exe_3"); err != nil || len(records) != 3 {
			t.Errorf("%d records of exe_3, %v", len(records), err)
		}
		sweep(t, s, day(-4), 0)
		// Its idempotency key is free again.
		life(t, s, "exe_1", day(-1), time.Time{}, 0)
		wantExecutions(t, s, "exe_1", "exe_3", "exe_2")
	})
	t.Run("NotTheKeyOfALaterOne", func(t *testing.T) {
		c := newClock()
		s := open(t, filepath.Join(t.TempDir(), "db"), bolt.Options{Now: c.Now})
		x := execution.Execution{ID: "exe_1", Account: "acc", Workflow: "wf", StartedAt: c.Now(), IdempotencyKey: "order"}
		startNew(t, s, x)
		x.Status, x.StoppedAt = execution.Succeeded, c.Now()
		if err := s.FinishExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		c.Advance(31 * 24 * time.Hour)
		x.ID = "exe_2"
		startNew(t, s, x)
		sweep(t, s, c.Now(), 1)
		x.ID = "exe_3"
		if stored, created, err := s.StartExecution(t.Context(), x); err != nil || created || stored.ID != "exe_2" {
			t.Errorf("StartExecution = %s, %v, %v; want exe_2, which has the key", stored.ID, created, err)
		}
	})
	t.Run("LeavesNothingInTheFile", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		s := open(t, path, bolt.Options{Now: c.Now})
		// More than one transaction of a sweep takes, in one execution and over many.
		life(t, s, "exe_big", day(-9), day(-8), 2500)
		for n := range 50 {
			life(t, s, fmt.Sprint("exe_", n), day(-9), day(-8).Add(time.Duration(n)), 50)
		}
		sweep(t, s, now, 51)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for bucket, n := range keyCounts(t, path) {
			if want := map[string]int{"meta": 1}[bucket]; n != want {
				t.Errorf("%d keys in %s, want %d", n, bucket, want)
			}
		}
	})
	t.Run("EventsThatComeTooLateAreDropped", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		s := open(t, path, bolt.Options{Now: c.Now})
		life(t, s, "exe_1", day(-9), day(-8), 1)
		sweep(t, s, now, 1)
		if err := s.AppendHistory("acc", "exe_1", asl.Event{Kind: asl.StateExited}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if n := keyCounts(t, path)["history"]; n != 0 {
			t.Errorf("%d events are left", n)
		}
	})
	t.Run("RecordsPastTheirTime", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "db")
		c := newClock()
		s := open(t, path, bolt.Options{Now: c.Now})
		life(t, s, "exe_1", day(-1), time.Time{}, 0) // 3 records
		c.Advance(20 * 24 * time.Hour)
		life(t, s, "exe_2", day(19), time.Time{}, 0)
		c.Advance(10*24*time.Hour + time.Second)
		sweep(t, s, day(-100), 0)
		wantExecutions(t, s, "exe_2", "exe_1")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if n := keyCounts(t, path)["records"]; n != 3 {
			t.Errorf("%d records, want the 3 of exe_2", n)
		}
	})
	t.Run("ValuesThatBelongToNoExecution", func(t *testing.T) {
		c := newClock()
		s := open(t, filepath.Join(t.TempDir(), "db"), bolt.Options{Now: c.Now})
		life(t, s, "exe_1", day(-1), time.Time{}, 0)
		if err := s.PutValue(t.Context(), "acc", "test_1", "val_1", json.RawMessage(`1`)); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{1, 0} { // of the test's values, before and after 30 days
			sweep(t, s, day(-100), 0)
			tests, err := s.Values(t.Context(), "acc", "test_1", []string{"val_1"})
			if err != nil || len(tests) != want {
				t.Errorf("%d values of the test, %v; want %d", len(tests), err, want)
			}
			if own, err := s.Values(t.Context(), "acc", "exe_1", []string{"val_1"}); err != nil || len(own) != 1 {
				t.Errorf("%d values of what runs, %v; want 1", len(own), err)
			}
			c.Advance(31 * 24 * time.Hour)
		}
	})
	t.Run("ErrCancelled", func(t *testing.T) {
		s := openNew(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Sweep(ctx, now); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Sweep = %v, want %s", err, fault.Unavailable)
		}
	})
}

// keyCounts looks into a closed file.
func keyCounts(t *testing.T, path string) map[string]int {
	t.Helper()
	db, err := bbolt.Open(path, os.FileMode(0o600), &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			counts[string(name)] = b.Stats().KeyN
			return nil
		})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return counts
}
