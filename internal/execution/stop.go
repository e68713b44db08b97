package execution

import (
	"context"
	"fmt"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// Stop ends a running execution: what is under way is cut off, nothing follows.
// AlreadyEnded if it ended otherwise, or somebody else stopped it, before.
func (s *Service) Stop(ctx context.Context, p account.Principal, id, cause string) (Execution, error) {
	x, err := s.Repository.Execution(ctx, p.Account, id)
	if err != nil {
		return x, fmt.Errorf("reading execution: %w", err)
	}
	if x.Status != Running {
		return x, hasEnded(x)
	}
	if err := s.Runner.Stop(ctx, x, cause); err != nil {
		return x, fmt.Errorf("stopping execution: %w", err)
	}
	if x, err = s.Repository.Execution(ctx, p.Account, id); err != nil {
		return x, fmt.Errorf("reading execution: %w", err)
	}
	switch {
	case p.Actor == "":
		return x, nil
	case x.Status == Running:
		return x, fault.New(fault.Unavailable, "The execution could not be stopped now.").WithHint("Try again.")
	case x.Status != Stopped:
		return x, hasEnded(x)
	}
	return x, s.noteStop(ctx, p, x)
}

// noteStop tells the audit who stopped an execution: of all who did so at once, the
// first. AlreadyEnded for the others. What ends an execution writes that down in its own
// time (on AWS, Step Functions tells of it), so this is a write of its own, after it.
func (s *Service) noteStop(ctx context.Context, p account.Principal, x Execution) error {
	ctx = context.WithoutCancel(ctx)
	k := task.Key{Account: x.Account, Execution: "stop_" + x.ID, Node: x.StoppedAt.UTC().Format(time.RFC3339Nano)}
	_, first, err := s.Records.Begin(ctx, k, task.Record{State: task.Begun, StartedAt: s.Now().UTC()})
	if err == nil && !first {
		return hasEnded(x)
	}
	if err == nil {
		err = s.Repository.Note(audit.With(ctx, p, audit.StopExecution, x.ID))
	}
	if err != nil {
		return fmt.Errorf("noting the stop: %w", err)
	}
	return nil
}

func hasEnded(x Execution) *fault.Error {
	return fault.New(fault.AlreadyEnded, "The execution has already ended: it %s.", pastTense(x.Status))
}

func pastTense(s Status) string {
	switch s {
	case TimedOut:
		return "timed out"
	case Stopped:
		return "was stopped"
	default:
		return string(s)
	}
}
