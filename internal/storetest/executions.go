package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

// month is just longer than records and idempotency keys are kept.
const month = 30*24*time.Hour + time.Minute

func testExecutions(t *testing.T, open func(testing.TB) Stores) {
	t.Run("StartAndRead", func(t *testing.T) {
		s := open(t)
		x := anExecution(1)
		x.Express, x.IdempotencyKey, x.ReplayOf, x.ReplayFrom = true, "order-1", "exe_0", "send"
		stored, created, err := s.Executions.StartExecution(t.Context(), x)
		want(t, x, stored, err)
		if !created {
			t.Error("created is false")
		}
		got, err := s.Executions.Execution(t.Context(), account, x.ID)
		want(t, x, got, err)
	})
	t.Run("StartWithTheSameKey", func(t *testing.T) {
		s := open(t)
		first := anExecution(1)
		first.IdempotencyKey = "order-1"
		start(t, s, first)
		second := anExecution(2)
		second.IdempotencyKey = "order-1"
		stored, created, err := s.Executions.StartExecution(t.Context(), second)
		want(t, first, stored, err)
		if created {
			t.Error("created is true")
		}
		_, err = s.Executions.Execution(t.Context(), account, second.ID)
		wantFault(t, fault.NotFound, err)
		wantRunning(t, s, first)
		found, err := s.Executions.StartedWith(t.Context(), account, first.Workflow, "order-1")
		want(t, first, found, err)
		for _, other := range [][3]string{{account, first.Workflow, "order-2"}, {account, idOf("wf", 2), "order-1"}, {stranger, first.Workflow, "order-1"}, {account, first.Workflow, ""}} {
			_, err := s.Executions.StartedWith(t.Context(), other[0], other[1], other[2])
			wantFault(t, fault.NotFound, err)
		}

		// It also counts when the first has ended, and shows how.
		first = ended(first, execution.Succeeded)
		must(t, s.Executions.FinishExecution(t.Context(), first))
		stored, _, err = s.Executions.StartExecution(t.Context(), second)
		want(t, first, stored, err)
	})
	t.Run("Reopen", func(t *testing.T) {
		s := open(t)
		x := anExecution(1)
		start(t, s, x)
		redriven := asl.Event{Kind: asl.ExecutionRedriven, At: x.StartedAt.Add(time.Hour)}
		_, err := s.Executions.ReopenExecution(t.Context(), account, x.ID, redriven)
		wantFault(t, fault.Conflict, err)
		must(t, s.Executions.FinishExecution(t.Context(), ended(x, execution.Failed)))
		_, err = s.Executions.ReopenExecution(t.Context(), stranger, x.ID, redriven)
		wantFault(t, fault.NotFound, err)
		got, err := s.Executions.ReopenExecution(t.Context(), account, x.ID, redriven)
		want(t, x, got, err)
		got, err = s.Executions.Execution(t.Context(), account, x.ID)
		want(t, x, got, err)
		wantRunning(t, s, x)
		history, err := s.Executions.History(t.Context(), account, x.ID)
		want(t, []asl.Event{redriven}, history, err)
		for status, n := range map[execution.Status]int{execution.Failed: 0, execution.Running: 1, "": 1} {
			list, err := s.Executions.Executions(t.Context(), account, execution.Filter{Workflow: x.Workflow, Status: status}, page.Query{})
			if err != nil || len(list.Items) != n {
				t.Errorf("%d executions with status %q, %v; want %d", len(list.Items), status, err, n)
			}
		}
		// It can end again, and one that has succeeded cannot be reopened.
		must(t, s.Executions.FinishExecution(t.Context(), ended(x, execution.Succeeded)))
		_, err = s.Executions.ReopenExecution(t.Context(), account, x.ID, redriven)
		wantFault(t, fault.Conflict, err)
	})
	t.Run("StartWithTheKeyOfAnother", func(t *testing.T) {
		s := open(t)
		for n, change := range []func(x *execution.Execution){
			func(*execution.Execution) {},
			func(x *execution.Execution) { x.IdempotencyKey = "order-2" },
			func(x *execution.Execution) { x.Workflow = idOf("wf", 2) },
			func(x *execution.Execution) { x.Account = stranger },
			func(x *execution.Execution) { x.IdempotencyKey = "" },
			func(x *execution.Execution) { x.IdempotencyKey = "" }, // no key is not a key
		} {
			x := anExecution(n)
			x.IdempotencyKey = "order-1"
			change(&x)
			start(t, s, x)
		}
	})
	t.Run("StartWithTheSameKeyAfter30Days", func(t *testing.T) {
		s := open(t)
		if s.Advance == nil {
			t.Skip("the store's clock cannot be moved")
		}
		x := anExecution(1)
		x.IdempotencyKey = "order-1"
		start(t, s, x)
		x.ID = idOf("exe", 2)
		s.Advance(month - 2*time.Minute)
		if _, created, err := s.Executions.StartExecution(t.Context(), x); err != nil || created {
			t.Errorf("shortly before: created %v, %v", created, err)
		}
		s.Advance(2 * time.Minute)
		_, err := s.Executions.StartedWith(t.Context(), account, x.Workflow, "order-1")
		wantFault(t, fault.NotFound, err)
		start(t, s, x)
		x.ID = idOf("exe", 3)
		stored, created, err := s.Executions.StartExecution(t.Context(), x)
		if err != nil || created || stored.ID != idOf("exe", 2) {
			t.Errorf("StartExecution = %s, %v, %v; want exe_0002, which used the key last", stored.ID, created, err)
		}
	})
	t.Run("StartErrTaken", func(t *testing.T) {
		s := open(t)
		start(t, s, anExecution(1))
		x := anExecution(1)
		x.Input = asGiven(2)
		_, _, err := s.Executions.StartExecution(t.Context(), x)
		wantFault(t, fault.Conflict, err)
		got, err := s.Executions.Execution(t.Context(), account, x.ID)
		want(t, anExecution(1), got, err)
	})
	t.Run("ReadErrNotFound", func(t *testing.T) {
		_, err := open(t).Executions.Execution(t.Context(), account, "exe_none")
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Finish", func(t *testing.T) {
		s := open(t)
		for n, status := range []execution.Status{execution.Succeeded, execution.Failed, execution.TimedOut, execution.Stopped} {
			start(t, s, anExecution(n))
			x := ended(anExecution(n), status)
			// Only these members are looked at.
			must(t, s.Executions.FinishExecution(t.Context(), execution.Execution{
				ID: x.ID, Account: account, Status: status, StoppedAt: x.StoppedAt, Output: x.Output, Error: x.Error,
			}))
			got, err := s.Executions.Execution(t.Context(), account, x.ID)
			want(t, x, got, err)
		}
		wantRunning(t, s)
	})
	t.Run("FinishErrAlreadyEnded", func(t *testing.T) {
		s := open(t)
		start(t, s, anExecution(1))
		first := ended(anExecution(1), execution.Stopped)
		must(t, s.Executions.FinishExecution(t.Context(), first))
		wantFault(t, fault.AlreadyEnded, s.Executions.FinishExecution(t.Context(), ended(anExecution(1), execution.Failed)))
		wantFault(t, fault.AlreadyEnded, s.Executions.FinishExecution(t.Context(), first))
		got, err := s.Executions.Execution(t.Context(), account, first.ID)
		want(t, first, got, err)
		list, err := s.Executions.Executions(t.Context(), account, execution.Filter{Status: execution.Failed}, page.Query{})
		if err != nil || len(list.Items) != 0 {
			t.Errorf("failed ones: %v, %v; want none", list.Items, err)
		}
	})
	t.Run("FinishErrNotFound", func(t *testing.T) {
		wantFault(t, fault.NotFound, open(t).Executions.FinishExecution(t.Context(), ended(anExecution(1), execution.Failed)))
	})
	t.Run("FinishErrNotAnEnd", func(t *testing.T) {
		s := open(t)
		start(t, s, anExecution(1))
		for _, status := range []execution.Status{execution.Running, ""} {
			if err := s.Executions.FinishExecution(t.Context(), ended(anExecution(1), status)); err == nil {
				t.Errorf("an execution ended as %q", status)
			}
		}
		wantRunning(t, s, anExecution(1))
	})
	t.Run("ListIsNewestFirstAndFiltered", testExecutionFilters(open))
	t.Run("ListIsLookedThrough", testLookingThrough(open))
	t.Run("RunningOfAllAccountsOldestFirst", func(t *testing.T) {
		s := open(t)
		var running []execution.Execution
		for _, n := range []int{4, 1, 3, 2, 5} {
			x := anExecution(n)
			if n == 3 {
				x.Account = stranger
			}
			start(t, s, x)
			if n == 2 {
				must(t, s.Executions.FinishExecution(t.Context(), ended(x, execution.Succeeded)))
				continue
			}
			running = append(running, x)
		}
		slices.SortFunc(running, func(a, b execution.Execution) int { return a.StartedAt.Compare(b.StartedAt) })
		wantRunning(t, s, running...)
	})
}

func wantRunning(t testing.TB, s Stores, wanted ...execution.Execution) {
	t.Helper()
	got, err := s.Executions.RunningExecutions(t.Context())
	want(t, append([]execution.Execution{}, wanted...), append([]execution.Execution{}, got...), err)
}

// testExecutionFilters stores executions of all statuses in two workflows, in no
// order, and asks for every combination.
func testExecutionFilters(open func(testing.TB) Stores) func(t *testing.T) {
	statuses := []execution.Status{execution.Running, execution.Succeeded, execution.Failed, execution.TimedOut, execution.Stopped}
	return func(t *testing.T) {
		s := open(t)
		stored := map[int]execution.Execution{}
		for i := range 20 {
			n := i * 7 % 20
			x := anExecution(n)
			x.Workflow = idOf("wf", 1+n%2)
			start(t, s, x)
			if status := statuses[n%len(statuses)]; status != execution.Running {
				x = ended(x, status)
				must(t, s.Executions.FinishExecution(t.Context(), x))
			}
			stored[n] = x
		}
		for _, wf := range []string{"", idOf("wf", 1), idOf("wf", 2), idOf("wf", 3)} {
			for _, status := range append(statuses, "") {
				var items []execution.Execution
				for n := 19; n >= 0; n-- {
					if x := stored[n]; (wf == "" || x.Workflow == wf) && (status == "" || x.Status == status) {
						items = append(items, x)
					}
				}
				t.Run(fmt.Sprintf("%s/%s", wf, status), func(t *testing.T) {
					f := execution.Filter{Workflow: wf, Status: status}
					got, err := s.Executions.Executions(t.Context(), account, f, page.Query{})
					want(t, page.Of[execution.Execution]{Items: items}, got, err)
				})
			}
		}
	}
}

// testLookingThrough narrows lists by what they are not kept by, page by page.
func testLookingThrough(open func(testing.TB) Stores) func(t *testing.T) {
	return func(t *testing.T) {
		s := open(t)
		var stored []execution.Execution
		for n := range 12 {
			x := anExecution(n)
			x.Trigger = []string{"manual", "webhook"}[n%2]
			if key := map[int]string{5: "again", 8: "again", 9: "other", 10: "again"}[n]; key != "" {
				x.ReplayOf = idOf("exe", n-4)
				x.IdempotencyKey = "replay of " + x.ReplayOf + ": " + key
			}
			start(t, s, x)
			x = ended(x, execution.Failed)
			x.Error.Name = []string{"Connector.AuthFailed", "Connector.NotFound", "Connector.Unavailable"}[n%3]
			must(t, s.Executions.FinishExecution(t.Context(), x))
			stored = append(stored, x)
		}
		wf := anExecution(0).Workflow
		for name, f := range map[string]execution.Filter{
			"Trigger":   {Workflow: wf, Trigger: "webhook"},
			"Error":     {Workflow: wf, Error: "Connector.NotFound"},
			"After":     {Workflow: wf, StartedAfter: at(4)},
			"Before":    {StartedBefore: at(7)},
			"Between":   {Workflow: wf, Status: execution.Failed, StartedAfter: at(2), StartedBefore: at(9).Add(1)},
			"All":       {Workflow: wf, Status: execution.Failed, Trigger: "manual", Error: "Connector.AuthFailed", StartedAfter: at(0), StartedBefore: at(12)},
			"Replayed":  {Workflow: wf, Status: execution.Failed, NotReplayedWith: "again"},
			"None":      {Workflow: wf, Error: "Connector.Uncertain"},
			"NothingIn": {Workflow: wf, StartedAfter: at(5), StartedBefore: at(6)},
		} {
			t.Run(name, func(t *testing.T) {
				var wanted, got []execution.Execution
				for _, x := range slices.Backward(stored) {
					if f.Passes(x) {
						wanted = append(wanted, x)
					}
				}
				for q, first := (page.Query{Limit: 2}), true; first || q.Cursor != ""; first = false {
					p, err := s.Executions.Executions(t.Context(), account, f, q)
					if err != nil {
						t.Fatal(err)
					}
					if len(p.Items) > q.Limit {
						t.Errorf("a page of %d items, want at most %d", len(p.Items), q.Limit)
					}
					got, q.Cursor = append(got, p.Items...), p.Next
				}
				want(t, wanted, got, nil)
				if f.NotReplayedWith != "" && len(got) != 9 {
					t.Errorf("%d executions, want all 12 but the 3 that were replayed with the key", len(got))
				}
			})
		}
	}
}

func testHistory(t *testing.T, open func(testing.TB) Stores) {
	id := anExecution(1).ID
	history := func(t *testing.T, s Stores) []asl.Event {
		t.Helper()
		events, err := s.Executions.History(t.Context(), account, id)
		if err != nil {
			t.Errorf("History: %v", err)
		}
		return append([]asl.Event{}, events...)
	}
	t.Run("ShowsWhatWasAppendedAtOnce", func(t *testing.T) {
		s := open(t)
		start(t, s, anExecution(1))
		want(t, []asl.Event{}, history(t, s), nil)
		var events []asl.Event
		for n := range 5 {
			more := []asl.Event{anEvent(2 * n), {Kind: asl.StateEntered, At: at(n)}}
			events = append(events, more...)
			must(t, s.Executions.AppendHistory(account, id, more...))
			want(t, events, history(t, s), nil)
		}
		must(t, s.Executions.AppendHistory(account, id)) // nothing
		want(t, events, history(t, s), nil)
	})
	t.Run("ManyKeepTheirOrder", func(t *testing.T) {
		s := open(t)
		start(t, s, anExecution(1))
		start(t, s, anExecution(2))
		var events []asl.Event
		for n := range 1500 {
			e := asl.Event{Kind: asl.StateEntered, At: at(0), Step: n}
			events = append(events, e)
			must(t, s.Executions.AppendHistory(account, id, e))
			if n%10 == 0 { // another's, between them
				must(t, s.Executions.AppendHistory(account, anExecution(2).ID, asl.Event{Kind: asl.StateExited, At: at(0)}))
			}
		}
		want(t, events, history(t, s), nil)
	})
	t.Run("StaysWhenTheExecutionEnds", func(t *testing.T) {
		s := open(t)
		start(t, s, anExecution(1))
		must(t, s.Executions.AppendHistory(account, id, anEvent(1)),
			s.Executions.FinishExecution(t.Context(), ended(anExecution(1), execution.Succeeded)),
			s.Executions.AppendHistory(account, id, anEvent(2)))
		want(t, []asl.Event{anEvent(1), anEvent(2)}, history(t, s), nil)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		s := open(t)
		_, err := s.Executions.History(t.Context(), account, "exe_none")
		wantFault(t, fault.NotFound, err)
	})
}
