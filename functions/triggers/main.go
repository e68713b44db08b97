// Command triggers is the Lambda function that schedules and event rules call: it
// starts their workflows.
package main

import (
	"context"
	"time"

	"switchboard/functions"
	"switchboard/functions/runner"
	"switchboard/internal/eventbridge"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	store := functions.Store(h)
	executions, err := runner.Starts(h, store)
	receiver := eventbridge.NewReceiver(store, executions, time.Now, h.Log)
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		return nil, receiver.Receive(ctx, payload)
	}, err
}
