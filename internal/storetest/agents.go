package storetest

import (
	"strings"
	"testing"

	"switchboard/internal/agent"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

func testAgents(t *testing.T, open func(testing.TB) Stores) {
	t.Run("CreateAndRead", func(t *testing.T) {
		s := open(t)
		must(t, s.Agents.CreateAgent(t.Context(), anAgent(1)))
		got, err := s.Agents.Agent(t.Context(), account, anAgent(1).ID)
		want(t, anAgent(1), got, err)
	})
	t.Run("CreateErrTaken", func(t *testing.T) {
		s := open(t)
		must(t, s.Agents.CreateAgent(t.Context(), anAgent(1)))
		second := anAgent(1)
		second.Name = "Second"
		wantFault(t, fault.Conflict, s.Agents.CreateAgent(t.Context(), second))
		got, err := s.Agents.Agent(t.Context(), account, anAgent(1).ID)
		want(t, anAgent(1), got, err)
	})
	t.Run("ReadErrNotFound", func(t *testing.T) {
		_, err := open(t).Agents.Agent(t.Context(), account, "agt_none")
		wantFault(t, fault.NotFound, err)
	})
	t.Run("ListIsOldestFirst", func(t *testing.T) {
		s := open(t)
		for _, n := range []int{3, 1, 2} {
			must(t, s.Agents.CreateAgent(t.Context(), anAgent(n)))
		}
		got, err := s.Agents.Agents(t.Context(), account, page.Query{})
		want(t, page.Of[agent.Agent]{Items: []agent.Agent{anAgent(1), anAgent(2), anAgent(3)}}, got, err)
	})
	t.Run("ListOfNone", func(t *testing.T) {
		got, err := open(t).Agents.Agents(t.Context(), account, page.Query{})
		if err != nil || len(got.Items) != 0 || got.Next != "" {
			t.Errorf("Agents = %+v, %v; want none", got, err)
		}
	})
	t.Run("Update", func(t *testing.T) {
		s := open(t)
		must(t, s.Agents.CreateAgent(t.Context(), anAgent(1)))
		change := agent.Agent{ID: anAgent(1).ID, Account: account, Name: "New", Description: "", UpdatedAt: at(9)}
		must(t, s.Agents.UpdateAgent(t.Context(), change))
		change.CreatedAt = anAgent(1).CreatedAt // which an update leaves
		got, err := s.Agents.Agent(t.Context(), account, change.ID)
		want(t, change, got, err)
	})
	t.Run("UpdateErrNotFound", func(t *testing.T) {
		s := open(t)
		wantFault(t, fault.NotFound, s.Agents.UpdateAgent(t.Context(), anAgent(1)))
		_, err := s.Agents.Agent(t.Context(), account, anAgent(1).ID)
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Delete", func(t *testing.T) {
		s := open(t)
		must(t, s.Agents.CreateAgent(t.Context(), anAgent(1)), s.Agents.CreateAgent(t.Context(), anAgent(2)))
		must(t, s.Agents.DeleteAgent(t.Context(), account, anAgent(1).ID))
		_, err := s.Agents.Agent(t.Context(), account, anAgent(1).ID)
		wantFault(t, fault.NotFound, err)
		got, err := s.Agents.Agents(t.Context(), account, page.Query{})
		want(t, page.Of[agent.Agent]{Items: []agent.Agent{anAgent(2)}}, got, err)
		wantFault(t, fault.NotFound, s.Agents.DeleteAgent(t.Context(), account, anAgent(1).ID))
	})
	t.Run("DeleteRemovesLinks", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		must(t, s.Agents.DeleteAgent(t.Context(), account, anAgent(1).ID))
		got, err := s.Credentials.LinkedAgents(t.Context(), account, aCredential(1).ID)
		want(t, []string{}, append([]string{}, got...), err)
		// An agent with the same id begins without links.
		must(t, s.Agents.CreateAgent(t.Context(), anAgent(1)))
		_, isLinked, err := s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, aCredential(1).ID, anAgent(1).ID)
		want(t, false, isLinked, err)
	})
	t.Run("DeleteErrHasWorkflows", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		for n := range 5 {
			must(t, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(n), 0))
		}
		err := s.Agents.DeleteAgent(t.Context(), account, anAgent(1).ID)
		wantFault(t, fault.Conflict, err)
		if m := fault.Of(err).Message; !strings.Contains(m, "Workflow 0") {
			t.Errorf("message %q does not name a workflow", m)
		}
		got, err := s.Credentials.LinkedCredentials(t.Context(), account, anAgent(1).ID)
		want(t, []string{aCredential(1).ID}, got, err)

		for n := range 5 {
			must(t, s.Workflows.DeleteWorkflow(t.Context(), account, aWorkflow(n).ID))
		}
		if err := s.Agents.DeleteAgent(t.Context(), account, anAgent(1).ID); err != nil {
			t.Errorf("deleting it without workflows: %v", err)
		}
	})
}

// linked stores agent 1 and credential 1, and links them.
func linked(t testing.TB, s Stores) {
	t.Helper()
	a, c := anAgent(1), aCredential(1)
	must(t,
		s.Agents.CreateAgent(t.Context(), a),
		s.Credentials.CreateCredential(t.Context(), c, aSealed(1)),
		s.Credentials.Link(t.Context(), account, a.ID, c.ID, at(50)))
}
