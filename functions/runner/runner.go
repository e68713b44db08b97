// Package runner is what the functions share that start executions or look after
// them. It is apart from package functions because what is imported costs time at
// every cold start.
package runner

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/dynamo"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/lambdahost"
	"switchboard/internal/quota"
	"switchboard/internal/stepfn"
	"switchboard/internal/usage"
)

// Starts gives what starts the table's executions, for who is in no position to see
// them end.
func Starts(h *lambdahost.Host, store *dynamo.Store) (*execution.Service, error) {
	_, service, err := on(h, store, store)
	return service, err
}

// Runs is what can be done with the table's executions.
type Runs struct {
	Steps    *stepfn.Runner
	Service  *execution.Service
	Children *execution.Children
}

// New gives what starts, shows and stops the table's executions, and tells those
// that wait for one when it ends. What only testing nodes, approvals and starting by
// hand need is left to who does that.
func New(h *lambdahost.Host, store *dynamo.Store) (*Runs, error) {
	ends := execution.NewEnds(store)
	steps, service, err := on(h, store, ends)
	if err != nil {
		return nil, err
	}
	children := execution.NewChildren(service, Tokens(h))
	ends.Connect(func(ctx context.Context, x execution.Execution) {
		counts := usage.Counts{Executions: 1}
		if x.Status != execution.Succeeded {
			counts.Failed = 1
		}
		// That it could not be counted is no reason to fail.
		if err := store.AddUsage(ctx, x.Account, usage.DayOf(time.Now()), counts); err != nil {
			h.Log.WarnContext(ctx, "counting an execution", "execution", x.ID, "error", err)
		}
	}, children.Ended)
	return &Runs{steps, service, children}, nil
}

// on joins the parts; ends is where the ends of executions are stored.
func on(h *lambdahost.Host, store *dynamo.Store, ends execution.Repository) (*stepfn.Runner, *execution.Service, error) {
	at, err := Machines(h)
	if err != nil {
		return nil, nil, err
	}
	quotas, err := Quotas(h)
	if err != nil {
		return nil, nil, err
	}
	steps := stepfn.NewRunner(stepfn.RunConfig{
		Client: sfn.NewFromConfig(h.AWS()), Machines: at, Executions: ends, Versions: store, Now: time.Now, Log: h.Log,
	})
	return steps, execution.NewService(execution.Config{
		Repository: stepfn.NewHistories(store, steps), Workflows: store, Records: store, Runner: steps,
		Credentials: store, Now: time.Now,
		Quotas: quota.NewAdmission(quota.Config{Settings: quotas, Starts: store, Running: store, Now: time.Now}),
	}), nil
}

// Tokens answers the tasks of state machines that wait for it.
func Tokens(h *lambdahost.Host) *stepfn.Tokens { return stepfn.NewTokens(sfn.NewFromConfig(h.AWS())) }

// Quotas reads what one account may take.
func Quotas(h *lambdahost.Host) (quota.Settings, error) {
	settings, err := quota.Parse(h.Optional(lambdahost.Quotas))
	if err != nil {
		return settings, fmt.Errorf("reading settings: %s: %w", lambdahost.Quotas, err)
	}
	return settings, nil
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
