package task

import (
	"context"
	"encoding/json"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/fault"
	"switchboard/internal/value"
)

// Key names one call that must happen once: a node of an execution, and within
// loops the iteration ("" outside, "3" or "0.12" inside).
type Key struct {
	Account   string
	Execution string
	Node      string
	Iteration string
}

func (t Task) key() Key {
	return Key{Account: t.Account, Execution: t.Execution, Node: t.Node, Iteration: t.Iteration}
}

// RecordState is how far a call has come.
type RecordState string

// The states of a record.
const (
	// Begun: the call was about to be made; whether it was is not known.
	Begun RecordState = "begun"
	// Done: the service did it; Output holds its answer.
	Done RecordState = "done"
	// Released: the service did not do it; another attempt may begin, not before NotBefore.
	Released RecordState = "released"
	// Failed: in the execution that this one replays, the node failed for good, and the
	// execution went on. Failure says how; no attempt is made.
	Failed RecordState = "failed"
)

// Record is the once-only record of a call. It never holds a secret: what it
// stores has been through the redactor.
type Record struct {
	State     RecordState     `json:"state"`
	Input     json.RawMessage `json:"input,omitempty"`  // the rendered fields
	Output    json.RawMessage `json:"output,omitempty"` // of Done
	StartedAt time.Time       `json:"started_at"`
	NotBefore time.Time       `json:"not_before,omitzero"` // of Released
	Reason    string          `json:"reason,omitempty"`    // of Begun, when the call is known to be unsettled: what happened
	Failure   *Failure        `json:"failure,omitempty"`   // of Failed
	// Openings are the times that a credential was opened for the call; the last one is
	// that of whoever writes the record as Begun.
	Openings []Opening `json:"openings,omitempty"`
	// Reopened says that the last of them was for a call which turned out to have a
	// result already. It is not stored: it is of the write.
	Reopened bool `json:"-"`
}

// Opening is that a task opened a credential. It goes with the record of the call, in
// the same write, and from there into the audit: at once, or when the execution ends.
type Opening struct {
	Credential string    `json:"credential" dynamodbav:"credential"`
	Agent      string    `json:"agent" dynamodbav:"agent"`
	Workflow   string    `json:"workflow" dynamodbav:"workflow"`
	At         time.Time `json:"at" dynamodbav:"at"`
}

// Entry is what an opening leaves in the audit.
func (o Opening) Entry(k Key) audit.Entry {
	return audit.Entry{
		Account: k.Account, At: o.At, Actor: "workflow:" + o.Workflow, Action: audit.OpenCredential, Resource: o.Credential,
		Agent: o.Agent, Execution: k.Execution, Node: k.Node, Iteration: k.Iteration,
	}
}

// renewal is what a new token for the task's credential leaves in the audit.
func (t Task) renewal() audit.Entry {
	if t.Credential == nil {
		return audit.Entry{}
	}
	e := Opening{Credential: t.Credential.ID, Agent: t.Agent, Workflow: t.Workflow}.Entry(t.key())
	e.Action = audit.RenewCredential
	return e
}

// Opened gives what the writing of a record tells the audit: that the credential was
// opened for a call which is about to be made, or has been.
func (r Record) Opened(k Key) []audit.Entry {
	begins := r.State == Begun && r.Reason == ""
	if !begins && !r.Reopened || len(r.Openings) == 0 {
		return nil
	}
	return []audit.Entry{r.Openings[len(r.Openings)-1].Entry(k)}
}

// Failure is how a node failed.
type Failure struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Hint    string     `json:"hint,omitempty"`
}

func (f *Failure) fault() *fault.Error {
	return &fault.Error{Code: f.Code, Message: f.Message, Hint: f.Hint}
}

// Values stores what is too large for a state, by execution and id (see value.ID),
// and for as long as the execution is kept. Errors are faults.
type Values interface {
	// PutValue stores a JSON text; it is on disk when it returns. Storing it again
	// changes nothing.
	PutValue(ctx context.Context, account, execution, id string, text json.RawMessage) error
	// Values reads some of an execution's. Those that are not there are not in the answer.
	Values(ctx context.Context, account, execution string, ids []string) (value.Found, error)
}

// Records stores once-only records for 30 days, and the values that are too large to
// be in them. Errors are faults.
type Records interface {
	Values
	// Begin stores r (State Begun) if there is no record or a Released one, and is on
	// disk when it returns, unless the execution is one that does not go on after a
	// crash (execution.Execution.Awaited). Otherwise it changes nothing and returns the
	// stored record with began false. A Released one that is replaced is returned too,
	// with began true.
	Begin(ctx context.Context, k Key, r Record) (stored Record, began bool, err error)
	// Put replaces the record, whatever it was. Durable in order, like all writes; it
	// may return before it is on disk. What a crash can take is how a call went: it is
	// still on record as Begun then, so nothing is done twice, and everything that came
	// of it is lost with it.
	Put(ctx context.Context, k Key, r Record) error
	// Record reads one; NotFound if there is none.
	Record(ctx context.Context, k Key) (Record, error)
	// RecordsOf lists the records of an execution by node and iteration.
	RecordsOf(ctx context.Context, account, execution string) (map[Key]Record, error)
}
