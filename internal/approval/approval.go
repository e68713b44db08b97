// Package approval asks people: an approval node waits until somebody says yes or
// no at the node's link, or until the time is over.
//
// # The link
//
// The link's token is the only proof that whoever has it needs, so it is 256 random
// bits, and the store knows its SHA-256 alone: who reads the table, or a backup of
// it, cannot answer. But people with a login have to see the link again, in the view
// of the execution and in the list of what waits. So the token is also kept sealed,
// like a credential, under a credential type of its own: the functions that show
// links may decrypt that type and no other, and a sealed token that is moved to
// another approval or account does not open. (An HMAC of the node's place under one
// key would need no sealed copy, but every function that shows links would then hold
// a key that makes all links there will ever be, which nobody could revoke alone.)
// The notification that carries the link is a task of the connector; its record has
// the token redacted.
//
// # One answer
//
// The answer is first written, on the condition that the approval still waits, and
// only then handed to the state machine. So one answer counts, whatever comes at the
// same time; and if the process dies in between, the task is run again, finds the
// answer, and hands it on. An answer that could not be handed on (AnsweredAt is set
// and Delivered is not) is handed on by the next one who asks for the approval.
//
// That an execution has ended, or the time is over, is found when somebody looks:
// nothing has to be written at that moment.
package approval

import (
	"context"
	"time"

	"switchboard/internal/page"
	"switchboard/internal/vault"
)

// CredentialType is the type under which the tokens of links are sealed.
const CredentialType = "approval"

// State is how far an approval has come.
type State string

// The states of an approval.
const (
	Waiting   State = "waiting"
	Approved  State = "approved"
	Rejected  State = "rejected"
	TimedOut  State = "timed_out"
	Cancelled State = "cancelled" // its execution, or the branch of it, ended before
)

// Answered says whether a person decided.
func (s State) Answered() bool { return s == Approved || s == Rejected }

// Approval is one question to people: a visit of an approval node.
type Approval struct {
	ID           string
	Account      string
	Agent        string
	Workflow     string
	WorkflowName string
	Execution    string
	Node         string
	Iteration    string // "" outside of loops
	Message      string
	State        State
	AskedAt      time.Time
	ExpiresAt    time.Time
	AnsweredAt   time.Time // zero until somebody did
	AnsweredBy   string    // the actor; "" for somebody who only had the link
	Comment      string
	Delivered    bool // the state machine has the answer

	TokenHash string       // hexadecimal SHA-256 of the link's token
	Token     vault.Sealed // the token itself
	TaskToken string       // by which the state machine is answered
}

// Key names an approval by where it is asked.
type Key struct{ Account, Execution, Node, Iteration string }

// Key gives the approval's.
func (a Approval) Key() Key { return Key{a.Account, a.Execution, a.Node, a.Iteration} }

func (a Approval) place() vault.Place {
	return vault.Place{Account: a.Account, Credential: a.ID, CredentialType: CredentialType}
}

// Filter narrows a list. Empty members do not.
type Filter struct {
	Agent string
	State State
}

// Repository stores approvals, until 30 days after their execution has ended or the
// time to answer is over, at least. A thing of another account is not found. Errors are faults: NotFound; Conflict where named;
// anything else is Internal, Unavailable or StorageFull. What is written is on disk
// when the call returns.
type Repository interface {
	// CreateApproval stores a new approval. If there is one with the same key, nothing
	// is stored and that one is returned, with created false.
	CreateApproval(ctx context.Context, a Approval) (stored Approval, created bool, err error)
	// UpdateApproval replaces the stored approval, if its state is still from; Conflict
	// if it is another one. ID, key, Agent, AskedAt and TokenHash never change.
	UpdateApproval(ctx context.Context, a Approval, from State) error
	// ApprovalByToken finds the approval of a link, by the hash of its token.
	ApprovalByToken(ctx context.Context, hash string) (Approval, error)
	// ApprovalsOf lists an execution's, by node and iteration.
	ApprovalsOf(ctx context.Context, account, execution string) ([]Approval, error)
	// Approvals lists, newest first.
	Approvals(ctx context.Context, account string, f Filter, q page.Query) (page.Of[Approval], error)
}
