package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"switchboard/internal/execution"
	"switchboard/internal/fault"
)

// patience is how long an execution is left to Step Functions' own event.
const patience = 5 * time.Minute

// runner is what knows Step Functions; *stepfn.Runner.
type runner interface {
	StatusChanged(ctx context.Context, event []byte) error
	Settle(ctx context.Context, x execution.Execution) (ended bool, err error)
}

// outcomes is the function.
type outcomes struct {
	runner  runner
	running func(context.Context) ([]execution.Execution, error)
	log     *slog.Logger
}

// receive takes an event of EventBridge: the end of an execution, or the schedule's.
func (o outcomes) receive(ctx context.Context, event []byte) ([]byte, error) {
	var e struct {
		DetailType string `json:"detail-type"`
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, fault.New(fault.BadRequest, "This is not an event of EventBridge.").Because(err)
	}
	switch e.DetailType {
	case "Scheduled Event":
		return nil, o.sweep(ctx)
	default:
		return nil, o.runner.StatusChanged(ctx, event)
	}
}

// sweep asks about all executions that should have been heard of, oldest first, as
// far as the time goes; the next one begins anew.
func (o outcomes) sweep(ctx context.Context) error {
	executions, err := o.running(ctx)
	if err != nil {
		return fmt.Errorf("listing what is running: %w", err)
	}
	ended, failures := 0, []error(nil)
	for _, x := range executions {
		if time.Since(x.StartedAt) < patience {
			continue
		}
		done, err := o.runner.Settle(ctx, x)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("settling execution %s: %w", x.ID, err))
		}
		if done {
			ended++
		}
	}
	if ended > 0 {
		o.log.WarnContext(ctx, "executions had ended without an event", "count", ended)
	}
	return errors.Join(failures...)
}
