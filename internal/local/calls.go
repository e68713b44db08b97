package local

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lastCalls is how long calls that are under way have when the process stops. What is cut
// off leaves behind a call of which nobody knows whether it was made.
const lastCalls = 2500 * time.Millisecond

// errStopping is why executions stop with the process.
var errStopping = fmt.Errorf("the process stops: %w", context.Canceled)

// lasting is the context of a call: it ends with ctx, except that it has a while longer
// when the process stops.
func (r *Runner) lasting(ctx context.Context) (lasting context.Context, release func()) {
	lasting, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	release = func() { cancel(nil) }
	if at, ok := ctx.Deadline(); ok {
		var free context.CancelFunc
		lasting, free = context.WithDeadline(lasting, at)
		release = func() { free(); cancel(nil) }
	}
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), errStopping) {
			context.AfterFunc(r.calls, func() { cancel(errStopping) })
			return
		}
		cancel(context.Cause(ctx))
	})
	free := release
	return lasting, func() {
		stop()
		free()
	}
}

// turn waits until a call may be made.
func (r *Runner) turn(ctx context.Context, account string) (done func(), err error) {
	if r.turns == nil {
		return func() {}, nil
	}
	return r.turns.Take(ctx, account)
}
