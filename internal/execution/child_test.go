package execution_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/page"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// heard notes which tasks were answered.
type heard struct{ answers []string }

func (h *heard) Succeed(_ context.Context, token string, output json.RawMessage) error {
	h.answers = append(h.answers, token+" succeeded "+string(output))
	return nil
}

func (h *heard) Fail(_ context.Context, token, name, _ string) error {
	h.answers = append(h.answers, token+" failed "+name)
	return nil
}

// cutOff are records of a process that dies before it replaces one.
type cutOff struct {
	*bolt.Store
	dead bool
}

func (c *cutOff) Put(ctx context.Context, k task.Key, r task.Record) error {
	if c.dead {
		return errors.New("the process is dead")
	}
	return c.Store.Put(ctx, k, r)
}

// shut is a repository of a process that dies before it reopens an execution.
type shut struct {
	*bolt.Store
	dead bool
}

func (s *shut) ReopenExecution(ctx context.Context, account, id string, e asl.Event, settled ...string) (execution.Execution, error) {
	if s.dead {
		return execution.Execution{}, errors.New("the process is dead")
	}
	return s.Store.ReopenExecution(ctx, account, id, e, settled...)
}

type family struct {
	store    *bolt.Store
	records  *cutOff
	reopens  *shut
	runner   *idle
	heard    *heard
	children *execution.Children
	now      time.Time
}

func (f *family) Now() time.Time { return f.now }

// Stop ends what is stopped, as runners do.
func (r *stopping) Stop(ctx context.Context, x execution.Execution, _ string) error {
	r.stopped = append(r.stopped, x.ID)
	x.Status, x.StoppedAt = execution.Stopped, time.Now()
	return r.store.FinishExecution(ctx, x)
}

type stopping struct {
	*idle
	store *bolt.Store
}

func newFamily(t *testing.T) *family {
	t.Helper()
	f := &family{runner: &idle{}, heard: &heard{}, now: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)}
	f.store = openStore(t, f.Now)
	f.records, f.reopens = &cutOff{Store: f.store}, &shut{Store: f.store}
	version := oneVersion{workflow.Version{Document: []byte(`{"trigger":{"type":"manual"},"nodes":[{"id":"call","type":"workflow"}],"edges":[]}`), SourceMap: []byte(`{"call":{"node":"call","role":"node"}}`)}}
	service := execution.NewService(execution.Config{
		Repository: f.reopens, Workflows: version, Records: f.records, Runner: &stopping{f.runner, f.store}, Now: f.Now,
	})
	f.children = execution.NewChildren(service, f.heard)
	parent := execution.Execution{ID: "exe_1", Account: "acc", Agent: "agt_1", Workflow: "wf_1", Version: 1, StartedAt: f.now}
	if _, _, err := f.store.StartExecution(t.Context(), parent); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *family) call(t *testing.T) error {
	_, err := f.children.Run(t.Context(), []byte(`{"account":"acc","workflow":"wf_1","execution":"exe_1","node":"call","task_token":"t1","config":{"workflow":"wf_2","input":{}}}`))
	return err
}

// child is the one execution of the workflow that is run.
func (f *family) child(t *testing.T) execution.Execution {
	t.Helper()
	all, err := f.store.Executions(t.Context(), "acc", execution.Filter{Workflow: "wf_2"}, page.Query{})
	if err != nil || len(all.Items) != 1 {
		t.Fatalf("the workflow was run %d times (%v), want once", len(all.Items), err)
	}
	return all.Items[0]
}

// fails ends the child.
func (f *family) fails(t *testing.T) {
	t.Helper()
	f.now = f.now.Add(time.Second)
	child := f.child(t)
	child.Status, child.StoppedAt = execution.Failed, f.now
	if err := f.store.FinishExecution(t.Context(), child); err != nil {
		t.Fatal(err)
	}
}

// release does what a redrive of the parent does.
func (f *family) release(t *testing.T) {
	t.Helper()
	key := task.Key{Account: "acc", Execution: "exe_1", Node: "call"}
	r, err := f.store.Record(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	r.State = task.Released
	if err := f.store.Put(t.Context(), key, r); err != nil {
		t.Fatal(err)
	}
}

// TestChildGoesOn holds that a redrive of the parent has its child go on, once each, no
// matter how many attempts it takes.
func TestChildGoesOn(t *testing.T) {
	f := newFamily(t)
	call := func(want execution.Status, redriven, answered int) {
		t.Helper()
		if err := f.call(t); err != nil {
			t.Fatal(err)
		}
		if got := f.child(t).Status; got != want || len(f.runner.redriven) != redriven || len(f.heard.answers) != answered {
			t.Fatalf("the child is %s, was redriven %d times, and answered was %q; want %s, %d times, %d answers",
				got, len(f.runner.redriven), f.heard.answers, want, redriven, answered)
		}
	}
	call(execution.Running, 0, 0)
	f.fails(t)
	call(execution.Failed, 0, 1) // that is what it has to say
	for n := range 2 {
		f.release(t)
		f.reopens.dead = true
		if err := f.call(t); err == nil {
			t.Fatal("a process that is dead has gone on")
		}
		f.reopens.dead = false
		call(execution.Running, 1+n, 1+n)
		call(execution.Running, 1+n, 1+n)
		f.fails(t)
		call(execution.Failed, 1+n, 2+n) // it failed since, and that is the answer
	}
	// An attempt that finds no record is none after a redrive.
	f.now = f.now.Add(40 * 24 * time.Hour)
	call(execution.Failed, 2, 4)
	call(execution.Failed, 2, 5)
}

func TestChildOnce(t *testing.T) {
	key := task.Key{Account: "acc", Execution: "exe_1", Node: "call"}
	t.Run("CutOffWhileItIsRedriven", func(t *testing.T) {
		f := newFamily(t)
		if err := f.call(t); err != nil {
			t.Fatal(err)
		}
		child := f.child(t)
		child.Status, child.StoppedAt = execution.Failed, f.now
		if err := f.store.FinishExecution(t.Context(), child); err != nil {
			t.Fatal(err)
		}
		r, err := f.store.Record(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		r.State = task.Released // as a redrive of the parent does
		if err := f.store.Put(t.Context(), key, r); err != nil {
			t.Fatal(err)
		}
		f.records.dead = true
		_ = f.call(t)
		f.records.dead = false
		if err := f.call(t); err != nil {
			t.Fatal(err)
		}
		f.child(t)
	})
	t.Run("AfterLongerThanRecordsAreKept", func(t *testing.T) {
		f := newFamily(t)
		if err := f.call(t); err != nil {
			t.Fatal(err)
		}
		f.now = f.now.Add(40 * 24 * time.Hour)
		if err := f.call(t); err != nil { // the process has started anew
			t.Fatal(err)
		}
		f.child(t)
	})
	t.Run("EndsAfterLongerThanRecordsAreKept", func(t *testing.T) {
		f := newFamily(t)
		if err := f.call(t); err != nil {
			t.Fatal(err)
		}
		f.now = f.now.Add(40 * 24 * time.Hour)
		child := f.child(t)
		child.Status, child.StoppedAt, child.Output = execution.Succeeded, f.now, json.RawMessage(`{"a":1}`)
		if err := f.store.FinishExecution(t.Context(), child); err != nil {
			t.Fatal(err)
		}
		if err := f.children.Ended(t.Context(), child); err != nil {
			t.Fatal(err)
		}
		if len(f.heard.answers) != 1 || f.heard.answers[0] != `t1 succeeded {"a":1}` {
			t.Errorf("answered were %q", f.heard.answers)
		}
	})
	t.Run("StoppedAfterLongerThanRecordsAreKept", func(t *testing.T) {
		f := newFamily(t)
		if err := f.call(t); err != nil {
			t.Fatal(err)
		}
		if err := f.store.AppendHistory("acc", "exe_1", asl.Event{Kind: asl.StateEntered, At: f.now, State: "call"}); err != nil {
			t.Fatal(err)
		}
		f.now = f.now.Add(40 * 24 * time.Hour)
		parent, err := f.store.Execution(t.Context(), "acc", "exe_1")
		if err != nil {
			t.Fatal(err)
		}
		parent.Status, parent.StoppedAt = execution.Stopped, f.now
		if err := f.store.FinishExecution(t.Context(), parent); err != nil {
			t.Fatal(err)
		}
		if err := f.children.Ended(t.Context(), parent); err != nil {
			t.Fatal(err)
		}
		if child := f.child(t); child.Status != execution.Stopped {
			t.Errorf("the child is %s", child.Status)
		}
	})
}
