package stepfn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
)

// Running is what a sweep reads of the stored executions.
type Running interface {
	// RunningExecutions lists those of all accounts that have not ended.
	RunningExecutions(ctx context.Context) ([]execution.Execution, error)
	// History gives what is stored of one: of those on Step Functions, its redrives.
	History(ctx context.Context, account, id string) ([]asl.Event, error)
}

const (
	// settleAfter leaves an execution alone until its end must have been heard of, had
	// it been over by then.
	settleAfter = 2 * time.Minute
	// sweepers is how many executions are asked for at a time: Step Functions answers
	// about 15 a second.
	sweepers = 4
)

// Swept is what a Sweep found.
type Swept struct {
	Asked int // executions that Step Functions was asked for
	Ended int // of them, those whose end was stored only now
}

// Sweep settles what has been running for a while: the event of an end can be lost, and
// the function that was to start an execution can have died. It is to be called every
// few minutes. It begins anywhere and goes round while ctx lasts, so that where there is
// not time enough for all, each has its turn in the end. The error is of executions that
// could not be settled; the others were all the same.
func (r *Runner) Sweep(ctx context.Context, store Running) (Swept, error) {
	running, err := store.RunningExecutions(ctx)
	if err != nil {
		return Swept{}, fmt.Errorf("listing running executions: %w", err)
	}
	now := r.Now()
	running = slices.DeleteFunc(running, func(x execution.Execution) bool { return now.Sub(x.StartedAt) < settleAfter })
	if len(running) == 0 {
		return Swept{}, nil
	}
	first := rand.IntN(len(running)) //nolint:gosec // anywhere is no secret
	todo := slices.Concat(running[first:], running[:first])
	return r.sweep(ctx, store, todo)
}

func (r *Runner) sweep(ctx context.Context, store Running, todo []execution.Execution) (swept Swept, err error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	next := make(chan execution.Execution)
	for range sweepers {
		all.Go(func() {
			for x := range next {
				ended, settleErr := r.settle(ctx, x, func(at time.Time) (bool, error) { return r.final(ctx, store, x, at) })
				mu.Lock()
				swept.Asked++
				if ended {
					swept.Ended++
				}
				if settleErr != nil && ctx.Err() == nil {
					err = errors.Join(err, fmt.Errorf("settling execution %s: %w", x.ID, settleErr))
				}
				mu.Unlock()
			}
		})
	}
	for _, x := range todo {
		select {
		case next <- x:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	all.Wait()
	r.Log.InfoContext(ctx, "swept running executions", slog.Int("running", len(todo)), slog.Int("asked", swept.Asked), slog.Int("ended", swept.Ended))
	return swept, err
}

// final says whether an end is not that of an earlier run of an execution which is just
// being redriven: the store says first that it runs again, Step Functions only then.
func (r *Runner) final(ctx context.Context, store Running, x execution.Execution, at time.Time) (bool, error) {
	events, err := store.History(ctx, x.Account, x.ID)
	if err != nil {
		return false, fmt.Errorf("reading history: %w", err)
	}
	for _, e := range events {
		if e.Kind == asl.ExecutionRedriven && e.At.After(at) && r.Now().Sub(e.At) < settleAfter {
			return false, nil
		}
	}
	return true, nil
}
