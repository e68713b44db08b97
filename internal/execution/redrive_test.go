package execution_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/asl"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// oneVersion is a workflow with one version.
type oneVersion struct{ one workflow.Version }

func (v oneVersion) Workflow(_ context.Context, account, id string) (workflow.Workflow, error) {
	return workflow.Workflow{Account: account, ID: id, Agent: "agt_1", Published: 1, Latest: 1}, nil
}

func (v oneVersion) Version(_ context.Context, account, id string, number int) (workflow.Version, error) {
	v.one.Account, v.one.Workflow, v.one.Number = account, id, number
	return v.one, nil
}

// idle is a runner that notes what it is asked for.
type idle struct {
	execution.Runner
	redriven, stopped []string
	err               error
}

func (r *idle) Launch(context.Context, execution.Execution, workflow.Version) error { return nil }

func (r *idle) Redrive(ctx context.Context, x execution.Execution, _ workflow.Version) error {
	r.redriven = append(r.redriven, x.ID)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return r.err
}

func openStore(t *testing.T, now func() time.Time) *bolt.Store {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "db"), bolt.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// reopening does something else at the moment in which an execution has been reopened.
type reopening struct {
	*bolt.Store
	meanwhile func()
}

func (r reopening) ReopenExecution(ctx context.Context, account, id string, e asl.Event, settled ...string) (execution.Execution, error) {
	x, err := r.Store.ReopenExecution(ctx, account, id, e, settled...)
	r.meanwhile()
	return x, err
}

// TestRedriveMeanwhile is what can happen while an execution is being redriven.
func TestRedriveMeanwhile(t *testing.T) {
	owner := account.Principal{Account: "acc", Actor: "owner"}
	key := task.Key{Account: "acc", Execution: "exe_1", Node: "pay"}
	type scene struct {
		store   *bolt.Store
		runner  *idle
		records *cutOff
		service *execution.Service
		cancel  context.CancelFunc
		ctx     context.Context
	}
	open := func(t *testing.T, meanwhile func(*scene)) *scene {
		t.Helper()
		s := &scene{store: openStore(t, nil), runner: &idle{}}
		s.records = &cutOff{Store: s.store}
		s.ctx, s.cancel = context.WithCancel(t.Context())
		s.service = execution.NewService(execution.Config{
			Repository: reopening{s.store, func() { meanwhile(s) }}, Workflows: oneVersion{}, Records: s.records, Runner: s.runner, Now: time.Now,
		})
		x := execution.Execution{ID: "exe_1", Account: "acc", Workflow: "wf_1", Version: 1, StartedAt: time.Now()}
		if _, _, err := s.store.StartExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.store.Begin(t.Context(), key, task.Record{State: task.Begun, StartedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		x.Status, x.StoppedAt, x.Error = execution.Failed, time.Now(), &execution.Error{Name: "Connector.Uncertain", Message: "It was cut off.", Node: "pay"}
		if err := s.store.FinishExecution(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		return s
	}
	state := func(t *testing.T, s *scene) task.RecordState {
		t.Helper()
		r, err := s.store.Record(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return r.State
	}
	t.Run("TheCallerGoes", func(t *testing.T) {
		s := open(t, func(s *scene) { s.cancel() })
		if _, err := s.service.Redrive(s.ctx, owner, "exe_1", execution.Settled{"pay": json.RawMessage(`{"id":7}`)}); err != nil {
			t.Errorf("%v, though the execution runs again", err)
		}
		if got := state(t, s); got != task.Done || len(s.runner.redriven) != 1 {
			t.Errorf("the call is %s, and redriven were %v", got, s.runner.redriven)
		}
	})
	t.Run("AnotherRedriveHasMadeTheCall", func(t *testing.T) {
		s := open(t, func(s *scene) {
			if err := s.store.Put(t.Context(), key, task.Record{State: task.Done, Output: json.RawMessage(`{"id":7}`)}); err != nil {
				t.Fatal(err)
			}
		})
		if _, err := s.service.Redrive(s.ctx, owner, "exe_1", nil); err != nil {
			t.Fatal(err)
		}
		if got := state(t, s); got != task.Done {
			t.Errorf("what was done is %s", got)
		}
	})
	for name, c := range map[string]struct {
		settled execution.Settled
		want    task.RecordState
	}{
		"CutOff":          {want: task.Released},
		"CutOffOfSettled": {settled: execution.Settled{"pay": json.RawMessage(`{"id":7}`)}, want: task.Begun}, // it was done
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, func(*scene) {})
			s.records.dead = true
			_, _ = s.service.Redrive(s.ctx, owner, "exe_1", c.settled)
			if got := state(t, s); got != c.want {
				t.Errorf("the call is %s, want %s", got, c.want)
			}
		})
	}
	t.Run("ErrItCannotGoOn", func(t *testing.T) {
		s := open(t, func(*scene) {})
		s.runner.err = fault.New(fault.Conflict, "The execution ended more than 14 days ago.")
		if _, err := s.service.Redrive(s.ctx, owner, "exe_1", nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("error %v, want %s", err, fault.Conflict)
		}
		x, err := s.store.Execution(t.Context(), "acc", "exe_1")
		if err != nil || x.Status != execution.Failed || x.Error == nil || x.Error.Node != "pay" || x.StoppedAt.IsZero() {
			t.Errorf("it is %s with %v, %v; want it as it was", x.Status, x.Error, err)
		}
	})
}

// TestRan holds that an execution is of the version that it was started with, whatever
// has been done to the clock or to the workflow since.
func TestRan(t *testing.T) {
	published := time.Date(2026, 5, 1, 12, 0, 0, 7, time.UTC)
	for name, c := range map[string]struct {
		x    execution.Execution
		want bool
	}{
		"ItsOwn":              {execution.Execution{Published: published, StartedAt: published.Add(time.Minute)}, true},
		"ItsOwnInAnotherZone": {execution.Execution{Published: published.In(time.FixedZone("", 3600)), StartedAt: published.Add(time.Minute)}, true},
		"ClockPutBackSince":   {execution.Execution{Published: published, StartedAt: published.Add(-time.Hour)}, true},
		"PublishedAnew":       {execution.Execution{Published: published.Add(-time.Millisecond), StartedAt: published.Add(time.Minute)}, false},
		"OfAnOlderProgram":    {execution.Execution{StartedAt: published.Add(-time.Minute)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.x.Ran(workflow.Version{Number: 1, PublishedAt: published}); got != c.want {
				t.Errorf("Ran = %t", got)
			}
		})
	}
}
