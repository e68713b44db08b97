package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/internal/approval"
	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
	"switchboard/internal/compile"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/quota"
	"switchboard/internal/recent"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// Runner runs executions in this process, by interpreting the definition that is
// published. What happened is in the history, so an execution that was cut off by
// the end of the process goes on from there. It implements execution.Runner and
// workflow.Deployer.
type Runner struct {
	repo  execution.Repository
	hosts map[string]*task.Host // by connector
	log   *slog.Logger
	now   func() time.Time

	stopping context.Context
	stop     context.CancelCauseFunc
	calls    context.Context // of calls to services, which have a while longer
	cutCalls context.CancelFunc
	done     sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	programs *recent.Kept[programKey, *run.Program]
	running  map[string]*running
	counts   map[string]int  // how many run, by account
	stopped  map[string]bool // executions that were ended while nothing of them ran, and that may be about to
	turns    *quota.Turns    // of calls to services; nil lets all be made at once

	answers   *Answers
	functions map[string]function // of nodes that are no actions, by name
	approvals *approval.Service
}

// function runs one attempt of a task. The error is a task's fault.
type function func(ctx context.Context, payload []byte) (json.RawMessage, error)

// programKey names a version, as workflow.Parsed does: Delete forgets those of a
// workflow, but one of them may be loaded just then.
type programKey struct {
	account, workflow string
	version           int
	published         int64
}

type running struct {
	cancel context.CancelCauseFunc
	ended  chan struct{}
}

// maxStopped bounds how many executions are remembered that were ended while nothing of
// them ran.
const maxStopped = 10_000

// programBytes is how much text the definitions have that stay loaded. Loaded, one takes
// about fifteen times the memory.
const programBytes = 8 << 20

// maxPayloadBytes is what a state may be given or give: more than Step Functions
// takes, so that a loop can go through 10,000 items here. Who looks at such an
// execution is told that it would fail on AWS; see execution.NodeRun.
const maxPayloadBytes = 5 << 20

// NewRunner returns a runner that calls these connectors.
func NewRunner(repo execution.Repository, hosts map[string]*task.Host, log *slog.Logger, now func() time.Time) *Runner {
	stopping, stop := context.WithCancelCause(context.Background())
	calls, cutCalls := context.WithCancel(context.Background())
	return &Runner{
		repo: repo, hosts: hosts, log: log, now: now, stopping: stopping, stop: stop, calls: calls, cutCalls: cutCalls,
		programs: recent.UpTo[programKey, *run.Program](programBytes), running: map[string]*running{}, counts: map[string]int{}, stopped: map[string]bool{}, answers: newAnswers(),
	}
}

// Answers gives what answers the tasks that wait for an answer from outside.
func (r *Runner) Answers() *Answers { return r.answers }

// Connect says who runs the tasks of nodes that wait for others: services that are
// made after the runner, because they need it. It comes before anything runs.
func (r *Runner) Connect(approvals *approval.Service, children *execution.Children) {
	r.approvals = approvals
	r.functions = map[string]function{approvalsFunction: approvals.Ask, workflowsFunction: children.Run}
}

// Share has the calls to services of different accounts take turns, so that one that
// has thousands under way, or whose service is slow, keeps nobody else waiting. It
// comes before anything runs. A call that waits for its turn uses up the time of its
// step, as one would that Lambda has no room for.
func (r *Runner) Share(turns *quota.Turns) { r.turns = turns }

// CountRunning implements quota.Running.
func (r *Runner) CountRunning(_ context.Context, account string, limit int) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return min(r.counts[account], limit), nil
}

// functionPrefix begins the names of the functions that definitions call.
const functionPrefix = "switchboard-connector-"

// FunctionName is the name of a connector's function.
func FunctionName(connector string) string { return functionPrefix + connector }

// The functions of nodes that wait for others.
const (
	approvalsFunction = "switchboard-approvals"
	workflowsFunction = "switchboard-executions"
)

// Functions names the functions of this process, for package compile.
func Functions() compile.Functions {
	return compile.Functions{Connector: FunctionName, Approvals: approvalsFunction, Workflows: workflowsFunction}
}

// Deploy checks that this process can run the definition; there is nothing else to
// make ready.
func (r *Runner) Deploy(_ context.Context, _ workflow.Workflow, v workflow.Version) error {
	if _, err := run.Load(v.Definition); err != nil {
		return fault.New(fault.Internal, "The workflow could not be made ready to run.").Because(err)
	}
	return nil
}

// Delete forgets a workflow's definitions. What runs holds on to its own.
func (r *Runner) Delete(_ context.Context, w workflow.Workflow) error {
	r.programs.Forget(func(key programKey) bool { return key.account == w.Account && key.workflow == w.ID })
	return nil
}

// Launch begins to run an execution.
func (r *Runner) Launch(_ context.Context, x execution.Execution, v workflow.Version) error {
	return r.launch(x, v, nil)
}

// Redrive goes on with an execution that was reopened.
func (r *Runner) Redrive(ctx context.Context, x execution.Execution, v workflow.Version) error {
	history, err := r.repo.History(ctx, x.Account, x.ID)
	if err != nil {
		return fmt.Errorf("reading history: %w", err)
	}
	return r.launch(x, v, history)
}

func (r *Runner) launch(x execution.Execution, v workflow.Version, history []asl.Event) error {
	program, err := r.program(v)
	if err != nil {
		// It was acknowledged, so it has to end.
		r.log.Error("definition cannot be run", "workflow", v.Workflow, "version", v.Number, "error", err)
		return r.finish(x, v, run.Result{Status: run.Failed, Error: string(fault.Internal), Cause: "The published definition cannot be run by this version of Switchboard."})
	}
	ctx, cancel := context.WithCancelCause(r.stopping)
	this := &running{cancel: cancel, ended: make(chan struct{})}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		cancel(nil)
		return nil // it is on disk, and goes on at the next start
	}
	before := r.running[x.ID] // of one that is redriven: its end is stored, and others are being told
	r.running[x.ID] = this
	stopped := r.stopped[x.ID]
	delete(r.stopped, x.ID)
	r.counts[x.Account]++
	r.done.Add(1)
	r.mu.Unlock()
	go func() {
		defer r.done.Done()
		defer cancel(nil)
		if before != nil {
			<-before.ended // what it stops with its end must not be of this run
		}
		if !stopped || r.isRunning(x) {
			r.run(ctx, program, x, v, history)
		}
		r.mu.Lock()
		if r.running[x.ID] == this {
			delete(r.running, x.ID)
		}
		if r.counts[x.Account]--; r.counts[x.Account] == 0 {
			delete(r.counts, x.Account)
		}
		r.mu.Unlock()
		close(this.ended)
	}()
	return nil
}

// isRunning says whether an execution that was stopped before has been redriven since.
func (r *Runner) isRunning(x execution.Execution) bool {
	now, err := r.repo.Execution(context.Background(), x.Account, x.ID)
	if err != nil {
		r.log.Error("execution cannot be read; it goes on at the next start", "execution", x.ID, "error", err)
		return false
	}
	return now.Status == execution.Running
}

func (r *Runner) program(v workflow.Version) (*run.Program, error) {
	key := programKey{v.Account, v.Workflow, v.Number, v.PublishedAt.UnixNano()}
	if p, ok := r.programs.Get(key); ok {
		return p, nil
	}
	p, err := run.Load(v.Definition)
	if err != nil {
		return nil, fault.New(fault.Internal, "The published definition cannot be run.").Because(err)
	}
	r.programs.Put(key, p, len(v.Definition))
	return p, nil
}

func (r *Runner) run(ctx context.Context, program *run.Program, x execution.Execution, v workflow.Version, history []asl.Event) {
	result, err := program.Run(ctx, run.Execution{
		ID: executionARN(x), Name: x.ID, StateMachine: machineARN(x), Input: x.Input, StartedAt: x.StartedAt,
	}, history, run.Env{
		Invoke: func(ctx context.Context, call run.Invocation) (json.RawMessage, error) {
			return r.invoke(ctx, x.Account, call)
		},
		Journal: journal{r.repo, x}, Tokens: tokens{r.answers, x, r.approvals}, Now: r.now, Log: r.log,
		MaxPayloadBytes: maxPayloadBytes,
	})
	switch {
	case err == nil:
	case errors.Is(err, run.ErrHistory):
		result = run.Result{Status: run.Failed, Error: string(fault.Internal), Cause: "The execution's history does not fit its definition."}
		r.log.Error("history does not fit", "execution", x.ID, "error", err)
	default:
		if r.stopping.Err() == nil {
			r.log.Error("execution cannot go on now; it will at the next start", "execution", x.ID, "error", err)
		}
		return
	}
	if err := r.finish(x, v, result); err != nil {
		r.log.Error("storing the end of an execution; it is repeated at the next start", "execution", x.ID, "error", err)
	}
}

var endings = map[run.Status]execution.Status{
	run.Succeeded: execution.Succeeded, run.Failed: execution.Failed, run.TimedOut: execution.TimedOut, run.Stopped: execution.Stopped,
}

func (r *Runner) finish(x execution.Execution, v workflow.Version, result run.Result) error {
	ctx := context.Background() // the end is stored even while the process stops
	x.Status, x.StoppedAt, x.Output = endings[result.Status], r.now().UTC(), result.Output
	if result.Status != run.Succeeded {
		var sources workflow.SourceMap
		if err := json.Unmarshal(v.SourceMap, &sources); err != nil {
			return fmt.Errorf("reading source map: %w", err)
		}
		events, err := r.repo.History(ctx, x.Account, x.ID)
		if err != nil {
			return fmt.Errorf("reading history: %w", err)
		}
		x.Error = execution.Failure(sources, events, result.Error, result.Cause)
		if result.Status == run.TimedOut {
			x.Error = &execution.Error{Name: asl.ErrorTimeout, Message: "The execution took longer than its time limit."}
		}
	}
	if err := r.repo.FinishExecution(ctx, x); err != nil && !fault.Is(err, fault.AlreadyEnded) {
		return fmt.Errorf("finishing execution: %w", err)
	}
	return nil
}

func executionARN(x execution.Execution) string {
	return fmt.Sprintf("arn:aws:states:local:000000000000:execution:%s:%s", x.Workflow, x.ID)
}

func machineARN(x execution.Execution) string {
	return "arn:aws:states:local:000000000000:stateMachine:" + x.Workflow
}

// journal is the history of one execution.
type journal struct {
	repo execution.Repository
	x    execution.Execution
}

func (j journal) Append(events ...asl.Event) error {
	return j.repo.AppendHistory(j.x.Account, j.x.ID, events...)
}

// function finds what a definition calls.
func (r *Runner) function(name string) (function, bool) {
	if f, ok := r.functions[name]; ok {
		return f, true
	}
	if host, ok := r.hosts[strings.TrimPrefix(name, functionPrefix)]; ok {
		return host.Run, true
	}
	return nil, false
}

// invoke calls a function as Lambda would: its failure comes back as an error name
// and a cause that holds the message.
func (r *Runner) invoke(ctx context.Context, account string, call run.Invocation) (json.RawMessage, error) {
	f, ok := r.function(call.Function)
	if !ok {
		return nil, &run.TaskError{Name: "Lambda.ResourceNotFoundException", Cause: "There is no function " + call.Function + "."}
	}
	within := ctx
	if _, waits := r.functions[call.Function]; !waits {
		done, err := r.turn(ctx, account)
		if err != nil {
			return nil, ctx.Err() // of the step's time, or of the process
		}
		defer done()
		var release func()
		within, release = r.lasting(ctx)
		defer release()
	}
	output, err := f(within, call.Payload)
	if err == nil {
		return output, nil
	}
	if ctx.Err() != nil && r.stopping.Err() != nil {
		return nil, ctx.Err() // the process stops; the attempt is settled at the next start
	}
	failed := fault.Of(err)
	cause, encodeErr := json.Marshal(map[string]string{"errorType": string(failed.Code), "errorMessage": strings.TrimSpace(failed.Message + "\n" + failed.Hint)})
	if encodeErr != nil {
		return nil, fmt.Errorf("encoding a failure: %w", encodeErr)
	}
	return nil, &run.TaskError{Name: string(failed.Code), Cause: string(cause)}
}

// Stop ends an execution for good.
func (r *Runner) Stop(ctx context.Context, x execution.Execution, cause string) error {
	if cause == "" {
		cause = "The execution was stopped."
	}
	r.mu.Lock()
	this, ok := r.running[x.ID]
	if !ok {
		if len(r.stopped) >= maxStopped {
			clear(r.stopped)
		}
		r.stopped[x.ID] = true // launch looks at it
	}
	r.mu.Unlock()
	if !ok {
		// It has just ended, or it could not be gone on with, or it is stored and not launched yet.
		x.Status, x.StoppedAt = execution.Stopped, r.now().UTC()
		x.Error = &execution.Error{Name: asl.ErrorRuntimeAborted, Message: cause}
		if err := r.repo.FinishExecution(ctx, x); fault.Is(err, fault.AlreadyEnded) {
			return nil
		} else if err != nil {
			return fmt.Errorf("finishing execution: %w", err)
		}
		r.mu.Lock()
		this, ok = r.running[x.ID]
		r.mu.Unlock()
		if !ok {
			return nil
		}
	}
	this.cancel(&run.Aborted{Name: asl.ErrorRuntimeAborted, Cause: cause})
	return wait(ctx, this)
}

// Wait returns when the execution has ended.
func (r *Runner) Wait(ctx context.Context, x execution.Execution) error {
	r.mu.Lock()
	this, ok := r.running[x.ID]
	r.mu.Unlock()
	if !ok {
		return nil
	}
	return wait(ctx, this)
}

func wait(ctx context.Context, this *running) error {
	select {
	case <-this.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Resume goes on with every execution that has not ended, except that those end whose
// caller waited: they were cut off by a crash, and it has gone. left may be nil.
func (r *Runner) Resume(ctx context.Context, versions execution.Workflows, left execution.Left) (int, error) {
	executions, err := r.repo.RunningExecutions(ctx)
	if err != nil {
		return 0, fmt.Errorf("listing running executions: %w", err)
	}
	resumed := 0
	for _, x := range executions {
		if x.Awaited {
			x.Status, x.StoppedAt, x.Error = execution.Failed, r.now().UTC(), execution.Interrupted()
			if err := r.repo.FinishExecution(ctx, x); err != nil {
				return resumed, fmt.Errorf("ending what was cut off: %w", err)
			}
			continue
		}
		if err := r.resume(ctx, x, versions, left); err != nil {
			r.log.Error("resuming an execution", "execution", x.ID, "error", err)
			continue
		}
		resumed++
	}
	return resumed, nil
}

func (r *Runner) resume(ctx context.Context, x execution.Execution, versions execution.Workflows, left execution.Left) error {
	v, err := execution.VersionOf(ctx, x, versions, left)
	if fault.Is(err, fault.NotFound) {
		x.Status, x.StoppedAt = execution.Stopped, r.now().UTC()
		x.Error = &execution.Error{Name: asl.ErrorRuntimeAborted, Message: "The workflow was deleted."}
		return r.repo.FinishExecution(ctx, x)
	}
	if err != nil {
		return err
	}
	history, err := r.repo.History(ctx, x.Account, x.ID)
	if err != nil {
		return fmt.Errorf("reading history: %w", err)
	}
	if lost, err := r.lostParent(ctx, x, history); err != nil {
		return err
	} else if lost {
		return r.Stop(ctx, x, "The execution that ran it has ended.")
	}
	return r.launch(x, v, history)
}

// lostParent says whether the execution that ran x has ended, other than well, and the
// process with it before x was stopped. x may have been redriven by itself since.
func (r *Runner) lostParent(ctx context.Context, x execution.Execution, history []asl.Event) (bool, error) {
	if x.Parent == nil {
		return false, nil
	}
	parent, err := r.repo.Execution(ctx, x.Account, x.Parent.Execution)
	switch {
	case fault.Is(err, fault.NotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading the parent: %w", err)
	case parent.Status == execution.Running, parent.Status == execution.Succeeded:
		return false, nil
	}
	return !slices.ContainsFunc(history, func(e asl.Event) bool {
		return e.Kind == asl.ExecutionRedriven && e.At.After(parent.StoppedAt)
	}), nil
}

// Close stops all work without ending the executions: they go on at the next start.
// Calls that are under way may end first, for a moment. It returns when nothing runs any
// more, or ctx is done.
func (r *Runner) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.stop(errStopping)
	defer time.AfterFunc(lastCalls, r.cutCalls).Stop()
	defer r.cutCalls()
	finished := make(chan struct{})
	go func() {
		r.done.Wait()
		close(finished)
	}()
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
