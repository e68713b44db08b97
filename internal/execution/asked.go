package execution

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"switchboard/internal/account"
	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// Approvals tells of what an execution asks people. Package approval implements it.
type Approvals interface {
	// Links gives the addresses at which the execution's waiting approvals are
	// answered, by node and iteration.
	Links(ctx context.Context, account, execution string) (map[task.Key]string, error)
}

// addLinks shows those who may answer where approvals that wait are answered. They
// are only looked for where there may be some.
func (s *Service) addLinks(ctx context.Context, p account.Principal, x Execution, doc *workflow.Document, nodes []NodeRun) error {
	asks := slices.ContainsFunc(doc.Nodes, func(n workflow.Node) bool { return n.Type == workflow.TypeApproval })
	if x.Status != Running || !asks || s.Approvals == nil || !p.Role.Includes(account.Operator) {
		return nil
	}
	links, err := s.Approvals.Links(ctx, p.Account, x.ID)
	if err != nil {
		return fmt.Errorf("reading approvals: %w", err)
	}
	link := func(r *NodeRun, iteration string) {
		if r.Status == NodeWaiting {
			r.ApprovalURL = links[task.Key{Account: p.Account, Execution: x.ID, Node: r.ID, Iteration: iteration}]
		}
	}
	for i := range nodes {
		link(&nodes[i], "")
		for j := range nodes[i].Iterations {
			link(&nodes[i].Iterations[j].NodeRun, nodes[i].Iterations[j].Path)
		}
	}
	return nil
}

// applyApproval corrects what the general view makes of an approval: it waits for a
// person, and that somebody says no, or nobody says anything, is no failure of it.
func (r *NodeRun) applyApproval(e asl.Event) {
	switch {
	case e.Kind == asl.TaskScheduled:
		r.Status = NodeWaiting
	case e.Kind == asl.TaskFailed && answers(e.Error):
		r.Attempts[len(r.Attempts)-1].Error = nil
	case e.Kind == asl.StateFailed && e.Error == string(fault.ApprovalRejected):
		r.Status, r.Error = NodeSucceeded, nil
		if cause := json.RawMessage(e.Cause); r.Output == nil && json.Valid(cause) {
			r.Output = cause
		}
	case e.Kind == asl.StateFailed && e.Error == asl.ErrorTimeout:
		r.Error = nil
		r.Output = json.RawMessage(`{"decision":"timed_out","comment":"","at":null,"by":""}`) // as package compile has it
	}
}

// answers says whether an approval's error is one of its ports.
func answers(name string) bool {
	return name == string(fault.ApprovalRejected) || name == asl.ErrorTimeout
}
