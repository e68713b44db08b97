// Command children is the Lambda function that runs workflows for the workflow nodes
// of others. State machines call it.
package main

import (
	"switchboard/functions"
	"switchboard/functions/runner"
	"switchboard/internal/inputschema"
	"switchboard/internal/lambdahost"
)

func main() { lambdahost.Run(wire) }

func wire(h *lambdahost.Host) (lambdahost.Handler, error) {
	runs, err := runner.New(h, functions.Store(h))
	if err != nil {
		return nil, err
	}
	runs.Service.CheckInput = inputschema.Validate
	return lambdahost.Task(runs.Children.Run), nil
}
