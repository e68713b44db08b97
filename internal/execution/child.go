package execution

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/id"
	"switchboard/internal/task"
	"switchboard/internal/value"
	"switchboard/internal/workflow"
)

// MaxDepth is how many executions may be around one that a workflow node runs. The
// checks find workflows that run each other without an end; two that are published
// at the same moment can slip through, and end here.
const MaxDepth = 10

// Tokens answers tasks that wait for an answer from outside. AlreadyEnded if a task
// does not wait any more.
type Tokens interface {
	Succeed(ctx context.Context, token string, output json.RawMessage) error
	Fail(ctx context.Context, token, name, cause string) error
}

// Children runs workflows for workflow nodes: each as an execution of its own, once
// for every node and iteration.
//
// The id of the child is made of the parent's node, and written down in its once-only
// record before the child is started, with the token of the task that waits: a second
// attempt, or one after a crash, finds the child and waits for that, also when records
// are no longer kept. Who finishes a child looks for its token there. A redrive of the
// parent redrives the child.
type Children struct {
	service *Service
	tokens  Tokens
}

// NewChildren returns what runs workflows for others.
func NewChildren(s *Service, tokens Tokens) *Children { return &Children{service: s, tokens: tokens} }

// call is the payload of a workflow node's task. Package compile writes it.
type call struct {
	Account   string `json:"account"`
	Workflow  string `json:"workflow"`
	Execution string `json:"execution"`
	Node      string `json:"node"`
	Iteration string `json:"iteration"`
	Request   string `json:"request"` // see package request
	// TaskToken is empty where the function itself is waited for.
	TaskToken string          `json:"task_token"`
	Config    json.RawMessage `json:"config"`
	// Output says what of a large output has to go along; nil is nothing.
	Output *value.Plan `json:"output"`
}

// child is the id of what the node runs.
func (c call) child() string { return childID(c.Account, c.Execution, c.Node, c.Iteration) }

func childID(account, parent, node, iteration string) string {
	return id.Derived(id.Execution, parent, account, node, iteration)
}

func (c call) key() task.Key {
	return task.Key{Account: c.Account, Execution: c.Execution, Node: c.Node, Iteration: c.Iteration}
}

// child is what the record of a workflow node keeps, as its output.
type child struct {
	Execution string `json:"execution"`
	TaskToken string `json:"task_token,omitempty"`
	// Output is the call's.
	Output *value.Plan `json:"output,omitempty"`
	// GoesOnFrom is when the child had stopped as a redrive of the parent came to the node:
	// with that end, and no later one, it has to go on. Zero for none. It is known again
	// after whoever was about to redrive the child was cut off.
	GoesOnFrom time.Time `json:"goes_on_from,omitzero"`

	taken *task.Record // the record in which a replay took a result over, in place of a child
}

// takenOver says whether a record has, in place of a child, the result that the node had
// in the execution which this one replays.
func takenOver(r task.Record) bool { return r.State == task.Done || r.State == task.Failed }

// again says whether the child has ended as it had when the parent was redriven.
func (c child) again(x Execution) bool {
	return endedBadly(x) && !c.GoesOnFrom.IsZero() && c.GoesOnFrom.Equal(x.StoppedAt)
}

func endedBadly(x Execution) bool { return x.Status != Running && x.Status != Succeeded }

func childOf(r task.Record) child {
	var c child
	if takenOver(r) {
		return c
	}
	_ = json.Unmarshal(r.Output, &c) // there is none yet, or it is ours
	return c
}

// Run runs one attempt of a workflow node's task. With a token it returns when the
// child is started, else the child's output. The error is a task's fault.
func (c *Children) Run(ctx context.Context, payload []byte) (json.RawMessage, error) {
	var t call
	if err := json.Unmarshal(payload, &t); err != nil {
		return nil, fault.New(fault.Internal, "The task could not be read.").Because(err)
	}
	output, err := c.run(ctx, t)
	if err == nil {
		return output, nil
	}
	f := fault.Of(err)
	if !f.Code.Means().Task {
		f = &fault.Error{Code: fault.WorkflowFailed, Message: f.Message, Hint: f.Hint, Cause: f}
		for _, field := range fault.Of(err).Fields { // a task's error has no place of their own
			f.Message += fmt.Sprintf(" %s: %s", field.Pointer, field.Message)
		}
	}
	return nil, f
}

func (c *Children) run(ctx context.Context, t call) (json.RawMessage, error) {
	parent, err := c.service.Repository.Execution(ctx, t.Account, t.Execution)
	if err != nil {
		return nil, fmt.Errorf("reading the parent: %w", err)
	}
	this, err := c.begin(ctx, t)
	if err != nil {
		return nil, err
	}
	if this.taken != nil {
		return c.takenOver(ctx, t, *this.taken)
	}
	x, err := c.started(ctx, t, parent, this.Execution)
	if err != nil {
		return nil, err
	}
	if this.again(x) {
		if x, err = c.redrive(ctx, t, this, x); err != nil {
			return nil, err
		}
	}
	if t.TaskToken == "" {
		if x, err = c.service.await(ctx, x); err != nil {
			return nil, err
		}
		return c.result(ctx, t.Execution, this, x)
	}
	if x.Status != Running {
		return json.RawMessage("{}"), c.answer(ctx, t.Execution, this, x)
	}
	return json.RawMessage("{}"), c.stopIfOrphaned(ctx, t, x)
}

// redrive has a child go on that ended before its parent was redriven, once: another
// attempt may be about to do so.
func (c *Children) redrive(ctx context.Context, t call, this child, x Execution) (Execution, error) {
	reopened, err := c.service.redrive(ctx, c.principal(t), x, nil)
	if !fault.Is(err, fault.Conflict) {
		return reopened, err
	}
	now, readErr := c.service.Repository.Execution(ctx, x.Account, x.ID)
	if readErr != nil {
		return now, fmt.Errorf("reading the child: %w", readErr)
	}
	if this.again(now) {
		return now, err
	}
	return now, nil
}

// takenOver gives the result that the node had in the execution which this one replays.
func (c *Children) takenOver(ctx context.Context, t call, r task.Record) (json.RawMessage, error) {
	var err error
	if r.State == task.Failed {
		err = &fault.Error{Code: r.Failure.Code, Message: r.Failure.Message, Hint: r.Failure.Hint}
	}
	if t.TaskToken == "" {
		return r.Output, err
	}
	return json.RawMessage("{}"), c.hand(ctx, t.TaskToken, r.Output, err)
}

// stopIfOrphaned stops a child whose parent ended while it was being started: who
// stopped the parent could not see it yet.
func (c *Children) stopIfOrphaned(ctx context.Context, t call, x Execution) error {
	ctx = context.WithoutCancel(ctx)
	parent, err := c.service.Repository.Execution(ctx, t.Account, t.Execution)
	if err != nil || parent.Status == Running {
		return err
	}
	return c.stop(ctx, x.Account, x.ID)
}

func (c *Children) stop(ctx context.Context, accountID, id string) error {
	_, err := c.service.Stop(ctx, account.Principal{Account: accountID}, id, "The execution that ran it has ended.")
	if err != nil && !fault.Is(err, fault.AlreadyEnded) {
		return fmt.Errorf("stopping execution: %w", err)
	}
	return nil
}

// begin writes down which execution is the node's child, which token waits for it, and
// whether the user wants it to go on.
func (c *Children) begin(ctx context.Context, t call) (this child, err error) {
	this = child{Execution: t.child(), TaskToken: t.TaskToken, Output: t.Output}
	if this.GoesOnFrom, err = c.released(ctx, t); err != nil {
		return this, err
	}
	record := task.Record{State: task.Begun, Input: t.Config, StartedAt: c.service.Now().UTC()}
	if record.Output, err = json.Marshal(this); err != nil {
		return this, fmt.Errorf("encoding the record: %w", err)
	}
	stored, began, err := c.service.Records.Begin(ctx, t.key(), record)
	if err != nil {
		return this, fmt.Errorf("writing the once-only record: %w", err)
	}
	if takenOver(stored) {
		this.taken = &stored
		return this, nil
	}
	earlier := childOf(stored)
	if earlier.Execution == "" || began && earlier.Execution == this.Execution {
		return this, nil
	}
	if this.GoesOnFrom = earlier.GoesOnFrom; began {
		if this.GoesOnFrom, err = c.stoppedAt(ctx, t, earlier.Execution); err != nil {
			return this, err
		}
	}
	this.Execution = earlier.Execution // an older program made them up
	if record.Output, err = json.Marshal(this); err != nil {
		return this, fmt.Errorf("encoding the record: %w", err)
	}
	if err := c.service.Records.Put(ctx, t.key(), record); err != nil {
		return this, fmt.Errorf("writing the once-only record: %w", err)
	}
	return this, nil
}

// released gives when the child stopped, if a redrive of the parent has come to the node
// and no attempt since.
func (c *Children) released(ctx context.Context, t call) (time.Time, error) {
	at, err := c.stoppedAt(ctx, t, t.child())
	if err != nil || at.IsZero() {
		return at, err
	}
	r, err := c.service.Records.Record(ctx, t.key())
	if fault.Is(err, fault.NotFound) || err == nil && r.State != task.Released {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the once-only record: %w", err)
	}
	return at, nil
}

// stoppedAt gives when an execution ended that did not end well, and zero for others.
func (c *Children) stoppedAt(ctx context.Context, t call, id string) (time.Time, error) {
	x, err := c.service.Repository.Execution(ctx, t.Account, id)
	if fault.Is(err, fault.NotFound) || err == nil && !endedBadly(x) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the child: %w", err)
	}
	return x.StoppedAt, nil
}

func (c *Children) principal(t call) account.Principal {
	return account.Principal{Account: t.Account, Actor: "workflow:" + t.Workflow}
}

// started gives the child, which it starts unless an earlier attempt did.
func (c *Children) started(ctx context.Context, t call, parent Execution, childID string) (Execution, error) {
	x, err := c.service.Repository.Execution(ctx, t.Account, childID)
	if !fault.Is(err, fault.NotFound) {
		return x, err
	}
	x, err = c.start(ctx, t, parent, childID)
	if fault.Is(err, fault.Conflict) { // somebody was faster
		return c.service.Repository.Execution(ctx, t.Account, childID)
	}
	return x, err
}

func (c *Children) start(ctx context.Context, t call, parent Execution, childID string) (Execution, error) {
	depth := 1
	if parent.Parent != nil {
		depth += parent.Parent.Depth
	}
	if depth > MaxDepth {
		return Execution{}, fault.New(fault.WorkflowFailed, "Workflows run each other more than %d deep.", MaxDepth).
			WithHint("Look whether they run each other without an end.")
	}
	var config struct {
		Workflow string `json:"workflow"`
		Input    any    `json:"input"`
	}
	exact := json.NewDecoder(bytes.NewReader(t.Config))
	exact.UseNumber()
	if err := exact.Decode(&config); err != nil {
		return Execution{}, fault.New(fault.Internal, "The task could not be read.").Because(err)
	}
	w, v, err := c.service.serving(ctx, t.Account, config.Workflow)
	if err != nil {
		return Execution{}, err
	}
	doc, err := workflow.Parse(v.Document)
	if err != nil {
		return Execution{}, fmt.Errorf("reading version: %w", err)
	}
	if w.Agent != parent.Agent || doc.Trigger == nil || doc.Trigger.Type != workflow.TriggerManual {
		return Execution{}, fault.New(fault.WorkflowFailed, "The workflow %q cannot be run by another: it is of another agent, or has no manual trigger.", w.Name).
			WithHint("Publish it with a manual trigger.")
	}
	if config.Input, err = value.ResolveSent(config.Input, c.service.fetch(ctx, t.Account, t.Execution)); err != nil {
		return Execution{}, fmt.Errorf("reading a large input: %w", err)
	}
	trigger, err := c.service.manualTrigger(doc, config.Input)
	if err != nil {
		return Execution{}, err
	}
	return c.service.start(ctx, c.principal(t), w, v, Start{
		Workflow: w.ID, Trigger: trigger, id: childID, request: t.Request,
		parent: &Parent{Execution: t.Execution, Node: t.Node, Iteration: t.Iteration, Depth: depth, TaskToken: t.TaskToken},
	})
}

// Ended tells who waits for an execution that it has ended, and stops what it had
// others run, unless it succeeded. It may be repeated.
func (c *Children) Ended(ctx context.Context, x Execution) error {
	if x.Status == Running { // it was redriven meanwhile
		return nil
	}
	if x.Status != Succeeded {
		if err := c.stopChildren(ctx, x); err != nil {
			return err
		}
	}
	if x.Parent == nil {
		return nil
	}
	r, err := c.service.Records.Record(ctx, task.Key{
		Account: x.Account, Execution: x.Parent.Execution, Node: x.Parent.Node, Iteration: x.Parent.Iteration,
	})
	waits := childOf(r)
	if fault.Is(err, fault.NotFound) { // it took longer than records are kept
		waits, err = child{Execution: x.ID, TaskToken: x.Parent.TaskToken}, nil
	}
	if err != nil {
		return fmt.Errorf("reading the once-only record: %w", err)
	}
	if waits.Execution == x.ID && waits.TaskToken != "" {
		return c.answer(ctx, x.Parent.Execution, waits, x)
	}
	return nil
}

// stopChildren stops the executions that were run for one that has ended.
func (c *Children) stopChildren(ctx context.Context, x Execution) error {
	records, err := c.service.Records.RecordsOf(ctx, x.Account, x.ID)
	if err != nil {
		return fmt.Errorf("reading once-only records: %w", err)
	}
	ids := c.older(ctx, x)
	for _, r := range records {
		if id := childOf(r).Execution; id != "" {
			ids[id] = true
		}
	}
	for id := range ids {
		below, err := c.service.Repository.Execution(ctx, x.Account, id)
		if fault.Is(err, fault.NotFound) || err == nil && (below.Status != Running || below.Parent == nil || below.Parent.Execution != x.ID) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading execution: %w", err)
		}
		if err := c.stop(ctx, x.Account, id); err != nil {
			return err
		}
	}
	return nil
}

// sureRecords is for how long the records of an execution are there for sure.
const sureRecords = 29 * 24 * time.Hour

// older gives the ids of what an execution has run that may have no record any more: it
// began longer ago than records are kept. Where nobody can tell, there are none.
func (c *Children) older(ctx context.Context, x Execution) map[string]bool {
	ids := map[string]bool{}
	if c.service.Now().Sub(x.StartedAt) < sureRecords {
		return ids
	}
	h, err := c.service.happened(ctx, x)
	if err != nil {
		return ids
	}
	for _, n := range h.doc.Nodes {
		if n.Type != workflow.TypeWorkflow {
			continue
		}
		for key := range h.runsOf(n.ID) {
			ids[childID(x.Account, x.ID, key.Node, key.Iteration)] = true
		}
	}
	return ids
}

// answer gives the end of a child to the task of its parent that waits for it.
func (c *Children) answer(ctx context.Context, parent string, this child, x Execution) error {
	output, err := c.result(ctx, parent, this, x)
	return c.hand(ctx, this.TaskToken, output, err)
}

// hand gives a task that waits its output, or the fault with which it fails. Any other
// error is given back.
func (c *Children) hand(ctx context.Context, token string, output json.RawMessage, err error) error {
	failure, failed := errors.AsType[*fault.Error](err)
	switch {
	case err == nil:
		err = c.tokens.Succeed(ctx, token, output)
	case failed && failure.Code.Means().Task:
		cause, encodeErr := json.Marshal(map[string]string{
			"errorType": string(failure.Code), "errorMessage": failure.Message + "\n" + failure.Hint,
		})
		if encodeErr != nil {
			return fmt.Errorf("encoding a failure: %w", encodeErr)
		}
		err = c.tokens.Fail(ctx, token, string(failure.Code), string(cause))
	}
	if err != nil && !fault.Is(err, fault.AlreadyEnded) {
		return fmt.Errorf("answering the parent: %w", err)
	}
	return nil
}

// result is what a parent gets of a child that has ended: its output, as the parent's
// state machine carries it, or a fault of the task.
func (c *Children) result(ctx context.Context, parent string, this child, x Execution) (json.RawMessage, error) {
	switch {
	case x.Status == Succeeded && (len(x.Output) == 0 || string(x.Output) == "null"):
		return json.RawMessage("{}"), nil // null would say that the node was skipped
	case x.Status == Succeeded:
		return c.handed(ctx, parent, this, x)
	}
	f := fault.New(fault.WorkflowFailed, "The execution %s of the workflow %s.", x.ID, pastTense(x.Status)).
		WithHint("Look at that execution to see what happened.")
	if x.Error != nil {
		f.Message = fmt.Sprintf("The execution %s of the workflow %s: %s: %s", x.ID, pastTense(x.Status), x.Error.Name, x.Error.Message)
	}
	return nil, f
}

// handed gives a child's output to its parent. Large values are stored beside the
// execution that has them, and what has to go along of them is the parent's to say.
func (c *Children) handed(ctx context.Context, parent string, this child, x Execution) (json.RawMessage, error) {
	output := x.Output
	if value.Mentions(output) {
		short, err := value.Decode(output)
		if err != nil {
			return nil, err
		}
		whole, err := value.ResolveSent(short, c.service.fetch(ctx, x.Account, x.ID))
		if err != nil {
			return nil, fmt.Errorf("reading a large output: %w", err)
		}
		if output, err = value.Encode(whole); err != nil {
			return nil, err
		}
	}
	if this.Output.Fits(output) {
		return output, nil
	}
	if len(output) > value.MaxBytes {
		return nil, fault.New(fault.OutputTooLarge, "The execution %s gave %d MiB; a step can hand on at most %d MiB.", x.ID, len(output)>>20, value.MaxBytes>>20).
			WithHint("Name less in the output of that workflow.")
	}
	short, err := this.Output.Cut(output)
	if large, ok := errors.AsType[*value.TooLargeError](err); ok {
		return nil, fault.New(fault.OutputTooLarge, "Nodes that call no service read %d KiB of what the execution %s gave; they can read at most %d KiB of one output.", (large.Total+1023)>>10, x.ID, value.MaxRoom>>10).
			WithHint("Have them read smaller parts, or name less in the output of that workflow.")
	}
	if err != nil {
		return nil, fmt.Errorf("cutting an output: %w", err)
	}
	if err := c.service.Records.PutValue(ctx, x.Account, parent, value.ID(output), output); err != nil {
		return nil, fmt.Errorf("storing a large output: %w", err)
	}
	return short, nil
}
