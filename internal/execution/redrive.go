package execution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"switchboard/internal/account"
	"switchboard/internal/asl"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// Settled are the outputs of nodes, by node id, whose calls had an outcome that nobody
// knew, and which were done: somebody has looked at the service.
type Settled map[string]json.RawMessage

// Redrive runs an ended execution again from where it failed: what is done stays
// done. A call whose outcome is not known is taken for done where it is settled; for
// the others it is the user's word that they may be made again. ValidationFailed for a
// settled node that has no such call.
func (s *Service) Redrive(ctx context.Context, p account.Principal, id string, settled Settled) (Execution, error) {
	x, err := s.Repository.Execution(ctx, p.Account, id)
	if err != nil {
		return x, fmt.Errorf("reading execution: %w", err)
	}
	return s.redrive(ctx, p, x, settled)
}

// redrive is Redrive of an execution that was read a moment ago.
func (s *Service) redrive(ctx context.Context, p account.Principal, x Execution, settled Settled) (Execution, error) {
	if err := checkRedrivable(x); err != nil {
		return x, err
	}
	v, err := s.versionOf(ctx, x)
	if err != nil {
		return x, err
	}
	uncertain, err := s.uncertain(ctx, x)
	if err != nil {
		return x, err
	}
	if err := checkSettled(uncertain, settled); err != nil {
		return x, err
	}
	if s.Quotas != nil && x.Parent == nil {
		done, err := s.Quotas.Admit(ctx, x.Account)
		if err != nil {
			return x, err
		}
		defer done()
	}
	was := x
	x, err = s.Repository.ReopenExecution(audit.With(ctx, p, audit.RedriveExecution, x.ID), p.Account, x.ID, asl.Event{Kind: asl.ExecutionRedriven, At: s.Now().UTC()},
		slices.Collect(maps.Keys(settled))...)
	if err != nil {
		return x, fmt.Errorf("reopening execution: %w", err)
	}
	// It is running now, on record: it has to go on even if the caller has gone.
	ctx = context.WithoutCancel(ctx)
	// Another redrive may have come and gone since they were read. While this one has it
	// reopened and nothing runs, they stay as they are.
	if uncertain, err = s.uncertain(ctx, x); err != nil {
		return x, err
	}
	if err := s.settle(ctx, p, x, uncertain, settled); err != nil {
		return x, err
	}
	if err := s.Runner.Redrive(ctx, x, v); err != nil {
		if fault.Is(err, fault.Conflict) { // it never will, so it has ended as before
			err = errors.Join(err, s.Repository.FinishExecution(audit.Without(ctx), was))
		}
		return x, fmt.Errorf("going on with execution: %w", err)
	}
	return x, nil
}

// uncertain gives the records of calls whose outcome is not known.
func (s *Service) uncertain(ctx context.Context, x Execution) (map[task.Key]task.Record, error) {
	records, err := s.Records.RecordsOf(ctx, x.Account, x.ID)
	if err != nil {
		return nil, fmt.Errorf("reading once-only records: %w", err)
	}
	maps.DeleteFunc(records, func(_ task.Key, r task.Record) bool { return r.State != task.Begun })
	return records, nil
}

func checkSettled(uncertain map[task.Key]task.Record, settled Settled) error {
	nodes := map[string]bool{}
	for key := range uncertain {
		nodes[key.Node] = true
	}
	var wrong []fault.Field
	for _, node := range slices.Sorted(maps.Keys(settled)) {
		if !nodes[node] {
			wrong = append(wrong, fault.Field{Pointer: "/done/" + node, Message: "has no call whose outcome is unknown"})
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	f := fault.New(fault.ValidationFailed, "Only a call whose outcome is not known can be settled.")
	f.Fields = wrong
	return f
}

// settle takes the calls of settled nodes for done, and lets the others be made again.
func (s *Service) settle(ctx context.Context, p account.Principal, x Execution, uncertain map[task.Key]task.Record, settled Settled) error {
	for key, r := range uncertain {
		key.Account, key.Execution = x.Account, x.ID
		r.State, r.Reason = task.Released, ""
		if output, ok := settled[key.Node]; ok {
			r.State, r.Output = task.Done, output
			entry := audit.Entry{
				Account: x.Account, Actor: p.Actor, Action: audit.SettleExecution, Resource: x.ID, Agent: x.Agent, Execution: x.ID, Node: key.Node, Iteration: key.Iteration,
			}
			if err := s.Repository.Note(audit.WithEntry(audit.Without(ctx), entry)); err != nil {
				return fmt.Errorf("noting what was settled: %w", err)
			}
		}
		if err := s.Records.Put(ctx, key, r); err != nil {
			return fmt.Errorf("settling a once-only record: %w", err)
		}
	}
	return nil
}
