package execution

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

// Done is what became of one execution that a filter picked.
type Done struct {
	Of  string // the execution that was picked
	ID  string // the execution that runs now; of a redrive the same
	Err error  // why none does
}

// doneAtOnce is how many executions are redriven or replayed at once.
const doneAtOnce = 8

// RedriveAll redrives those of a workflow's executions that a filter picks, a page of
// them: who wants all goes on with the next page. What cannot be redriven does not
// keep the others from it. Without a status, those that have failed are picked.
func (s *Service) RedriveAll(ctx context.Context, p account.Principal, f Filter, q page.Query) (page.Of[Done], error) {
	if f.Status == Succeeded {
		return page.Of[Done]{}, fault.New(fault.ValidationFailed, "What has succeeded cannot go on again.").
			WithHint("Replay it instead.").At("/status", "must be failed, timed_out or stopped")
	}
	return s.all(ctx, p, f, q, func(ctx context.Context, x Execution) (Execution, error) {
		return s.Redrive(ctx, p, x.ID, nil)
	})
}

// ReplayAll replays those of a workflow's executions that a filter picks, a page of
// them, as RedriveAll redrives them. An empty From is the node at which each has
// failed, or the trigger where it is none. The key keeps each from being replayed
// twice, and what was made with it from being picked: who lost an answer repeats the
// call, while the service may still be failing.
func (s *Service) ReplayAll(ctx context.Context, p account.Principal, f Filter, q page.Query, r Replay) (page.Of[Done], error) {
	f.NotReplayedWith = r.IdempotencyKey
	return s.all(ctx, p, f, q, func(ctx context.Context, x Execution) (Execution, error) {
		one := r
		one.Execution = x.ID
		if one.From == "" {
			one.From = workflow.TriggerNode
			if x.Error != nil && x.Error.Node != "" {
				one.From = x.Error.Node
			}
		}
		return s.Replay(ctx, p, one)
	})
}

func (s *Service) all(ctx context.Context, p account.Principal, f Filter, q page.Query, do func(context.Context, Execution) (Execution, error)) (page.Of[Done], error) {
	var none page.Of[Done]
	switch f.Status {
	case "":
		f.Status = Failed
	case Running:
		return none, fault.New(fault.ValidationFailed, "What is still running cannot be run again.").
			WithHint("Wait until it has ended, or stop it.").At("/status", "must be failed, timed_out, stopped or succeeded")
	}
	picked, err := s.List(ctx, p, f, q)
	if err != nil {
		return none, err
	}
	done := page.Of[Done]{Items: make([]Done, len(picked.Items)), Next: picked.Next}
	var group errgroup.Group
	group.SetLimit(doneAtOnce)
	for i, x := range picked.Items {
		group.Go(func() error {
			again, err := do(ctx, x)
			if done.Items[i] = (Done{Of: x.ID, ID: again.ID, Err: err}); err != nil {
				done.Items[i].ID = ""
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return none, fmt.Errorf("running executions again: %w", err)
	}
	return done, nil
}
