// Package execution holds executions: one run of one published version each, its
// history, and the view of it that people see.
package execution

import (
	"context"
	"encoding/json"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/audit"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

// Status of an execution.
type Status string

// The statuses of an execution.
const (
	Running   Status = "running"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	TimedOut  Status = "timed_out"
	Stopped   Status = "stopped"
)

// Error is how an execution or a node failed.
type Error struct {
	Name    string `json:"name" doc:"The error's name, such as Connector.AuthFailed"`
	Message string `json:"message" doc:"What happened, for people"`
	Hint    string `json:"hint,omitempty" doc:"What to do about it"`
	Node    string `json:"node,omitempty" doc:"The node where it happened"`
}

// Execution is one run of one published version.
type Execution struct {
	ID             string
	Account        string
	Agent          string
	Workflow       string
	Version        int
	Published      time.Time // when that version was; zero in executions of older programs
	Status         Status
	StartedAt      time.Time
	StoppedAt      time.Time // zero while running
	StartedBy      string    // the actor
	Trigger        string    // what started it: a trigger's type, of which manual is by hand or by API; or replay
	ReplayOf       string    // the execution that this one replays
	ReplayFrom     string    // the node from which on it does
	IdempotencyKey string
	// Express executions answer their caller at once and are not resumed after a crash.
	Express bool
	// Awaited executions have a caller who waits for the output and knows no id. A
	// store may write them a moment later, and after a crash they do not go on.
	Awaited bool
	// Opened is the credential that was opened to know who started it; "" for none.
	Opened string
	// Parent is where a workflow node runs it; nil for an execution of its own.
	Parent *Parent
	Input  json.RawMessage // what templates see as the trigger, in full, and where it came from: {"request": "...", "trigger": {...}}
	Output json.RawMessage
	Error  *Error
}

// Test says whether it runs a draft that is tried, and no published version.
func (x Execution) Test() bool { return x.Version >= workflow.FirstTrial }

// Ran says whether it runs a version that is there under the number of its own: a workflow
// that was deleted and is imported again has the same id, and counts its versions anew.
func (x Execution) Ran(v workflow.Version) bool {
	return x.Published.IsZero() || x.Published.Equal(v.PublishedAt)
}

// Opening is what the opening of a credential at its start leaves in the audit; none
// where there was none.
func (x Execution) Opening() []audit.Entry {
	if x.Opened == "" {
		return nil
	}
	return []audit.Entry{{
		Account: x.Account, At: x.StartedAt, Actor: x.StartedBy, Action: audit.OpenCredential, Resource: x.Opened, Agent: x.Agent, Execution: x.ID,
	}}
}

// Request gives the id of the request that started the execution, or the one around
// it; "" where there was none. Only what was read with its input knows it.
func (x Execution) Request() string {
	var input struct {
		Request string `json:"request"`
	}
	_ = json.Unmarshal(x.Input, &input) // there is none, or it is ours
	return input.Request
}

// Parent is the node of another execution that runs an execution and waits for it.
type Parent struct {
	Execution string `json:"execution"`
	Node      string `json:"node"`
	Iteration string `json:"iteration,omitempty"`
	Depth     int    `json:"depth"` // how many executions are around this one
	// TaskToken is that of the task which had it started, and "" where the function itself
	// waits. What counts is that of the node's once-only record, while there is one.
	TaskToken string `json:"task_token,omitempty"`
}

// TriggerReplay is the Trigger of an execution that replays another one.
const TriggerReplay = "replay"

// Filter narrows a list. Empty members do not.
type Filter struct {
	Workflow string
	Status   Status
	// StartedAfter and StartedBefore are bounds of StartedAt, which do not belong to it.
	StartedAfter  time.Time
	StartedBefore time.Time
	Trigger       string
	Error         string // the error's name
	// NotReplayedWith leaves out what was replayed with this idempotency key.
	NotReplayedWith string
}

// Passes says whether an execution is wanted, by what lists are not kept by.
func (f Filter) Passes(x Execution) bool {
	return (f.Trigger == "" || x.Trigger == f.Trigger) && (f.Error == "" || x.Error != nil && x.Error.Name == f.Error) &&
		(f.NotReplayedWith == "" || x.ReplayOf == "" || x.IdempotencyKey != replayKey(x.ReplayOf, f.NotReplayedWith)) &&
		(f.StartedAfter.IsZero() || x.StartedAt.After(f.StartedAfter)) && (f.StartedBefore.IsZero() || x.StartedAt.Before(f.StartedBefore))
}

// Looks says whether a list has to be looked through: not every item of it passes.
func (f Filter) Looks() bool {
	return f.NotReplayedWith != "" || f.Trigger != "" || f.Error != "" || !f.StartedAfter.IsZero() || !f.StartedBefore.IsZero()
}

// MaxLookedThrough is about how many executions are looked at for one page of a list
// that has to be looked through.
const MaxLookedThrough = 2_000

// Repository stores executions and their histories. A thing of another account is
// not found. Errors are faults: NotFound; anything else is Internal, Unavailable
// or StorageFull.
//
// Writes are durable in the order in which they were made: whatever is on disk
// implies everything that was written before it, of whatever kind.
type Repository interface {
	// StartExecution stores a new execution; it is on disk when the call returns. If
	// the workflow had an execution started with the same non-empty IdempotencyKey
	// (within 30 days), nothing is stored and that one is returned with created false.
	// An Awaited one without a key, its history and its once-only records need not be
	// on disk when a call returns, only found by every read; within 50 ms they are.
	StartExecution(ctx context.Context, x Execution) (stored Execution, created bool, err error)
	// StartedWith finds the execution of a workflow that was started with an
	// IdempotencyKey (within 30 days). NotFound if there is none.
	StartedWith(ctx context.Context, account, workflow, key string) (Execution, error)
	Execution(ctx context.Context, account, id string) (Execution, error)
	// Executions lists, newest first. Where the filter has to look at each (see Looks), a
	// page may have fewer items than asked for, even none, and still a next one.
	Executions(ctx context.Context, account string, f Filter, q page.Query) (page.Of[Execution], error)
	// KeepExecution makes an Awaited execution one like all others, with everything
	// that has happened, on disk when the call returns; it changes nothing of others.
	// It comes before anybody is told the id of one that runs.
	KeepExecution(ctx context.Context, account, id string) error
	// FinishExecution sets Status, StoppedAt, Output and Error, once: of two, the
	// second changes nothing and gets AlreadyEnded. On disk when the call returns,
	// unless it was Awaited and has succeeded.
	FinishExecution(ctx context.Context, x Execution) error
	// ReopenExecution makes an ended execution run again, and appends the event that
	// says so (asl.ExecutionRedriven) to its history, at once; on disk when the call
	// returns. Status is Running then; StoppedAt, Output and Error are empty. Conflict
	// if it runs or has succeeded. A store that can do so releases, in the same write, the
	// once-only records as Begun of all nodes but those that are settled.
	ReopenExecution(ctx context.Context, account, id string, redriven asl.Event, settled ...string) (Execution, error)
	// AppendHistory queues events; it returns before they are on disk, in order.
	AppendHistory(account, id string, events ...asl.Event) error
	// History gives the events so far, in the order of writing.
	History(ctx context.Context, account, id string) ([]asl.Event, error)
	// RunningExecutions lists all accounts' executions that have not ended, oldest
	// first: what has to go on after a restart.
	RunningExecutions(ctx context.Context) ([]Execution, error)
	// Note stores what ctx says that was done to an execution; see audit.Repository.
	Note(ctx context.Context) error
}
