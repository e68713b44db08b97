// Package runner is what the functions share that start executions or look after
// them. It is apart from package functions because what is imported costs time at
// every cold start.
package runner

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/dynamo"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/lambdahost"
	"switchboard/internal/stepfn"
)

// New gives what runs the table's executions on Step Functions.
func New(h *lambdahost.Host, store *dynamo.Store) (*stepfn.Runner, error) {
	at, err := Machines(h)
	if err != nil {
		return nil, err
	}
	return stepfn.NewRunner(stepfn.RunConfig{
		Client: sfn.NewFromConfig(h.AWS()), Machines: at, Executions: store, Versions: store, Now: time.Now, Log: h.Log,
	}), nil
}

// Executions starts and shows the table's executions. What only testing nodes and
// starting by hand need is left to who does that.
func Executions(h *lambdahost.Host, store *dynamo.Store) (*execution.Service, error) {
	runner, err := New(h, store)
	if err != nil {
		return nil, err
	}
	return execution.NewService(execution.Config{
		Repository: stepfn.NewHistories(store, runner), Workflows: store, Records: store, Runner: runner,
		Credentials: store, Now: time.Now,
	}), nil
}

// Machines says where the deployment's state machines are.
func Machines(h *lambdahost.Host) (stepfn.Machines, error) {
	prefix := h.Setting(lambdahost.StateMachinePrefix)
	if prefix == "" {
		return stepfn.Machines{}, nil // the host tells that it is missing
	}
	at, err := arn.Parse(prefix)
	name, ok := strings.CutPrefix(at.Resource, "stateMachine:")
	if err != nil || !ok || at.Service != "states" || name == "" {
		return stepfn.Machines{}, fmt.Errorf("reading settings: %w",
			fault.New(fault.Internal, "%s is %q, which is not how the ARNs of state machines begin.", lambdahost.StateMachinePrefix, prefix).
				WithHint("Give it as arn:aws:states:<region>:<account>:stateMachine:<prefix>."))
	}
	return stepfn.Machines{Partition: at.Partition, Region: at.Region, Account: at.AccountID, Prefix: name}, nil
}
