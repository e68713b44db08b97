package local

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// stage is a runner on a store, without connectors.
type stage struct {
	*Runner
	store *bolt.Store
	ends  *telling
}

// telling is a store whose ends are told.
type telling struct {
	*bolt.Store
	tell func() // nil is nothing
}

func (e *telling) FinishExecution(ctx context.Context, x execution.Execution) error {
	err := e.Store.FinishExecution(ctx, x)
	if e.tell != nil {
		e.tell()
	}
	return err
}

func newStage(t *testing.T) *stage {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{store: store, ends: &telling{Store: store}}
	s.Runner = NewRunner(s.ends, nil, slog.New(slog.DiscardHandler), time.Now)
	t.Cleanup(func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// naps is a version that does nothing for an hour.
func naps() workflow.Version {
	return workflow.Version{
		Account: "acc", Workflow: "wf_1", Number: 1, SourceMap: []byte(`{}`),
		Definition: []byte(`{"QueryLanguage":"JSONata","StartAt":"Nap","States":{"Nap":{"Type":"Wait","Seconds":3600,"End":true}}}`),
	}
}

func (s *stage) started(t *testing.T, x execution.Execution) execution.Execution {
	t.Helper()
	x.Account, x.Workflow, x.Version, x.StartedAt, x.Input = "acc", "wf_1", 1, time.Now(), []byte(`{}`)
	stored, _, err := s.store.StartExecution(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// wantStopped says that an execution is stopped, and that nothing of it runs.
func (s *stage) wantStopped(t *testing.T, id string) {
	t.Helper()
	x, err := s.store.Execution(t.Context(), "acc", id)
	if err != nil || x.Status != execution.Stopped {
		t.Errorf("the execution is %s (%v), want it stopped", x.Status, err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := s.Wait(soon, x); err != nil {
		t.Errorf("it runs on: %v", err)
	}
	if n, err := s.CountRunning(t.Context(), "acc", 10); n != 0 || err != nil {
		t.Errorf("%d run (%v), want none", n, err)
	}
}

// TestStoppedBeforeItRuns stops an execution that is stored and about to run: between
// the two, it is found in lists.
func TestStoppedBeforeItRuns(t *testing.T) {
	t.Run("Launch", func(t *testing.T) {
		s := newStage(t)
		x := s.started(t, execution.Execution{ID: "exe_1"})
		if err := s.Stop(t.Context(), x, ""); err != nil {
			t.Fatal(err)
		}
		if err := s.Launch(t.Context(), x, naps()); err != nil {
			t.Fatal(err)
		}
		s.wantStopped(t, "exe_1")
	})
	t.Run("Redrive", func(t *testing.T) {
		s := newStage(t)
		x := s.started(t, execution.Execution{ID: "exe_1"})
		for range 2 { // the second one is of an execution that was stopped before it ran
			x.Status, x.StoppedAt = execution.Failed, time.Now()
			if err := s.store.FinishExecution(t.Context(), x); err != nil && !fault.Is(err, fault.AlreadyEnded) {
				t.Fatal(err)
			}
			reopened, err := s.store.ReopenExecution(t.Context(), "acc", "exe_1", asl.Event{Kind: asl.ExecutionRedriven, At: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Stop(t.Context(), reopened, ""); err != nil {
				t.Fatal(err)
			}
			if err := s.Redrive(t.Context(), reopened, naps()); err != nil {
				t.Fatal(err)
			}
			s.wantStopped(t, "exe_1")
		}
		// And what nobody stops runs.
		reopened, err := s.store.ReopenExecution(t.Context(), "acc", "exe_1", asl.Event{Kind: asl.ExecutionRedriven, At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Redrive(t.Context(), reopened, naps()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond) // in which it would end, were it taken for stopped
		if n, err := s.CountRunning(t.Context(), "acc", 10); n != 1 || err != nil {
			t.Errorf("%d run (%v), want 1", n, err)
		}
	})
}

// TestRedrivenWhileItsEndIsTold redrives an execution whose end is stored, and of which
// others are just being told.
func TestRedrivenWhileItsEndIsTold(t *testing.T) {
	s := newStage(t)
	told, release := make(chan struct{}), make(chan struct{})
	var first sync.Once
	s.ends.tell = func() {
		first.Do(func() {
			close(told)
			<-release
		})
	}
	x := s.started(t, execution.Execution{ID: "exe_1"})
	if err := s.Launch(t.Context(), x, naps()); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop(t.Context(), x, "") }()
	<-told
	reopened, err := s.store.ReopenExecution(t.Context(), "acc", "exe_1", asl.Event{Kind: asl.ExecutionRedriven, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Redrive(t.Context(), reopened, naps()); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if n, err := s.CountRunning(t.Context(), "acc", 10); n != 1 || err != nil {
		t.Fatalf("%d run (%v) after the redrive, want 1", n, err)
	}
	if err := s.Stop(t.Context(), reopened, ""); err != nil {
		t.Fatal(err)
	}
	s.wantStopped(t, "exe_1")
}

// versions has one version.
type versions struct{ one workflow.Version }

func (versions) Workflow(context.Context, string, string) (workflow.Workflow, error) {
	return workflow.Workflow{}, fault.NotFoundf("There is no workflow.")
}

func (v versions) Version(context.Context, string, string, int) (workflow.Version, error) {
	return v.one, nil
}

// TestResumeOfWhatHasLostItsParent cuts the process off between the end of an execution
// and that of the one which it ran.
func TestResumeOfWhatHasLostItsParent(t *testing.T) {
	for name, c := range map[string]struct {
		parent   execution.Status
		redriven bool // by itself, after its parent's end
		runs     bool
	}{
		"Stopped":        {parent: execution.Stopped},
		"Failed":         {parent: execution.Failed},
		"OKRedriven":     {parent: execution.Stopped, redriven: true, runs: true},
		"OKParentIsDone": {parent: execution.Succeeded, runs: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			parent := s.started(t, execution.Execution{ID: "exe_1"})
			child := s.started(t, execution.Execution{ID: "exe_2", Parent: &execution.Parent{Execution: "exe_1", Node: "call", Depth: 1}})
			parent.Status, parent.StoppedAt = c.parent, time.Now()
			if err := s.store.FinishExecution(t.Context(), parent); err != nil {
				t.Fatal(err)
			}
			if c.redriven {
				child.Status, child.StoppedAt = execution.Stopped, time.Now()
				if err := s.store.FinishExecution(t.Context(), child); err != nil {
					t.Fatal(err)
				}
				if _, err := s.store.ReopenExecution(t.Context(), "acc", "exe_2", asl.Event{Kind: asl.ExecutionRedriven, At: time.Now().Add(time.Millisecond)}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Resume(t.Context(), versions{naps()}, nil); err != nil {
				t.Fatal(err)
			}
			if !c.runs {
				s.wantStopped(t, "exe_2")
				return
			}
			if n, err := s.CountRunning(t.Context(), "acc", 10); n != 1 || err != nil {
				t.Errorf("%d run (%v), want 1", n, err)
			}
		})
	}
}
