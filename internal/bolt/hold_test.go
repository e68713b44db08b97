package bolt

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/task"
)

func anAwaited() execution.Execution {
	return execution.Execution{
		ID: "exe_1", Account: "acc", Workflow: "wf_1", Status: execution.Running, StartedAt: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
		Express: true, Awaited: true, Input: []byte(`{}`),
	}
}

// begin starts an execution and makes a call of it.
func begin(t *testing.T, s *Store) {
	t.Helper()
	x := anAwaited()
	k := task.Key{Account: x.Account, Execution: x.ID, Node: "a"}
	if _, created, err := s.StartExecution(t.Context(), x); err != nil || !created {
		t.Fatalf("started: %v, %v", created, err)
	}
	if err := s.AppendHistory(x.Account, x.ID, asl.Event{Kind: asl.ExecutionStarted}); err != nil {
		t.Fatal(err)
	}
	if _, began, err := s.Begin(t.Context(), k, task.Record{State: task.Begun}); err != nil || !began {
		t.Fatalf("began: %v, %v", began, err)
	}
	if err := s.Put(t.Context(), k, task.Record{State: task.Done}); err != nil {
		t.Fatal(err)
	}
}

// finish ends it.
func finish(t *testing.T, s *Store, status execution.Status) {
	t.Helper()
	x := anAwaited()
	x.Status, x.StoppedAt = status, x.StartedAt.Add(time.Second)
	if err := s.FinishExecution(t.Context(), x); err != nil {
		t.Fatal(err)
	}
}

// wantOnDisk opens a copy of what is on disk at this moment, as after a crash.
func wantOnDisk(t *testing.T, s *Store, want execution.Execution, events int) {
	t.Helper()
	err := s.view(t.Context(), func(tx *bbolt.Tx) error {
		x, err := executionIn(tx, want.Account, want.ID)
		if err != nil {
			return err
		}
		mark := runningBucket.of(tx).Get(under(want.ID, want.Account))
		x.Awaited = len(mark) > 0 && mark[0] == awaitedMark[0]
		if x.Status != want.Status || x.Awaited != want.Awaited || (mark != nil) != (want.Status == execution.Running) {
			t.Errorf("it is %s, awaited %v, mark %v; want %s, %v", x.Status, x.Awaited, mark, want.Status, want.Awaited)
		}
		n := 0
		err = each(tx, historyBucket, prefix(want.Account, want.ID), func(_, _ []byte) error { n++; return nil })
		if n != events {
			t.Errorf("%d batches of events, want %d", n, events)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAwaitedIsWrittenBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, hold, commits := openHeld(t)
		begin(t, s) // none of this waits for a commit
		finish(t, s, execution.Succeeded)
		if h := s.holds.get("acc", "exe_1"); h == nil {
			t.Error("it is not held")
		}
		hold <- nil // by the clock of the bubble, linger later
		synctest.Wait()
		if *commits != 1 {
			t.Errorf("%d commits, want 1", *commits)
		}
		if h := s.holds.get("acc", "exe_1"); h != nil {
			t.Error("it is still held")
		}
		want := anAwaited()
		want.Status, want.Awaited = execution.Succeeded, false
		wantOnDisk(t, s, want, 1)
		closeStore(t, s)
	})
}

func TestAwaitedThatFailedIsOnDisk(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	begin(t, s)
	finish(t, s, execution.Failed)
	want := anAwaited()
	want.Status, want.Awaited = execution.Failed, false
	wantOnDisk(t, s, want, 1)
}

// TestAwaitedThatRuns looks at what is on disk while it does: enough to end it after
// a crash. Kept, or after the store was closed, it goes on like any other.
func TestAwaitedThatRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	begin(t, s)
	if err := s.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantOnDisk(t, s, anAwaited(), 1)
	closeStore(t, s)
	if s, err = Open(path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	want := anAwaited()
	want.Awaited = false
	wantOnDisk(t, s, want, 1)
}

func TestAwaitedThatIsKept(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	begin(t, s)
	if err := s.KeepExecution(t.Context(), "acc", "exe_1"); err != nil {
		t.Fatal(err)
	}
	want := anAwaited()
	want.Awaited = false
	wantOnDisk(t, s, want, 1)
	// From now on a call counts when its record is on disk.
	k := task.Key{Account: "acc", Execution: "exe_1", Node: "b"}
	if _, _, err := s.Begin(t.Context(), k, task.Record{State: task.Begun}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.recordOnDisk(t.Context(), k); err != nil || r.State != task.Begun {
		t.Errorf("the record is %+v, %v", r, err)
	}
	finish(t, s, execution.Succeeded)
	want.Status = execution.Succeeded
	wantOnDisk(t, s, want, 1)
}

func TestUnpackEvents(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)
	events := []asl.Event{{Kind: asl.StateEntered, At: at, Step: -1}, {Kind: asl.TaskSucceeded, At: at, Output: []byte(`{"a":1}`), Next: "B"}}
	value := packEvents(events)
	t.Run("ErrCutOff", func(t *testing.T) {
		one := len(packEvents(events[:1]))
		for n := 1; n < len(value); n++ {
			if _, err := unpackEvents(nil, value[:n]); (err == nil) != (n == one) {
				t.Errorf("of %d bytes, %d were read: %v", len(value), n, err)
			}
		}
	})
	t.Run("OfSchema1", func(t *testing.T) {
		old, err := pack(eventValue(events[1]), nil, events[1].Output, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := unpackEvents(events[:1:1], old)
		if err != nil || len(got) != 2 || got[1].Kind != asl.TaskSucceeded || !got[1].At.Equal(at) || string(got[1].Output) != `{"a":1}` || got[1].Next != "B" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
