package stepfn

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// Histories is a repository of executions whose histories Step Functions keeps: for
// 90 days after the end, and none of Express executions: what is shown of those is what
// their once-only records hold, see execution.Recorded.
type Histories struct {
	execution.Repository
	runner *Runner
}

// NewHistories returns stored with the histories that the runner can ask for.
func NewHistories(stored execution.Repository, r *Runner) *Histories {
	return &Histories{Repository: stored, runner: r}
}

// History gives the events so far.
func (h *Histories) History(ctx context.Context, account, id string) ([]asl.Event, error) {
	x, err := h.Execution(ctx, account, id)
	if err != nil {
		return nil, fmt.Errorf("reading execution: %w", err)
	}
	if x.Express {
		return h.Repository.History(ctx, account, id)
	}
	v, err := h.runner.version(ctx, x)
	if err != nil {
		return nil, err
	}
	return h.runner.history(ctx, x, v)
}

// history asks for all events. An execution that was not started yet, or is too long
// over, has none.
func (r *Runner) history(ctx context.Context, x execution.Execution, v workflow.Version) ([]asl.Event, error) {
	arn, err := r.Machines.execution(x)
	if err != nil {
		return nil, err
	}
	machine, err := asl.Parse(v.Definition)
	if err != nil {
		return nil, fmt.Errorf("reading definition: %w", err)
	}
	t := newTranslation(machine)
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 1000, IncludeExecutionData: aws.Bool(true)}
	for {
		out, err := r.Client.GetExecutionHistory(ctx, in)
		if _, never := errors.AsType[*types.ExecutionDoesNotExist](err); never {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading a Step Functions history: %w", faultOf(err))
		}
		for i := range out.Events {
			if err := t.add(&out.Events[i]); err != nil {
				return nil, fault.New(fault.Internal, "The execution's history cannot be read.").Because(err)
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return t.events, nil
		}
	}
}
