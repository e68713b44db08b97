package execution

import (
	"context"
	"fmt"

	"switchboard/internal/account"
	"switchboard/internal/asl"
	"switchboard/internal/audit"
	"switchboard/internal/task"
)

// Redrive runs an ended execution again from where it failed: what is done stays
// done. It is the user's word that a call whose outcome is not known may be made
// again.
func (s *Service) Redrive(ctx context.Context, p account.Principal, id string) (Execution, error) {
	x, err := s.Repository.Execution(ctx, p.Account, id)
	if err != nil {
		return x, fmt.Errorf("reading execution: %w", err)
	}
	if err := checkRedrivable(x); err != nil {
		return x, err
	}
	v, err := s.Workflows.Version(ctx, p.Account, x.Workflow, x.Version)
	if err != nil {
		return x, fmt.Errorf("reading version: %w", err)
	}
	if s.Quotas != nil && x.Parent == nil {
		done, err := s.Quotas.Admit(ctx, x.Account)
		if err != nil {
			return x, err
		}
		defer done()
	}
	x, err = s.Repository.ReopenExecution(audit.With(ctx, p, audit.RedriveExecution, id), p.Account, id, asl.Event{Kind: asl.ExecutionRedriven, At: s.Now().UTC()})
	if err != nil {
		return x, fmt.Errorf("reopening execution: %w", err)
	}
	if err := s.releaseUncertain(ctx, x); err != nil {
		return x, err
	}
	if err := s.Runner.Redrive(context.WithoutCancel(ctx), x, v); err != nil {
		return x, fmt.Errorf("going on with execution: %w", err)
	}
	return x, nil
}

// releaseUncertain lets calls be made again whose outcome is not known.
func (s *Service) releaseUncertain(ctx context.Context, x Execution) error {
	records, err := s.Records.RecordsOf(ctx, x.Account, x.ID)
	if err != nil {
		return fmt.Errorf("reading once-only records: %w", err)
	}
	for key, r := range records {
		if r.State != task.Begun {
			continue
		}
		key.Account, key.Execution = x.Account, x.ID
		r.State, r.Reason = task.Released, ""
		if err := s.Records.Put(ctx, key, r); err != nil {
			return fmt.Errorf("releasing a once-only record: %w", err)
		}
	}
	return nil
}
