package storetest

import (
	"testing"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/task"
)

// anAwaited is an execution whose caller waits for the output. A store may give it
// as an Awaited one or not: ordinary makes it comparable.
func anAwaited() execution.Execution {
	x := anExecution(1)
	x.Express, x.Awaited = true, true
	return x
}

func ordinary(x execution.Execution) execution.Execution {
	x.Awaited = false
	return x
}

// testAwaited does to an Awaited execution what is done to others: whether it is on
// disk shows only in a crash.
func testAwaited(t *testing.T, open func(testing.TB) Stores) {
	wantStored := func(t *testing.T, s Stores, wanted execution.Execution) {
		t.Helper()
		got, err := s.Executions.Execution(t.Context(), account, wanted.ID)
		want(t, ordinary(wanted), ordinary(got), err)
		list, err := s.Executions.Executions(t.Context(), account, execution.Filter{Workflow: wanted.Workflow, Status: wanted.Status}, page.Query{})
		if err != nil || len(list.Items) != 1 {
			t.Errorf("%d executions are %s, %v; want 1", len(list.Items), wanted.Status, err)
		}
		running, err := s.Executions.RunningExecutions(t.Context())
		if err != nil || (len(running) == 1) != (wanted.Status == execution.Running) {
			t.Errorf("%d executions are running, %v", len(running), err)
		}
	}
	step := func(t *testing.T, s Stores) {
		t.Helper()
		must(t, s.Executions.AppendHistory(account, anAwaited().ID, anEvent(0), anEvent(1)))
		_, began, err := s.Records.Begin(t.Context(), aKey("a"), aRecord(task.Begun))
		want(t, true, began, err)
		must(t, s.Records.Put(t.Context(), aKey("a"), aRecord(task.Done)))
		must(t, s.Executions.AppendHistory(account, anAwaited().ID, anEvent(2)))
	}
	wantStep := func(t *testing.T, s Stores) {
		t.Helper()
		history, err := s.Executions.History(t.Context(), account, anAwaited().ID)
		want(t, []asl.Event{anEvent(0), anEvent(1), anEvent(2)}, history, err)
		record, err := s.Records.Record(t.Context(), aKey("a"))
		want(t, aRecord(task.Done), record, err)
		records, err := s.Records.RecordsOf(t.Context(), account, anAwaited().ID)
		want(t, map[task.Key]task.Record{aKey("a"): aRecord(task.Done)}, records, err)
		stored, began, err := s.Records.Begin(t.Context(), aKey("a"), aRecord(task.Begun))
		want(t, aRecord(task.Done), stored, err)
		if began {
			t.Error("what is done began again")
		}
	}
	for _, status := range []execution.Status{execution.Succeeded, execution.Failed} {
		t.Run("EndsAs/"+string(status), func(t *testing.T) {
			s := open(t)
			x := anAwaited()
			start(t, s, x)
			step(t, s)
			wantStep(t, s)
			wantStored(t, s, x)
			must(t, s.Executions.FinishExecution(t.Context(), ended(x, status)))
			wantFault(t, fault.AlreadyEnded, s.Executions.FinishExecution(t.Context(), ended(x, execution.Stopped)))
			wantStored(t, s, ended(x, status))
			wantStep(t, s)
			wantFault(t, fault.AlreadyEnded, s.Executions.FinishExecution(t.Context(), ended(x, execution.Stopped)))
		})
	}
	t.Run("EndsUnseen", func(t *testing.T) { // nothing reads it before its end
		s := open(t)
		x := anAwaited()
		start(t, s, x)
		step(t, s)
		must(t, s.Executions.FinishExecution(t.Context(), ended(x, execution.Succeeded)))
		wantStored(t, s, ended(x, execution.Succeeded))
		wantStep(t, s)
	})
	t.Run("BeginsAgainWhatWasReleased", func(t *testing.T) {
		s := open(t)
		start(t, s, anAwaited())
		must(t, s.Records.Put(t.Context(), aKey("a"), aRecord(task.Released)))
		stored, began, err := s.Records.Begin(t.Context(), aKey("a"), aRecord(task.Begun))
		want(t, aRecord(task.Released), stored, err)
		want(t, true, began, nil)
		stored, began, err = s.Records.Begin(t.Context(), aKey("a"), aRecord(task.Begun))
		want(t, aRecord(task.Begun), stored, err)
		want(t, false, began, nil)
		_, err = s.Records.Record(t.Context(), aKey("b"))
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Keep", func(t *testing.T) {
		s := open(t)
		x := anAwaited()
		start(t, s, x)
		step(t, s)
		for range 2 {
			must(t, s.Executions.KeepExecution(t.Context(), account, x.ID))
			wantStep(t, s)
			wantRunning(t, s, ordinary(x))
		}
		must(t, s.Executions.FinishExecution(t.Context(), ended(x, execution.Succeeded)))
		wantStored(t, s, ended(x, execution.Succeeded))
		must(t, s.Executions.KeepExecution(t.Context(), account, x.ID))
	})
	t.Run("ErrIDTaken", func(t *testing.T) {
		s := open(t)
		x := anAwaited()
		start(t, s, x)
		_, _, err := s.Executions.StartExecution(t.Context(), x)
		wantFault(t, fault.Conflict, err)
		must(t, s.Executions.FinishExecution(t.Context(), ended(x, execution.Failed)))
		_, _, err = s.Executions.StartExecution(t.Context(), x)
		wantFault(t, fault.Conflict, err)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		s := open(t)
		x := anAwaited()
		start(t, s, x)
		_, err := s.Executions.Execution(t.Context(), stranger, x.ID)
		wantFault(t, fault.NotFound, err)
		wantFault(t, fault.NotFound, s.Executions.KeepExecution(t.Context(), stranger, x.ID))
		wantFault(t, fault.NotFound, s.Executions.KeepExecution(t.Context(), account, idOf("exe", 2)))
		x.Account = stranger
		wantFault(t, fault.NotFound, s.Executions.FinishExecution(t.Context(), ended(x, execution.Failed)))
	})
}
