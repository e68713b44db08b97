package bolt_test

import (
	"path/filepath"
	"testing"
	"time"

	"switchboard/internal/agent"
	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// TestVersionLeft deletes a workflow, and makes it anew, while versions of it run.
func TestVersionLeft(t *testing.T) {
	c := newClock()
	s := open(t, filepath.Join(t.TempDir(), "db"), bolt.Options{Now: c.Now})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.CreateAgent(t.Context(), agent.Agent{ID: "agt_1", Account: "acc", Name: "One", CreatedAt: c.Now()}))
	published := func(number int) time.Time {
		t.Helper()
		at := c.Now().Add(time.Duration(number) * time.Nanosecond)
		must(s.Publish(t.Context(), workflow.Version{Account: "acc", Workflow: "wf", Number: number, PublishedAt: at, Document: []byte(`{}`), Definition: []byte(`{"n":"` + at.String() + `"}`), SourceMap: []byte(`{}`)}, ""))
		return at
	}
	create := func() {
		t.Helper()
		must(s.CreateWorkflow(t.Context(), workflow.Workflow{ID: "wf", Account: "acc", Agent: "agt_1", Revision: 1, Document: []byte(`{}`), CreatedAt: c.Now()}, 10))
	}
	left := func(x execution.Execution, want bool) {
		t.Helper()
		v, err := s.VersionLeft(t.Context(), x)
		if want != (err == nil) || !want && !fault.Is(err, fault.NotFound) {
			t.Errorf("the version of %s is left: %v; want %t", x.ID, err, want)
		}
		if want && (!x.Ran(v) || v.Number != x.Version || string(v.Definition) != `{"n":"`+v.PublishedAt.String()+`"}`) {
			t.Errorf("%s is given version %d of %s, %s", x.ID, v.Number, v.PublishedAt, v.Definition)
		}
	}
	run := func(id string, number int, published time.Time) execution.Execution {
		t.Helper()
		x := execution.Execution{ID: id, Account: "acc", Workflow: "wf", Version: number, Published: published, StartedAt: c.Now(), Status: execution.Running}
		startNew(t, s, x)
		return x
	}
	end := func(x execution.Execution) {
		t.Helper()
		x.Status, x.StoppedAt = execution.Succeeded, c.Now()
		must(s.FinishExecution(t.Context(), x))
	}
	create()
	first, second := published(1), published(2)
	one, two := run("exe_1", 1, first), run("exe_2", 2, second)
	old := run("exe_old", 1, time.Time{}) // of an older program
	end(two)
	left(one, false) // it is there
	must(s.DeleteWorkflow(t.Context(), "acc", "wf"))
	if _, err := s.Version(t.Context(), "acc", "wf", 1); !fault.Is(err, fault.NotFound) {
		t.Errorf("the version of a workflow that was deleted: %v", err)
	}
	left(one, true)
	left(old, true)
	left(two, false) // nothing runs it

	c.Advance(time.Hour)
	create()
	anew := run("exe_3", 1, published(1))
	must(s.DeleteWorkflow(t.Context(), "acc", "wf"))
	stranger := anew
	stranger.Account = "acc_2"
	for range 2 {
		left(one, true)
		left(anew, true)
		left(stranger, false)
		sweep(t, s, c.Now().Add(-24*time.Hour), 0)
	}
	end(old)
	end(one)
	sweep(t, s, c.Now().Add(-24*time.Hour), 0)
	left(one, false)
	left(anew, true)
	end(anew)
	sweep(t, s, c.Now().Add(-24*time.Hour), 0)
	left(anew, false)
}
