package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"switchboard/internal/dynamo"
	"switchboard/internal/fault"
	"switchboard/internal/stepfn"
)

// scheduled is the detail type of what a schedule sends.
const scheduled = "Scheduled Event"

// outcomes is the function.
type outcomes struct {
	runner  *stepfn.Runner
	remains *stepfn.Remains
	store   *dynamo.Store
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
	if e.DetailType != scheduled {
		if err := o.runner.StatusChanged(ctx, event); err != nil {
			return nil, err
		}
		return nil, o.remains.Ended(ctx, event)
	}
	// Counts come first: where much runs, sweeping takes all the time there is.
	counted := o.noteCounts(ctx)
	swept, err := o.runner.Sweep(ctx, o.store)
	if swept.Ended > 0 {
		o.log.WarnContext(ctx, "executions had ended without an event", "asked", swept.Asked, "ended", swept.Ended)
	}
	if err != nil {
		err = fmt.Errorf("sweeping executions: %w", err)
	}
	return nil, errors.Join(err, counted)
}

// noteCounts puts what was counted into the audit. What there is no time for is the next
// one's: sweeping has most of it.
func (o outcomes) noteCounts(ctx context.Context) error {
	within := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, time.Until(deadline)/4)
		defer cancel()
	}
	err := o.store.NoteCounts(within, time.Now())
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		o.log.WarnContext(ctx, "not all that was counted is in the audit yet", "error", err)
		return nil
	}
	return err
}
