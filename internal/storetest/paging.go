package storetest

import (
	"testing"

	"switchboard/internal/agent"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

// listed is how many things there are in each list of these tests.
const listed = 7

// A list of the ids of things, for what all lists have in common.
type list struct {
	name string
	ids  []string // in the order that is promised
	page func(q page.Query) (page.Of[string], error)
}

func testPaging(t *testing.T, open func(testing.TB) Stores) {
	s := fill(t, open(t))
	lists := listsOf(t, s)
	for _, l := range lists {
		t.Run(l.name, func(t *testing.T) {
			t.Run("EveryPageSize", func(t *testing.T) {
				for size := range listed + 3 {
					want(t, l.ids, all(t, size, l.page), nil)
				}
			})
			t.Run("CursorCanBeUsedAgain", func(t *testing.T) {
				first, err := l.page(page.Query{Limit: 2})
				want(t, l.ids[:2], first.Items, err)
				for range 2 {
					second, err := l.page(page.Query{Limit: 2, Cursor: first.Next})
					want(t, l.ids[2:4], second.Items, err)
				}
			})
			t.Run("ErrCursor", func(t *testing.T) {
				first, err := l.page(page.Query{Limit: 1})
				must(t, err)
				for _, cursor := range []string{"x", "%%%", "AAAA", "AAAAAAAAAAAAAAAA", "null", first.Next[1:], first.Next + "A"} {
					_, err := l.page(page.Query{Cursor: cursor})
					wantFault(t, fault.ValidationFailed, err)
					if fields := fault.Of(err).Fields; len(fields) != 1 || fields[0].Pointer != "/query/cursor" {
						t.Errorf("%q: the fault is about %v", cursor, fields)
					}
				}
			})
		})
	}
	t.Run("Bounds", func(t *testing.T) {
		s := open(t)
		race(func(n int) {
			for i := range 7 {
				if err := s.Agents.CreateAgent(t.Context(), anAgent(n*7+i)); err != nil {
					t.Error(err)
				}
			}
		})
		for limit, size := range map[int]int{-1: page.DefaultLimit, 0: page.DefaultLimit, 1_000_000: page.MaxLimit} {
			p, err := s.Agents.Agents(t.Context(), account, page.Query{Limit: limit})
			want(t, size, len(p.Items), err)
		}
		if got := all(t, 1_000_000, func(q page.Query) (page.Of[agent.Agent], error) {
			return s.Agents.Agents(t.Context(), account, q)
		}); len(got) != 7*racers {
			t.Errorf("%d agents on all pages, want %d", len(got), 7*racers)
		}
	})
	t.Run("CursorSurvivesTheItemItStandsAt", func(t *testing.T) {
		first, err := s.Agents.Agents(t.Context(), account, page.Query{Limit: 3})
		must(t, err)
		must(t, s.Agents.DeleteAgent(t.Context(), account, anAgent(3).ID))
		rest, err := s.Agents.Agents(t.Context(), account, page.Query{Cursor: first.Next})
		want(t, page.Of[agent.Agent]{Items: []agent.Agent{anAgent(4), anAgent(5), anAgent(6), anAgent(7)}}, rest, err)
	})
	t.Run("CursorIsNoWayIntoAnotherAccount", func(t *testing.T) {
		for _, l := range lists {
			first, err := l.page(page.Query{Limit: 1})
			must(t, err)
			got, err := s.Executions.Executions(t.Context(), stranger, execution.Filter{}, page.Query{Cursor: first.Next})
			if len(got.Items) > 0 {
				t.Errorf("a cursor of %s gave %v to another account (%v)", l.name, got.Items, err)
			}
		}
	})
}

// fill stores 7 of everything: ids 1 to 7.
func fill(t testing.TB, s Stores) Stores {
	t.Helper()
	for n := 1; n <= listed; n++ {
		must(t, s.Agents.CreateAgent(t.Context(), anAgent(n)))
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(n), aSealed(n)))
		must(t, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(n), 0))
		publish(t, s, aVersion(n), "")
		start(t, s, anExecution(n))
		// Things that no list below may show, in between.
		c, x := aCredential(n), anExecution(100+n)
		c.ID, c.Type = idOf("cred", 100+n), "twilio"
		x.Workflow, x.StartedAt = idOf("wf", 2), at(n)
		must(t, s.Credentials.CreateCredential(t.Context(), c, aSealed(n)))
		start(t, s, x)
	}
	return s
}

func listsOf(t testing.TB, s Stores) []list {
	up := func(prefix string) (ids []string) {
		for n := 1; n <= listed; n++ {
			ids = append(ids, idOf(prefix, n))
		}
		return ids
	}
	down := func(prefix string) (ids []string) {
		for n := listed; n >= 1; n-- {
			ids = append(ids, idOf(prefix, n))
		}
		return ids
	}
	ctx := t.Context()
	return []list{
		{"Agents", up("agt"), func(q page.Query) (page.Of[string], error) {
			p, err := s.Agents.Agents(ctx, account, q)
			return idsOf(p, err, func(a agent.Agent) string { return a.ID })
		}},
		{"CredentialsOfAType", up("cred"), func(q page.Query) (page.Of[string], error) {
			p, err := s.Credentials.Credentials(ctx, account, credential.Filter{Type: "slack_bot_token"}, q)
			return idsOf(p, err, func(c credential.Credential) string { return c.ID })
		}},
		{"Workflows", up("wf"), func(q page.Query) (page.Of[string], error) {
			p, err := s.Workflows.Workflows(ctx, account, "", q)
			return idsOf(p, err, func(w workflow.Workflow) string { return w.ID })
		}},
		{"WorkflowsOfAnAgent", up("wf"), func(q page.Query) (page.Of[string], error) {
			p, err := s.Workflows.Workflows(ctx, account, anAgent(1).ID, q)
			return idsOf(p, err, func(w workflow.Workflow) string { return w.ID })
		}},
		{"Versions", down("v"), func(q page.Query) (page.Of[string], error) {
			p, err := s.Workflows.Versions(ctx, account, aWorkflow(1).ID, q)
			return idsOf(p, err, func(v workflow.Version) string { return idOf("v", v.Number) })
		}},
		{"ExecutionsOfAWorkflow", down("exe"), func(q page.Query) (page.Of[string], error) {
			p, err := s.Executions.Executions(ctx, account, execution.Filter{Workflow: aWorkflow(1).ID}, q)
			return idsOf(p, err, func(x execution.Execution) string { return x.ID })
		}},
		{"ExecutionsOfAWorkflowAndStatus", down("exe"), func(q page.Query) (page.Of[string], error) {
			f := execution.Filter{Workflow: aWorkflow(1).ID, Status: execution.Running}
			p, err := s.Executions.Executions(ctx, account, f, q)
			return idsOf(p, err, func(x execution.Execution) string { return x.ID })
		}},
	}
}

func idsOf[T any](p page.Of[T], err error, id func(T) string) (page.Of[string], error) {
	ids := page.Of[string]{Next: p.Next}
	for _, item := range p.Items {
		ids.Items = append(ids.Items, id(item))
	}
	return ids, err
}
