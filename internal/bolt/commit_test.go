package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/agent"
	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
)

// openHeld opens a store whose commits wait for a token of hold, and counts them.
// It belongs into a synctest bubble, where synctest.Wait says that everybody waits.
func openHeld(t *testing.T) (s *Store, hold chan error, commits *int) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	hold, commits = make(chan error), new(int)
	s.update = func(f func(*bbolt.Tx) error) error {
		if err := <-hold; err != nil {
			return err
		}
		*commits++
		return s.db.Update(f)
	}
	return s, hold, commits
}

func anAgent(n int) agent.Agent {
	return agent.Agent{ID: fmt.Sprintf("agt_%04d", n), Account: "acc", Name: fmt.Sprint("Agent ", n)}
}

func closeStore(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
}

func TestWritesOfOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, hold, commits := openHeld(t)
		first := make(chan error, 1)
		go func() { first <- s.CreateAgent(t.Context(), anAgent(0)) }()
		synctest.Wait() // the first is being committed; the others gather

		errs := make([]error, 20)
		var wg sync.WaitGroup
		for n := range errs {
			wg.Go(func() { errs[n] = s.CreateAgent(t.Context(), anAgent(n/2)) })
			synctest.Wait() // one after the other: their order is known
		}
		hold <- nil
		hold <- nil
		wg.Wait()
		if err := <-first; err != nil {
			t.Errorf("the first: %v", err)
		}
		for n, err := range errs {
			switch {
			case n < 2 || n%2 == 1: // agent 0 was there; each other one is created once
				if !fault.Is(err, fault.Conflict) {
					t.Errorf("write %d: %v, want a conflict with the one before it", n, err)
				}
			case err != nil:
				t.Errorf("write %d was spoiled by another: %v", n, err)
			}
		}
		if *commits != 2 {
			t.Errorf("%d commits, want 2", *commits)
		}
		for n := range 10 {
			if a, err := s.Agent(t.Context(), "acc", anAgent(n).ID); err != nil || a.Name != anAgent(n).Name {
				t.Errorf("agent %d: %+v, %v", n, a, err)
			}
		}
		closeStore(t, s)
	})
}

// A change that stages one edit and then fails must leave nothing of itself.
func TestFailedWriteLeavesNothing(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	refusal := fault.New(fault.Conflict, "No.")
	tests := map[string]struct {
		apply func(*change) error
		want  fault.Code
	}{
		"ErrOfItsOwn": {func(c *change) error {
			c.mark(runningBucket, []byte("one"))
			return refusal
		}, fault.Conflict},
		"ErrKeyTooLong": {func(c *change) error {
			c.mark(runningBucket, []byte("one"))
			c.mark(runningBucket, make([]byte, bbolt.MaxKeySize+1))
			return nil
		}, fault.ValidationFailed},
		"ErrNotJSON": {func(c *change) error {
			c.mark(runningBucket, []byte("one"))
			c.store(runningBucket, []byte("two"), func() {})
			return nil
		}, fault.Internal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := s.do(t.Context(), 0, tt.apply); fault.Of(err).Code != tt.want {
				t.Errorf("do = %v, want %s", err, tt.want)
			}
			if err := s.do(t.Context(), 0, func(c *change) error {
				if c.has(runningBucket, []byte("one")) {
					t.Error("its first edit was made")
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWriteWithoutEditsNeedsNoCommit(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	before := txID(t, s)
	for range 3 {
		if err := s.do(t.Context(), 0, func(*change) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if after := txID(t, s); after != before {
		t.Errorf("%d commits", after-before)
	}
}

func txID(t *testing.T, s *Store) (id int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

// running stores an execution for events to belong to.
func running(t *testing.T, s *Store) {
	t.Helper()
	if _, _, err := s.StartExecution(t.Context(), execution.Execution{ID: "exe_1", Account: "acc"}); err != nil {
		t.Fatal(err)
	}
}

func TestHistoryReachesTheDiskThoughNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		running(t, s)
		before := txID(t, s)
		for n := range 10 {
			if err := s.AppendHistory("acc", "exe_1", asl.Event{Step: n}); err != nil {
				t.Fatal(err)
			}
		}
		if !s.queue.allSettled() {
			time.Sleep(linger)
			synctest.Wait()
		}
		if after := txID(t, s); after != before+1 || !s.queue.allSettled() {
			t.Errorf("%d commits, all settled %v; want one commit for all", after-before, s.queue.allSettled())
		}
		closeStore(t, s)
	})
}

func TestCloseCommitsWhatIsQueued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	running(t, s)
	for n := range 100 {
		if err := s.AppendHistory("acc", "exe_1", asl.Event{Step: n}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time changes nothing
		closeStore(t, s)
	}
	if s, err = Open(path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if events, err := s.History(t.Context(), "acc", "exe_1"); err != nil || len(events) != 100 {
		t.Errorf("%d events, %v; want 100", len(events), err)
	}
}

func TestClosedStoreIsUnavailable(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	_, readErr := s.Agent(t.Context(), "acc", "agt_1")
	_, historyErr := s.History(t.Context(), "acc", "exe_1")
	for name, err := range map[string]error{
		"CreateAgent": s.CreateAgent(t.Context(), anAgent(1)), "Agent": readErr, "History": historyErr,
		"AppendHistory": s.AppendHistory("acc", "exe_1", asl.Event{}), "Snapshot": s.Snapshot(&bytes.Buffer{}),
	} {
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s = %v, want %s", name, err, fault.Unavailable)
		}
	}
}

func TestFullQueueHoldsItsWriters(t *testing.T) {
	event := asl.Event{Input: bytes.Repeat([]byte{'1'}, 1000)}
	tests := map[string]struct {
		events          int // of each write
		atLeast, atMost int // so many writes fit
	}{
		"ByCount": {1, maxQueuedWrites, maxQueuedWrites},
		"ByBytes": {100, maxQueuedBytes / 120_000, maxQueuedBytes / 100_000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, hold, _ := openHeld(t)
				go func() { _ = s.CreateAgent(t.Context(), anAgent(1)) }()
				synctest.Wait() // the queue is empty; its only write is being committed

				events := slices.Repeat([]asl.Event{event}, tt.events)
				added, blocked := 0, make(chan error)
				go func() {
					defer close(blocked)
					for range maxQueuedWrites + 10 {
						if err := s.AppendHistory("acc", "exe_1", events...); err != nil {
							blocked <- err
							return
						}
						added++
					}
				}()
				synctest.Wait()
				if added < tt.atLeast || added > tt.atMost {
					t.Errorf("%d writes before the queue was full, want %d to %d", added, tt.atLeast, tt.atMost)
				}
				close(hold)
				if err := <-blocked; err != nil || added != maxQueuedWrites+10 {
					t.Errorf("%d writes were queued in the end, %v", added, err)
				}
				closeStore(t, s)
			})
		})
	}
}

func TestFailedCommit(t *testing.T) {
	full := errors.New("file resize error: " + syscall.ENOSPC.Error()) // as bbolt has it: as text
	tests := map[string]struct {
		err  error
		want fault.Code
	}{
		"ErrFull":     {&errnoError{syscall.ENOSPC}, fault.StorageFull},
		"ErrFullText": {full, fault.StorageFull},
		"ErrQuota":    {&errnoError{syscall.EDQUOT}, fault.StorageFull},
		"ErrDisk":     {&errnoError{syscall.EIO}, fault.Internal},
		"ErrWhatever": {errors.New("password=hunter2"), fault.Internal},
		"ErrTooLarge": {&errnoError{syscall.EFBIG}, fault.StorageFull},
		"ErrReadOnly": {&errnoError{syscall.EROFS}, fault.Internal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { testFailedCommit(t, tt.err, tt.want) }) })
	}
}

type errnoError struct{ errno syscall.Errno }

func (e *errnoError) Error() string { return "write db: " + e.errno.Error() }
func (e *errnoError) Unwrap() error { return e.errno }

func testFailedCommit(t *testing.T, cause error, want fault.Code) {
	s, hold, _ := openHeld(t)
	var log bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	wantRefused := func(what string, err error) {
		t.Helper()
		f := fault.Of(err)
		if f == nil || f.Code != want || f.Hint == "" || strings.Contains(f.Message+f.Hint, cause.Error()) {
			t.Errorf("%s = %+v, want %s with a hint and without the cause", what, f, want)
		}
	}
	go func() { hold <- nil }()
	running(t, s)

	var errs [3]error
	var wg sync.WaitGroup
	for n := range errs {
		wg.Go(func() { errs[n] = s.CreateAgent(t.Context(), anAgent(n)) })
	}
	synctest.Wait() // some are being committed, some queued
	if err := s.AppendHistory("acc", "exe_1", asl.Event{}); err != nil {
		t.Errorf("queueing an event: %v", err)
	}
	hold <- cause // fails all, also those that were only queued
	wg.Wait()
	for n, err := range errs {
		wantRefused(fmt.Sprint("write ", n), err)
	}
	wantRefused("a later write", s.CreateAgent(t.Context(), anAgent(9)))
	wantRefused("a later event", s.AppendHistory("acc", "exe_1", asl.Event{}))
	if x, err := s.Execution(t.Context(), "acc", "exe_1"); err != nil || x.ID != "exe_1" {
		t.Errorf("reading = %+v, %v", x, err)
	}
	if events, err := s.History(t.Context(), "acc", "exe_1"); err != nil || len(events) != 0 {
		t.Errorf("History = %v, %v; want none", events, err)
	}
	path := s.db.Path()
	closeStore(t, s)
	if !strings.Contains(log.String(), cause.Error()) {
		t.Errorf("the log does not say why: %s", log.String())
	}

	again, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.CreateAgent(t.Context(), anAgent(0)); err != nil {
		t.Errorf("writing after it was opened again: %v", err)
	}
	closeStore(t, again)
}
