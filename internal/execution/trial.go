package execution

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// Tester runs one task alone: the connector's function does it.
type Tester interface {
	// Try returns a trial even where the action failed; the error is for when it could
	// not be tried at all.
	Try(ctx context.Context, connectorName string, t task.Task) (task.Trial, error)
}

// Credentials is what testing a node reads of them.
type Credentials interface {
	Credential(ctx context.Context, account, id string) (credential.Credential, error)
	// LinkedCredentials lists the ids of those that an agent may use, sorted.
	LinkedCredentials(ctx context.Context, account, agent string) ([]string, error)
}

// trialTimeout is how long a node may take when it is tested: the caller waits.
const trialTimeout = 20

// TestNode runs one action node of the draft, now, with the variables given: by the
// roots of their paths (trigger, steps, vars, item ...). It really calls the service.
// PreconditionFailed if the draft is not the one that is meant.
func (s *Service) TestNode(ctx context.Context, p account.Principal, workflowID, nodeID string, meant workflow.Precondition, variables map[string]any) (task.Trial, error) {
	w, err := s.Workflows.Workflow(ctx, p.Account, workflowID)
	if err != nil {
		return task.Trial{}, fmt.Errorf("reading workflow: %w", err)
	}
	if err := meant.Check(w); err != nil {
		return task.Trial{}, err
	}
	doc, err := workflow.Parse(w.Document)
	if err != nil {
		return task.Trial{}, err
	}
	i := slices.IndexFunc(doc.Nodes, func(n workflow.Node) bool { return n.ID == nodeID })
	if i < 0 {
		return task.Trial{}, fault.NotFoundf("The workflow has no node %s.", nodeID)
	}
	n := doc.Nodes[i]
	connectorName, action, ok := strings.Cut(n.Type, ".")
	if !ok {
		return task.Trial{}, fault.New(fault.ValidationFailed, "Only action nodes can be tested alone; %s is a %s node.", n.ID, n.Type).
			WithHint("Run the workflow to see what it does.").At("/path/node", "is no action node")
	}
	t := task.Task{
		Account: p.Account, Agent: w.Agent, Workflow: w.ID, Node: n.ID, Action: action, Config: n.Config,
		TimeoutSeconds: trialTimeout, Variables: variables,
	}
	if t.Config == nil {
		t.Config = map[string]any{}
	}
	// A test is an execution of its own, so that what it did is on record.
	if t.Execution, err = id.New("test"); err != nil {
		return task.Trial{}, err
	}
	if n.Credential != "" {
		if t.Credential, err = s.taskCredential(ctx, w, n.Credential); err != nil {
			return task.Trial{}, err
		}
	}
	done := audit.Entry{Account: p.Account, Actor: p.Actor, Agent: w.Agent, Execution: t.Execution, Node: n.ID}
	done.Action, done.Resource = audit.TestNode, w.ID
	noted := audit.WithEntry(ctx, done)
	if t.Credential != nil {
		done.Action, done.Resource = audit.OpenCredential, t.Credential.ID
		noted = audit.WithEntry(noted, done)
	}
	if err := s.Repository.Note(noted); err != nil {
		return task.Trial{}, fmt.Errorf("noting the test: %w", err)
	}
	trial, err := s.Tester.Try(ctx, connectorName, t)
	if err != nil {
		return trial, fmt.Errorf("testing node: %w", err)
	}
	return trial, nil
}

// taskCredential reads the credential of a node, if it is linked to the workflow's
// agent. Of one that is not, nobody learns here whether it is there.
func (s *Service) taskCredential(ctx context.Context, w workflow.Workflow, id string) (*task.Credential, error) {
	notLinked := fault.New(fault.ValidationFailed, "The node's credential is not linked to the agent.").
		WithHint("Link it on the agent's Integrations page, or choose another one for the node.").At("/path/node", "has a credential that is not linked")
	linked, err := s.Credentials.LinkedCredentials(ctx, w.Account, w.Agent)
	if err != nil {
		return nil, fmt.Errorf("reading links: %w", err)
	}
	if !slices.Contains(linked, id) {
		return nil, notLinked
	}
	c, err := s.Credentials.Credential(ctx, w.Account, id)
	if fault.Is(err, fault.NotFound) { // deleted just now
		return nil, notLinked
	}
	if err != nil {
		return nil, fmt.Errorf("reading credential: %w", err)
	}
	return &task.Credential{ID: c.ID, Type: c.Type}, nil
}
