// Command outcomes is the Lambda function that stores how executions ended. Step
// Functions tells it by events; and because an event can be lost, a schedule has it
// ask, now and then, about what seems to be running. With the last end of a workflow that
// was deleted it takes its state machine away.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/functions"
	"switchboard/functions/runner"
	"switchboard/internal/lambdahost"
	"switchboard/internal/stepfn"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	store := functions.Store(h)
	runs, err := runner.New(h, store)
	if err != nil {
		return nil, err
	}
	at, err := runner.Machines(h)
	if err != nil {
		return nil, err
	}
	remains := &stepfn.Remains{Client: sfn.NewFromConfig(h.AWS()), Machines: at, Has: store.HasWorkflow}
	return outcomes{runs.Steps, remains, store, h.Log}.receive, nil
}
