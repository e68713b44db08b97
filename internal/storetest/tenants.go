package storetest

import (
	"testing"

	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// testTenants does everything to the things of one account in the name of another:
// as if they were not there, and without touching them.
func testTenants(t *testing.T, open func(testing.TB) Stores) {
	s := open(t)
	agentID, credID, wfID, exeID := anAgent(1).ID, aCredential(1).ID, aWorkflow(1).ID, anExecution(1).ID
	linked(t, s)
	must(t, s.Workflows.CreateWorkflow(t.Context(), aWorkflow(1), 0))
	publish(t, s, aVersion(1), "hook-1")
	start(t, s, anExecution(1))
	must(t, s.Executions.AppendHistory(account, exeID, anEvent(1)), s.Records.Put(t.Context(), aKey("a"), aRecord(task.Done)))

	ctx := t.Context()
	strangers := func() (w struct {
		agentErr, credErr, wfErr, versionErr error
	}) {
		a, c, wf, v, sealed := anAgent(1), aCredential(1), aWorkflow(1), aVersion(2), aSealed(2)
		a.Account, c.Account, wf.Account, v.Account = stranger, stranger, stranger, stranger
		w.agentErr = s.Agents.UpdateAgent(ctx, a)
		w.credErr = s.Credentials.UpdateCredential(ctx, c, &sealed)
		w.wfErr = s.Workflows.UpdateWorkflow(ctx, wf)
		w.versionErr = s.Workflows.Publish(ctx, v, "hook-2")
		return w
	}()
	trial := aVersion(1)
	trial.Account, trial.Number = stranger, workflow.FirstTrial+1
	finish := ended(anExecution(1), execution.Stopped)
	finish.Account = stranger
	create := aWorkflow(2)
	create.Account = stranger // and the agent is the other's
	key := aKey("a")
	key.Account = stranger
	for name, err := range map[string]error{
		"Agent":             second(s.Agents.Agent(ctx, stranger, agentID)),
		"UpdateAgent":       strangers.agentErr,
		"DeleteAgent":       s.Agents.DeleteAgent(ctx, stranger, agentID),
		"Credential":        second(s.Credentials.Credential(ctx, stranger, credID)),
		"UpdateCredential":  strangers.credErr,
		"DeleteCredential":  s.Credentials.DeleteCredential(ctx, stranger, credID),
		"Link":              s.Credentials.Link(ctx, stranger, agentID, credID, at(1)),
		"Unlink":            s.Credentials.Unlink(ctx, stranger, agentID, credID),
		"LinkedCredentials": second(s.Credentials.LinkedCredentials(ctx, stranger, agentID)),
		"LinkedAgents":      second(s.Credentials.LinkedAgents(ctx, stranger, credID)),
		"Sealed":            third(s.Credentials.Sealed(ctx, stranger, aCredential(1).Type, credID, agentID)),
		"CreateWorkflow":    s.Workflows.CreateWorkflow(ctx, create, 0),
		"Workflow":          second(s.Workflows.Workflow(ctx, stranger, wfID)),
		"WorkflowsOfAgent":  second(s.Workflows.Workflows(ctx, stranger, agentID, page.Query{})),
		"UpdateWorkflow":    strangers.wfErr,
		"DeleteWorkflow":    s.Workflows.DeleteWorkflow(ctx, stranger, wfID),
		"Publish":           strangers.versionErr,
		"PutTrial":          s.Workflows.PutTrial(ctx, trial),
		"Serve":             s.Workflows.Serve(ctx, stranger, wfID, 0),
		"Version":           second(s.Workflows.Version(ctx, stranger, wfID, 1)),
		"Versions":          second(s.Workflows.Versions(ctx, stranger, wfID, page.Query{})),
		"Execution":         second(s.Executions.Execution(ctx, stranger, exeID)),
		"FinishExecution":   s.Executions.FinishExecution(ctx, finish),
		"History":           second(s.Executions.History(ctx, stranger, exeID)),
		"Record":            second(s.Records.Record(ctx, key)),
	} {
		t.Run(name, func(t *testing.T) { wantFault(t, fault.NotFound, err) })
	}
	t.Run("ListsAreEmpty", func(t *testing.T) { wantNothing(t, s) })
	t.Run("NothingWasTouched", func(t *testing.T) {
		// Its own account's record and history of the same names are not these.
		must(t, s.Records.Put(ctx, key, aRecord(task.Released)))
		_ = s.Executions.AppendHistory(stranger, exeID, anEvent(2)) // may say that there is none

		a, err := s.Agents.Agent(ctx, account, agentID)
		want(t, anAgent(1), a, err)
		c, err := s.Credentials.Credential(ctx, account, credID)
		want(t, aCredential(1), c, err)
		sealed, isLinked, err := s.Credentials.Sealed(ctx, account, aCredential(1).Type, credID, agentID)
		want(t, aSealed(1), sealed, err)
		want(t, true, isLinked, err)
		wf := aWorkflow(1)
		wf.Published, wf.Latest, wf.HookSecret = 1, 1, "hook-1"
		w, err := s.Workflows.ByHook(ctx, "hook-1")
		want(t, wf, w, err)
		x, err := s.Executions.Execution(ctx, account, exeID)
		want(t, anExecution(1), x, err)
		events, err := s.Executions.History(ctx, account, exeID)
		want(t, 1, len(events), err)
		r, err := s.Records.Record(ctx, aKey("a"))
		want(t, aRecord(task.Done), r, err)
	})
}

func wantNothing(t *testing.T, s Stores) {
	ctx := t.Context()
	agents, err := s.Agents.Agents(ctx, stranger, page.Query{})
	want(t, 0, len(agents.Items), err)
	creds, err := s.Credentials.Credentials(ctx, stranger, credential.Filter{}, page.Query{})
	want(t, 0, len(creds.Items), err)
	workflows, err := s.Workflows.Workflows(ctx, stranger, "", page.Query{})
	want(t, 0, len(workflows.Items), err)
	for _, f := range []execution.Filter{{}, {Workflow: aWorkflow(1).ID}, {Status: execution.Running}} {
		executions, err := s.Executions.Executions(ctx, stranger, f, page.Query{})
		want(t, 0, len(executions.Items), err)
	}
	records, err := s.Records.RecordsOf(ctx, stranger, anExecution(1).ID)
	want(t, 0, len(records), err)
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }
