// Command outcomes is the Lambda function that stores how executions ended. Step
// Functions tells it by events; and because an event can be lost, a schedule has it
// ask, now and then, about what seems to be running.
package main

import (
	"switchboard/functions"
	"switchboard/functions/runner"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	store := functions.Store(h)
	runs, err := runner.New(h, store)
	if err != nil {
		return nil, err
	}
	return outcomes{runs.Steps, store, h.Log}.receive, nil
}
