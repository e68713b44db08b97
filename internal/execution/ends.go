package execution

import (
	"context"
	"fmt"
	"time"

	"switchboard/internal/fault"
)

// Ends is a Repository by which an execution that has ended is told of.
type Ends struct {
	Repository
	count func(ctx context.Context, x Execution)
	tell  func(ctx context.Context, x Execution) error
}

// tellLimit is how long telling may take: the end itself is stored.
const tellLimit = 20 * time.Second

// NewEnds returns a repository that tells nobody yet.
func NewEnds(r Repository) *Ends { return &Ends{Repository: r} }

// Connect says who is told: count once, when an end is stored, and tell, which is
// Children.Ended, as often as it takes. Their services are made after what finishes
// executions. It comes before anything runs.
func (e *Ends) Connect(count func(ctx context.Context, x Execution), tell func(ctx context.Context, x Execution) error) {
	e.count, e.tell = count, tell
}

// FinishExecution implements Repository. An end that has been stored before is told
// again, so that repeating it repairs a telling that failed.
func (e *Ends) FinishExecution(ctx context.Context, x Execution) error {
	err := e.Repository.FinishExecution(ctx, x)
	if e.tell == nil || err != nil && !fault.Is(err, fault.AlreadyEnded) {
		return err
	}
	if err != nil {
		stored, readErr := e.Execution(ctx, x.Account, x.ID)
		if readErr != nil {
			return fmt.Errorf("reading execution: %w", readErr)
		}
		x = stored
	} else {
		counting, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellLimit)
		e.count(counting, x)
		cancel()
	}
	if tellErr := e.TellAgain(ctx, x); tellErr != nil {
		return tellErr
	}
	return err
}

// TellAgain tells of an execution whose end is stored: whoever stored it may have died
// before it came to that. Of one that runs there is nothing to tell.
func (e *Ends) TellAgain(ctx context.Context, x Execution) error {
	if e.tell == nil || x.Status == Running {
		return nil
	}
	telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellLimit)
	defer cancel()
	if err := e.tell(telling, x); err != nil {
		return fmt.Errorf("telling that execution %s has ended: %w", x.ID, err)
	}
	return nil
}
