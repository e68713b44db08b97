package storetest

import (
	"sync"
	"sync/atomic"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

// withWorkflow gives stores with agent 1 and workflow 1.
func withWorkflow(t testing.TB, open func(testing.TB) Stores) Stores {
	t.Helper()
	s := open(t)
	must(t, s.Agents.CreateAgent(t.Context(), anAgent(1)), s.Workflows.CreateWorkflow(t.Context(), aWorkflow(1), 0))
	return s
}

func testWorkflows(t *testing.T, open func(testing.TB) Stores) {
	t.Run("CreateAndRead", func(t *testing.T) {
		s := withWorkflow(t, open)
		got, err := s.Workflows.Workflow(t.Context(), account, aWorkflow(1).ID)
		want(t, aWorkflow(1), got, err)
	})
	t.Run("CreateErrNoAgent", func(t *testing.T) {
		s := open(t)
		wantFault(t, fault.NotFound, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(1), 0))
		_, err := s.Workflows.Workflow(t.Context(), account, aWorkflow(1).ID)
		wantFault(t, fault.NotFound, err)
	})
	t.Run("CreateErrTaken", func(t *testing.T) {
		s := withWorkflow(t, open)
		second := aWorkflow(1)
		second.Name = "Second"
		wantFault(t, fault.Conflict, s.Workflows.CreateWorkflow(t.Context(), second, 0))
		got, err := s.Workflows.Workflow(t.Context(), account, aWorkflow(1).ID)
		want(t, aWorkflow(1), got, err)
	})
	t.Run("ReadErrNotFound", func(t *testing.T) {
		_, err := open(t).Workflows.Workflow(t.Context(), account, "wf_none")
		wantFault(t, fault.NotFound, err)
	})
	t.Run("CountIsTheAccountsUpToTheLimit", func(t *testing.T) {
		s := withWorkflow(t, open)
		must(t, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(2), 0), s.Workflows.CreateWorkflow(t.Context(), aWorkflow(3), 0))
		for _, c := range []struct {
			account     string
			limit, want int
		}{{account, 10, 3}, {account, 3, 3}, {account, 2, 2}, {stranger, 10, 0}} {
			got, err := s.Workflows.CountWorkflows(t.Context(), c.account, c.limit)
			want(t, c.want, got, err)
		}
		must(t, s.Workflows.DeleteWorkflow(t.Context(), account, aWorkflow(2).ID))
		got, err := s.Workflows.CountWorkflows(t.Context(), account, 10)
		want(t, 2, got, err)
	})
	t.Run("CreateErrTooMany", func(t *testing.T) {
		s := withWorkflow(t, open)
		must(t, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(2), 2))
		for _, limit := range []int{2, 1} {
			wantFault(t, fault.TooManyRequests, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(3), limit))
		}
		must(t, s.Workflows.DeleteWorkflow(t.Context(), account, aWorkflow(1).ID))
		must(t, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(3), 2))
	})
	t.Run("CreateAtOnceWithinTheLimit", func(t *testing.T) {
		s := withWorkflow(t, open)
		const limit = 4
		var created, refused atomic.Int64
		var all sync.WaitGroup
		for n := 2; n <= 9; n++ {
			all.Go(func() {
				switch err := s.Workflows.CreateWorkflow(t.Context(), aWorkflow(n), limit); {
				case err == nil:
					created.Add(1)
				case fault.Is(err, fault.TooManyRequests):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		want(t, limit-1, created.Load(), nil)
		want(t, 8-(limit-1), refused.Load(), nil)
		n, err := s.Workflows.CountWorkflows(t.Context(), account, 100)
		want(t, limit, n, err)
	})
	t.Run("ListIsOldestFirstAndByAgent", func(t *testing.T) {
		s := open(t)
		must(t, s.Agents.CreateAgent(t.Context(), anAgent(1)), s.Agents.CreateAgent(t.Context(), anAgent(2)),
			s.Agents.CreateAgent(t.Context(), anAgent(3)))
		of := func(n, agentN int) workflow.Workflow {
			w := aWorkflow(n)
			w.Agent = anAgent(agentN).ID
			return w
		}
		stored := []workflow.Workflow{of(1, 2), of(2, 1), of(3, 2), of(4, 1)}
		for _, n := range []int{2, 0, 3, 1} {
			must(t, s.Workflows.CreateWorkflow(t.Context(), stored[n], 0))
		}
		for agentID, items := range map[string][]workflow.Workflow{
			"":            stored,
			anAgent(1).ID: {stored[1], stored[3]},
			anAgent(2).ID: {stored[0], stored[2]},
			anAgent(3).ID: nil,
		} {
			got, err := s.Workflows.Workflows(t.Context(), account, agentID, page.Query{})
			want(t, page.Of[workflow.Workflow]{Items: items}, got, err)
		}
		_, err := s.Workflows.Workflows(t.Context(), account, "agt_none", page.Query{})
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Update", func(t *testing.T) {
		s := withWorkflow(t, open)
		publish(t, s, aVersion(1), "hook-1")
		change := workflow.Workflow{
			ID: aWorkflow(1).ID, Account: account, Name: "New", Trigger: "manual", Document: asGiven(77), Revision: 1, UpdatedAt: at(30),
		}
		must(t, s.Workflows.UpdateWorkflow(t.Context(), change))
		// The rest is not the draft's, and stays.
		change.Agent, change.CreatedAt, change.Revision = anAgent(1).ID, at(1), 2
		change.Published, change.Latest, change.HookSecret = 1, 1, "hook-1"
		got, err := s.Workflows.Workflow(t.Context(), account, change.ID)
		want(t, change, got, err)
	})
	t.Run("UpdateErrStale", func(t *testing.T) {
		s := withWorkflow(t, open)
		must(t, s.Workflows.UpdateWorkflow(t.Context(), aWorkflow(1))) // makes it revision 2
		for _, revision := range []int64{0, 1, 3} {
			w := aWorkflow(1)
			w.Name, w.Revision = "Stale", revision
			wantFault(t, fault.PreconditionFailed, s.Workflows.UpdateWorkflow(t.Context(), w))
		}
		w := aWorkflow(1)
		w.Revision = 2
		got, err := s.Workflows.Workflow(t.Context(), account, w.ID)
		want(t, w, got, err)
	})
	t.Run("UpdateErrNotFound", func(t *testing.T) {
		wantFault(t, fault.NotFound, open(t).Workflows.UpdateWorkflow(t.Context(), aWorkflow(1)))
	})
	t.Run("DeleteRemovesVersionsAndHookNotExecutions", func(t *testing.T) {
		s := withWorkflow(t, open)
		id := aWorkflow(1).ID
		publish(t, s, aVersion(1), "hook-1")
		publish(t, s, aVersion(2), "")
		start(t, s, anExecution(1))
		must(t, s.Workflows.DeleteWorkflow(t.Context(), account, id))

		_, err := s.Workflows.Workflow(t.Context(), account, id)
		wantFault(t, fault.NotFound, err)
		_, err = s.Workflows.Version(t.Context(), account, id, 1)
		wantFault(t, fault.NotFound, err)
		_, err = s.Workflows.ByHook(t.Context(), "hook-1")
		wantFault(t, fault.NotFound, err)
		list, err := s.Workflows.Workflows(t.Context(), account, anAgent(1).ID, page.Query{})
		if err != nil || len(list.Items) > 0 {
			t.Errorf("Workflows = %v, %v; want none", list, err)
		}
		got, err := s.Executions.Execution(t.Context(), account, anExecution(1).ID)
		want(t, anExecution(1), got, err)
		wantFault(t, fault.NotFound, s.Workflows.DeleteWorkflow(t.Context(), account, id))

		// One with the same id begins without versions, and may have the hook.
		must(t, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(1), 0))
		publish(t, s, aVersion(1), "hook-1")
		versions, err := s.Workflows.Versions(t.Context(), account, id, page.Query{})
		want(t, page.Of[workflow.Version]{Items: []workflow.Version{aVersion(1)}}, versions, err)
	})
}

func testVersions(t *testing.T, open func(testing.TB) Stores) {
	id := aWorkflow(1).ID
	// wantServing checks which version serves, the latest, and that the draft is untouched.
	wantServing := func(t *testing.T, s Stores, published, latest int, hook string) {
		t.Helper()
		w := aWorkflow(1)
		w.Published, w.Latest, w.HookSecret = published, latest, hook
		got, err := s.Workflows.Workflow(t.Context(), account, id)
		want(t, w, got, err)
	}
	t.Run("Publish", func(t *testing.T) {
		s := withWorkflow(t, open)
		publish(t, s, aVersion(1), "hook-1")
		wantServing(t, s, 1, 1, "hook-1")
		publish(t, s, aVersion(2), "") // the hook stays
		wantServing(t, s, 2, 2, "hook-1")
		for n := 1; n <= 2; n++ {
			got, err := s.Workflows.Version(t.Context(), account, id, n)
			want(t, aVersion(n), got, err)
		}
	})
	t.Run("PublishErrNumber", func(t *testing.T) {
		s := withWorkflow(t, open)
		publish(t, s, aVersion(1), "")
		for _, n := range []int{0, 1, 3} {
			wantFault(t, fault.Conflict, s.Workflows.Publish(t.Context(), aVersion(n), "hook-2"))
		}
		wantServing(t, s, 1, 1, "")
		_, err := s.Workflows.ByHook(t.Context(), "hook-2")
		wantFault(t, fault.NotFound, err)
	})
	t.Run("PublishErrNotFound", func(t *testing.T) {
		wantFault(t, fault.NotFound, open(t).Workflows.Publish(t.Context(), aVersion(1), ""))
	})
	t.Run("Serve", func(t *testing.T) {
		s := withWorkflow(t, open)
		for n := 1; n <= 3; n++ {
			publish(t, s, aVersion(n), "")
		}
		for _, n := range []int{1, 0, 3, 2} {
			must(t, s.Workflows.Serve(t.Context(), account, id, n))
			wantServing(t, s, n, 3, "")
		}
		publish(t, s, aVersion(4), "") // the number goes on from the highest, not from what serves
		wantServing(t, s, 4, 4, "")
	})
	t.Run("ServeErrNotFound", func(t *testing.T) {
		s := withWorkflow(t, open)
		publish(t, s, aVersion(1), "")
		wantFault(t, fault.NotFound, s.Workflows.Serve(t.Context(), account, id, 2))
		wantFault(t, fault.NotFound, s.Workflows.Serve(t.Context(), account, "wf_none", 0))
		wantServing(t, s, 1, 1, "")
	})
	t.Run("VersionErrNotFound", func(t *testing.T) {
		s := withWorkflow(t, open)
		publish(t, s, aVersion(1), "")
		for _, n := range []int{-1, 0, 2} {
			_, err := s.Workflows.Version(t.Context(), account, id, n)
			wantFault(t, fault.NotFound, err)
		}
		_, err := s.Workflows.Version(t.Context(), account, "wf_none", 1)
		wantFault(t, fault.NotFound, err)
	})
	t.Run("ListIsNewestFirst", func(t *testing.T) {
		s := withWorkflow(t, open)
		var items []workflow.Version
		for n := 1; n <= 11; n++ { // 10 and 11 sort before 2 where numbers are compared as text
			publish(t, s, aVersion(n), "")
			items = append([]workflow.Version{aVersion(n)}, items...)
		}
		got, err := s.Workflows.Versions(t.Context(), account, id, page.Query{})
		want(t, page.Of[workflow.Version]{Items: items}, got, err)
		_, err = s.Workflows.Versions(t.Context(), account, "wf_none", page.Query{})
		wantFault(t, fault.NotFound, err)
	})
	t.Run("TrialsStandApart", func(t *testing.T) {
		s := withWorkflow(t, open)
		publish(t, s, aVersion(1), "hook-1")
		trial := aVersion(2)
		trial.Number = workflow.FirstTrial + 7
		must(t, s.Workflows.PutTrial(t.Context(), trial))
		another := aVersion(3)
		another.Number = trial.Number
		must(t, s.Workflows.PutTrial(t.Context(), another)) // the first one stays
		got, err := s.Workflows.Version(t.Context(), account, id, trial.Number)
		want(t, trial, got, err)
		wantServing(t, s, 1, 1, "hook-1")
		versions, err := s.Workflows.Versions(t.Context(), account, id, page.Query{})
		want(t, page.Of[workflow.Version]{Items: []workflow.Version{aVersion(1)}}, versions, err)
		publish(t, s, aVersion(2), "") // numbers have no gap
		must(t, s.Workflows.DeleteWorkflow(t.Context(), account, id))
		_, err = s.Workflows.Version(t.Context(), account, id, trial.Number)
		wantFault(t, fault.NotFound, err)
		wantFault(t, fault.NotFound, s.Workflows.PutTrial(t.Context(), trial))
	})
	t.Run("ByHook", func(t *testing.T) {
		s := withWorkflow(t, open)
		publish(t, s, aVersion(1), "hook-1")
		w := aWorkflow(1)
		w.Published, w.Latest, w.HookSecret = 1, 1, "hook-1"
		got, err := s.Workflows.ByHook(t.Context(), "hook-1")
		want(t, w, got, err)
		for _, secret := range []string{"", "hook", "hook-11", "HOOK-1", "hook-1\x00"} {
			_, err := s.Workflows.ByHook(t.Context(), secret)
			wantFault(t, fault.NotFound, err)
		}
	})
}
