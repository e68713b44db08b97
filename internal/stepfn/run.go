package stepfn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/asl"
	"switchboard/internal/awscall"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// RunAPI is the calls that running makes; *sfn.Client has them.
type RunAPI interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	StartSyncExecution(context.Context, *sfn.StartSyncExecutionInput, ...func(*sfn.Options)) (*sfn.StartSyncExecutionOutput, error)
	StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	RedriveExecution(context.Context, *sfn.RedriveExecutionInput, ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error)
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
}

// Executions is what running reads and writes of them.
type Executions interface {
	Execution(ctx context.Context, account, id string) (execution.Execution, error)
	FinishExecution(ctx context.Context, x execution.Execution) error
}

// Versions reads what an execution runs.
type Versions interface {
	Version(ctx context.Context, account, id string, number int) (workflow.Version, error)
}

// Limits of Express executions.
const (
	// DefaultExpressLimit leaves the function that answers a webhook's caller some of
	// its 29 seconds.
	DefaultExpressLimit = 25 * time.Second
	// longestExpress is when Step Functions ends one.
	longestExpress = 5 * time.Minute
)

// RunConfig is what a Runner is made of.
type RunConfig struct {
	Client     RunAPI
	Machines   Machines
	Executions Executions
	Versions   Versions
	// ExpressLimit is how long Launch waits for an Express execution; 0 means
	// DefaultExpressLimit.
	ExpressLimit time.Duration
	Now          func() time.Time
	Log          *slog.Logger // nil means none
}

// Runner runs executions. It is safe for concurrent use.
type Runner struct{ RunConfig }

var _ execution.Runner = (*Runner)(nil)

// NewRunner returns a runner.
func NewRunner(c RunConfig) *Runner {
	if c.ExpressLimit == 0 {
		c.ExpressLimit = DefaultExpressLimit
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Runner{c}
}

// Launch starts a stored execution, and may be repeated for one that has been
// started. An Express execution has ended, and its end is stored, when it returns, unless
// it takes longer than ExpressLimit: then it is still running.
// One that cannot be started for good is stored as failed; after a passing fault a
// Standard one stays as it is, for Settle to start.
func (r *Runner) Launch(ctx context.Context, x execution.Execution, v workflow.Version) error {
	alias, err := r.Machines.startable(v)
	if err != nil {
		return err
	}
	if v.Express {
		return r.answer(ctx, x, alias)
	}
	_, err = r.Client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &alias, Name: &x.ID, Input: aws.String(string(x.Input)),
	})
	if _, exists := errors.AsType[*types.ExecutionAlreadyExists](err); exists {
		return r.same(ctx, x)
	}
	if err == nil {
		return nil
	}
	f := faultOf(err)
	if !fault.Is(f, fault.Unavailable) {
		f = errors.Join(f, r.failed(ctx, x, f))
	}
	return fmt.Errorf("starting a Step Functions execution: %w", f)
}

// same says whether the execution of this name was started with the same input: it
// was then by an earlier Launch, and may have ended since.
func (r *Runner) same(ctx context.Context, x execution.Execution) error {
	d, err := r.describe(ctx, x)
	if err != nil {
		return err
	}
	if !equal([]byte(aws.ToString(d.Input)), x.Input) {
		return fault.New(fault.Internal, "Another execution was started under the same id.").
			Because(fmt.Errorf("the input of %s is another one", aws.ToString(d.ExecutionArn)))
	}
	return nil
}

// equal compares JSON, whose spaces may have been lost on the way.
func equal(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// answer runs an Express execution to its end, or as long as its caller waits. Where
// something goes wrong, the execution is not left running: nobody would ever hear of it
// again.
func (r *Runner) answer(ctx context.Context, x execution.Execution, alias string) error {
	limited, cancel := context.WithTimeout(ctx, r.ExpressLimit)
	defer cancel()
	out, err := r.Client.StartSyncExecution(limited, &sfn.StartSyncExecutionInput{
		StateMachineArn: &alias, Name: &x.ID, Input: aws.String(string(x.Input)),
	})
	switch {
	case err == nil:
		return r.finish(ctx, x, ending{
			status: syncEnds[out.Status], at: aws.ToTime(out.StopDate), output: out.Output,
			name: aws.ToString(out.Error), cause: aws.ToString(out.Cause),
		})
	case limited.Err() != nil && ctx.Err() == nil:
		return nil // it goes on; nobody will hear how it ends, so settleExpress ends it
	default:
		f := faultOf(err)
		return fmt.Errorf("running a Step Functions execution: %w", errors.Join(f, r.failed(context.WithoutCancel(ctx), x, f)))
	}
}

// overdue stores the end of an Express execution whose end nobody heard of: its caller
// could not wait longer, or the function that waited for it has died.
func (r *Runner) overdue(ctx context.Context, x execution.Execution) error {
	x.Error = &execution.Error{
		Name: asl.ErrorTimeout, Message: "It took longer than a caller can wait for the output, and how it ended is not known.",
		Hint: "All of its steps may have been done. Let the webhook answer at once instead.",
	}
	return r.store(ctx, x, execution.TimedOut, r.Now())
}

// failed stores that an execution could not be started.
func (r *Runner) failed(ctx context.Context, x execution.Execution, f error) error {
	why := fault.Of(f)
	x.Error = &execution.Error{Name: string(why.Code), Message: why.Message, Hint: why.Hint}
	return r.store(ctx, x, execution.Failed, r.Now())
}

// Stop ends a running execution. An Express execution cannot be stopped; it is soon
// over by itself.
func (r *Runner) Stop(ctx context.Context, x execution.Execution, cause string) error {
	if x.Express && r.Now().Sub(x.StartedAt) < longestExpress {
		return fault.New(fault.Conflict, "An execution whose caller waits for its output cannot be stopped.").
			WithHint("It ends by itself within %d minutes.", int(longestExpress.Minutes()))
	}
	if cause == "" {
		cause = "The execution was stopped."
	}
	if !x.Express {
		there, err := r.abort(ctx, x, cause)
		if err != nil {
			return err
		}
		if there {
			return r.Wait(ctx, x) // what was refused had ended before
		}
	}
	x.Error = &execution.Error{Name: asl.ErrorRuntimeAborted, Message: cause}
	if err := r.store(ctx, x, execution.Stopped, r.Now()); err != nil || x.Express {
		return err
	}
	// It may have been stored just now, with its StartExecution on its way.
	for wait := firstPause; r.Now().Sub(x.StartedAt) < starting; wait *= 2 {
		if err := awscall.Pause(ctx, wait); err != nil {
			return err
		}
		if there, err := r.abort(ctx, x, cause); there || err != nil {
			return err
		}
	}
	return nil
}

// starting is how long an execution may be stored before Step Functions has it.
const starting = 3 * time.Second

// abort ends an execution that Step Functions has, and says whether it has it.
func (r *Runner) abort(ctx context.Context, x execution.Execution, cause string) (there bool, err error) {
	arn, err := r.Machines.execution(x)
	if err != nil {
		return false, err
	}
	_, err = r.Client.StopExecution(ctx, &sfn.StopExecutionInput{
		ExecutionArn: &arn, Error: aws.String(asl.ErrorRuntimeAborted), Cause: &cause,
	})
	if _, never := errors.AsType[*types.ExecutionDoesNotExist](err); never {
		return false, nil
	}
	if err != nil && passing(err) {
		return false, fmt.Errorf("stopping a Step Functions execution: %w", faultOf(err))
	}
	return true, nil
}

// How often Wait asks: soon at first, because most executions are short.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// Wait returns when the execution has ended, and its end is stored.
func (r *Runner) Wait(ctx context.Context, x execution.Execution) error {
	for next := firstPause; ; next = min(next*3/2, longestPause) {
		ended, err := r.Settle(ctx, x)
		if err != nil || ended {
			return err
		}
		if err := awscall.Pause(ctx, next); err != nil {
			return err
		}
	}
}

// Redrive has an execution that has not ended well go on where it failed.
func (r *Runner) Redrive(ctx context.Context, x execution.Execution, _ workflow.Version) error {
	if x.Express {
		return fault.New(fault.Conflict, "An execution whose caller waited for its output cannot go on.").
			WithHint("Start the workflow again.")
	}
	arn, err := r.Machines.execution(x)
	if err != nil {
		return err
	}
	_, err = r.Client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &arn})
	if _, not := errors.AsType[*types.ExecutionNotRedrivable](err); not {
		return fault.New(fault.Conflict, "The execution cannot go on: it runs, ended well, or ended more than 14 days ago.").
			WithHint("Start the workflow again.").Because(err)
	}
	if err != nil {
		return fmt.Errorf("redriving a Step Functions execution: %w", faultOf(err))
	}
	return nil
}
