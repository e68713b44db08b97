package workflow

import (
	"context"
	"fmt"

	"switchboard/internal/account"
	"switchboard/internal/audit"
)

// Try makes the draft ready to run whole, and gives it as a version that serves
// nothing: no trigger starts it, and it is in no list. A draft has one trial, however
// often this is called. One with errors gives WorkflowInvalid and one that is not meant
// PreconditionFailed, as Publish does.
//
// A trial is never an Express version, whose steps nobody could look at afterwards.
func (s *Service) Try(ctx context.Context, p account.Principal, id string, meant Precondition) (Version, error) {
	w, err := s.meant(ctx, p, id, meant)
	if err != nil {
		return Version{}, err
	}
	compiled, err := s.compile(ctx, p, w, w.Latest+1)
	if err != nil {
		return Version{}, err
	}
	v, err := s.version(p, w, FirstTrial+int(w.Revision), compiled)
	if err != nil {
		return v, err
	}
	v.Express = false
	if err := s.Repository.PutTrial(audit.With(ctx, p, audit.TryWorkflow, w.ID), v); err != nil {
		return v, fmt.Errorf("storing the trial: %w", err)
	}
	// What is deployed is what is stored, which may be of an earlier call.
	if v, err = s.Repository.Version(ctx, p.Account, w.ID, v.Number); err != nil {
		return v, fmt.Errorf("reading the trial: %w", err)
	}
	if err := s.Deployer.Deploy(ctx, w, v); err != nil {
		return v, fmt.Errorf("deploying the trial: %w", err)
	}
	return v, nil
}
