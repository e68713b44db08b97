// Package audit is the record of who did what: to credentials, links, workflows,
// keys, members, approvals and executions, and of every time that a secret was opened.
//
// # Chains
//
// The record is only ever added to. Each entry has the hash of the one before it in
// its chain, so that nobody who can write to the store changes, removes or inserts an
// entry without all that follow no longer fitting; Verify finds the first that does
// not. What a chain cannot show by itself is that its end was cut off: who has to be
// sure of that keeps the last hash elsewhere, as every export has it. An account has
// one chain or several, as its store needs; each stands for itself.
//
// # With the change
//
// An entry is stored in the same transaction as what it tells of: neither is there
// without the other. The services say what an entry is, by With, and hand it to the
// repository in the context of the one call that makes the change; a store writes it
// where it writes the change, and writes nothing where nothing was changed. In the
// signature of every repository's method it would be read by nobody but the stores.
//
// An entry never has a secret: it names things by their ids.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/page"
)

// Action is what was done.
type Action string

// The actions.
const (
	CreateAgent Action = "agent.create"
	UpdateAgent Action = "agent.update"
	DeleteAgent Action = "agent.delete"

	CreateCredential Action = "credential.create"
	RenameCredential Action = "credential.update"
	RotateCredential Action = "credential.rotate"
	ResealCredential Action = "credential.reseal" // under another key: the data stay the same
	GrantCredential  Action = "credential.grant"  // by the service, to a new credential or one that is there
	RenewCredential  Action = "credential.renew"  // a new token for the one that has expired, by a connector
	DeleteCredential Action = "credential.delete"
	OpenCredential   Action = "credential.decrypt"
	VerifyCredential Action = "credential.verify"
	LinkCredential   Action = "credential.link"
	UnlinkCredential Action = "credential.unlink"

	CreateWorkflow    Action = "workflow.create"
	UpdateWorkflow    Action = "workflow.update"
	DeleteWorkflow    Action = "workflow.delete"
	PublishWorkflow   Action = "workflow.publish"
	RollbackWorkflow  Action = "workflow.rollback"
	UnpublishWorkflow Action = "workflow.unpublish"
	TryWorkflow       Action = "workflow.try"
	TestNode          Action = "workflow.test_node"
	RefuseWebhook     Action = "webhook.refuse" // a request that did not prove who it is from

	StartExecution   Action = "execution.start"
	MissStart        Action = "execution.miss" // a trigger did not start its workflow, and will not
	StopExecution    Action = "execution.stop"
	RedriveExecution Action = "execution.redrive"
	ReplayExecution  Action = "execution.replay"
	SettleExecution  Action = "execution.settle"
	PutEvent         Action = "event.put" // by a caller of the API; counted
	Approve          Action = "approval.approve"
	Reject           Action = "approval.reject"

	Export Action = "bundle.export"

	CreateKey    Action = "api_key.create"
	DeleteKey    Action = "api_key.delete"
	AddMember    Action = "member.add"
	ChangeMember Action = "member.update"
	RemoveMember Action = "member.remove"
)

// Entry is one thing that was done.
type Entry struct {
	Account   string    `json:"account"`
	Chain     string    `json:"chain"` // which of the account's chains it is in
	Sequence  int64     `json:"sequence"`
	At        time.Time `json:"at"` // never before the entry before it
	Actor     string    `json:"actor"`
	Action    Action    `json:"action"`
	Resource  string    `json:"resource"`            // the id of what it was done to
	Agent     string    `json:"agent,omitempty"`     // of a link
	Execution string    `json:"execution,omitempty"` // for which it was done
	Node      string    `json:"node,omitempty"`      // of the execution
	Iteration string    `json:"iteration,omitempty"` // of a node in a loop
	Reason    string    `json:"reason,omitempty"`    // of a refusal, or of an opening that nothing came of
	Count     int64     `json:"count,omitempty"`     // how often, where one entry stands for several times
	PrevHash  string    `json:"prev_hash"`           // hexadecimal; "" for the first of a chain
	Hash      string    `json:"hash"`                // hexadecimal SHA-256 of all the above
}

// After gives the entry its place behind another one; behind the zero one, the first.
func (e Entry) After(last Entry) Entry {
	e.Sequence, e.PrevHash = last.Sequence+1, last.Hash
	e.At = e.At.UTC()
	if e.At.Before(last.At) { // clocks differ; a chain's times do not go back
		e.At = last.At
	}
	e.Hash = e.sum()
	return e
}

// sum is the hash of everything else in an entry. Every part has its length before
// it, so that no two entries are the same text.
func (e Entry) sum() string {
	b := make([]byte, 0, 512)
	b = append(b, "switchboard audit 1"...)
	for _, part := range []string{
		e.Account, e.Chain, e.At.UTC().Format(time.RFC3339Nano), e.Actor, string(e.Action), e.Resource, e.Agent, e.Execution, e.Node,
		e.Iteration, e.PrevHash,
	} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	b = binary.AppendVarint(b, e.Sequence)
	if e.Reason != "" || e.Count != 0 { // else the hash is the one from before there were these
		b = append(binary.AppendUvarint(b, uint64(len(e.Reason))), e.Reason...)
		b = binary.AppendVarint(b, e.Count)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Place is an entry's place among those of an account. The zero one is before all.
type Place struct {
	Chain    string
	Sequence int64
}

// Filter narrows a list. Empty members do not.
type Filter struct {
	Resource string
	Actor    string
}

// Passes says whether an entry belongs to the list.
func (f Filter) Passes(e Entry) bool {
	return (f.Resource == "" || e.Resource == f.Resource) && (f.Actor == "" || e.Actor == f.Actor)
}

// Repository stores the record.
type Repository interface {
	// Audit lists an account's entries, newest first. Where there is a filter, a page
	// may have fewer items than asked for, even none, and still a next one.
	Audit(ctx context.Context, account string, f Filter, q page.Query) (page.Of[Entry], error)
	// AuditChains gives every entry of an account, chain by chain, each from its
	// beginning on; or those that come after a place in that order.
	AuditChains(ctx context.Context, account string, after Place, each func(Entry) error) error
	// Note stores entries that go with no other change: those of ctx.
	Note(ctx context.Context) error
}

// Counter puts what anybody can do as often as they like into the audit, without
// filling it: one entry stands for many times. It is what tells them apart that is
// counted by: account, actor, action, resource and reason.
type Counter interface {
	// Count counts e once. Its entry is stored at once, or when counts are noted.
	Count(ctx context.Context, e Entry) error
	// NoteCounts stores an entry for what began to be counted before a time, of all
	// accounts, with how often it was counted. It is to be called every few minutes.
	NoteCounts(ctx context.Context, before time.Time) error
}

type contextKey struct{}

// With adds an entry to what the change made with ctx is to leave behind.
func With(ctx context.Context, p account.Principal, action Action, resource string) context.Context {
	return WithEntry(ctx, Entry{Account: p.Account, Actor: p.Actor, Action: action, Resource: resource})
}

// WithEntry is With for an entry that tells more. Its time and its place in a chain
// are the store's to set.
func WithEntry(ctx context.Context, e Entry) context.Context {
	return context.WithValue(ctx, contextKey{}, append(From(ctx)[:len(From(ctx)):len(From(ctx))], e))
}

// Without is ctx for a change that comes before the one that is told of.
func Without(ctx context.Context) context.Context {
	return context.WithValue(ctx, contextKey{}, []Entry(nil))
}

// From gives the entries of a change.
func From(ctx context.Context) []Entry {
	entries, _ := ctx.Value(contextKey{}).([]Entry)
	return entries
}
