package stepfn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// ending is how an execution ended, from whichever source.
type ending struct {
	status      execution.Status // "" while it runs
	at          time.Time
	output      *string // nil where the source did not include it
	name, cause string
}

// The ends of executions, in Step Functions' words and ours. What is not in here is
// still running.
var (
	ends = map[types.ExecutionStatus]execution.Status{
		types.ExecutionStatusSucceeded: execution.Succeeded, types.ExecutionStatusFailed: execution.Failed,
		types.ExecutionStatusTimedOut: execution.TimedOut, types.ExecutionStatusAborted: execution.Stopped,
	}
	syncEnds = map[types.SyncExecutionStatus]execution.Status{
		types.SyncExecutionStatusSucceeded: execution.Succeeded, types.SyncExecutionStatusFailed: execution.Failed,
		types.SyncExecutionStatusTimedOut: execution.TimedOut,
	}
)

// Settle brings a stored execution in line with what Step Functions knows: its end is
// stored, and one that was never started, because the function died in between, is
// started now. It is for whoever looks after executions that have been running for
// long, since an event can be lost.
func (r *Runner) Settle(ctx context.Context, x execution.Execution) (ended bool, err error) {
	return r.settle(ctx, x, func(time.Time) (bool, error) { return true, nil })
}

// settle is Settle, but stores an end only if it is final: it is asked with the time at
// which the execution is said to have ended.
func (r *Runner) settle(ctx context.Context, x execution.Execution, final func(at time.Time) (bool, error)) (ended bool, err error) {
	if x.Express {
		return r.settleExpress(ctx, x)
	}
	d, err := r.describe(ctx, x)
	if _, never := errors.AsType[*types.ExecutionDoesNotExist](err); never {
		return r.relaunch(ctx, x)
	}
	if err != nil {
		return false, err
	}
	status, ended := ends[d.Status]
	if !ended {
		return false, nil
	}
	if ended, err = final(aws.ToTime(d.StopDate)); err != nil || !ended {
		return false, err
	}
	return true, r.finish(ctx, x, ending{
		status: status, at: aws.ToTime(d.StopDate), output: d.Output, name: aws.ToString(d.Error), cause: aws.ToString(d.Cause),
	})
}

// settleExpress looks whether the call that ran it has stored its end. Later than
// Step Functions lets one run, the function that made the call must have died.
func (r *Runner) settleExpress(ctx context.Context, x execution.Execution) (ended bool, err error) {
	now, err := r.Executions.Execution(ctx, x.Account, x.ID)
	if err != nil {
		return false, fmt.Errorf("reading execution: %w", err)
	}
	if now.Status != execution.Running {
		return true, nil
	}
	if r.Now().Sub(x.StartedAt) < longestExpress {
		return false, nil
	}
	return true, r.overdue(ctx, x)
}

// relaunch starts an execution, unless it has been stopped since x was read.
func (r *Runner) relaunch(ctx context.Context, x execution.Execution) (ended bool, err error) {
	now, err := r.Executions.Execution(ctx, x.Account, x.ID)
	if err != nil {
		return false, fmt.Errorf("reading execution: %w", err)
	}
	if now.Status != execution.Running {
		return true, nil
	}
	v, err := r.version(ctx, x)
	if fault.Is(err, fault.NotFound) {
		x.Error = &execution.Error{Name: asl.ErrorRuntimeAborted, Message: "The workflow was deleted before the execution began."}
		return false, r.store(ctx, x, execution.Stopped, r.Now())
	}
	if err != nil {
		return false, err
	}
	return false, r.Launch(ctx, x, v)
}

func (r *Runner) version(ctx context.Context, x execution.Execution) (workflow.Version, error) {
	v, err := r.Versions.Version(ctx, x.Account, x.Workflow, x.Version)
	if err != nil {
		return v, fmt.Errorf("reading version: %w", err)
	}
	return v, nil
}

// describe asks for a Standard execution. The error of one that is not there keeps
// its type.
func (r *Runner) describe(ctx context.Context, x execution.Execution) (*sfn.DescribeExecutionOutput, error) {
	arn, err := r.Machines.execution(x)
	if err != nil {
		return nil, err
	}
	d, err := r.Client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("describing a Step Functions execution: %w", faultOf(err))
	}
	return d, nil
}

// finish stores an end. Where it is a failure, the history tells which node it was.
func (r *Runner) finish(ctx context.Context, x execution.Execution, e ending) error {
	switch e.status {
	case execution.Succeeded:
		x.Output = json.RawMessage(aws.ToString(e.output))
	case execution.TimedOut:
		x.Error = &execution.Error{Name: asl.ErrorTimeout, Message: "The execution took longer than its time limit."}
	default:
		failure, err := r.failure(ctx, x, e)
		if err != nil {
			return err
		}
		x.Error = failure
	}
	return r.store(ctx, x, e.status, e.at)
}

func (r *Runner) failure(ctx context.Context, x execution.Execution, e ending) (*execution.Error, error) {
	if x.Express {
		return execution.ErrorOf(e.name, e.cause, ""), nil
	}
	v, err := r.version(ctx, x)
	if fault.Is(err, fault.NotFound) { // the workflow was deleted meanwhile
		return execution.ErrorOf(e.name, e.cause, ""), nil
	}
	if err != nil {
		return nil, err
	}
	var sources workflow.SourceMap
	if err := json.Unmarshal(v.SourceMap, &sources); err != nil {
		return nil, fmt.Errorf("reading source map: %w", err)
	}
	events, err := r.history(ctx, x, v)
	if err != nil {
		return nil, err
	}
	return execution.Failure(sources, events, e.name, e.cause), nil
}

// store writes the end. That another has been written is well: the event and the
// one who waits may both bring it.
func (r *Runner) store(ctx context.Context, x execution.Execution, status execution.Status, at time.Time) error {
	if at.IsZero() {
		at = r.Now()
	}
	x.Status, x.StoppedAt = status, at.UTC()
	if err := r.Executions.FinishExecution(ctx, x); err != nil && !fault.Is(err, fault.AlreadyEnded) {
		return fmt.Errorf("finishing execution: %w", err)
	}
	return nil
}
