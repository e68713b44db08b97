// Package dynamo keeps everything of a deployment on AWS in one DynamoDB table: all
// repositories, on one Store.
//
// The promises are those of the interfaces. What they cost, and where they end:
//
// Reads of a thing, and lists of everything but executions and approvals, are strongly
// consistent. Lists of those come from two indexes, which DynamoDB writes a
// moment later: an execution may be missing from its list for about a second, but
// never stands in one that its status does not belong to, because what the index
// names is read from the table and checked. Nothing is ever scanned.
//
// Writes of more than one item are transactions, so nothing is seen half done, and
// the client gives each a token, so that one which is sent again after a lost answer
// counts once. Where what was read for a write has changed until it is made, it is
// read and tried again. Begin is a single put, for it is in the way of every task;
// the token by which a put that was sent again recognizes itself is in its item.
// A write returns when it is stored, AppendHistory too: a function may be frozen
// as soon as it has answered, and what it still held would be lost.
//
// # Size of items
//
// An item has at most 400 KB, and each KB written, or 4 KB read, is paid for. What
// can be large (documents, definitions, inputs, outputs, events) is compressed with
// gzip, and is in its item while it is small. Else it is cut into chunks, items of
// their own, which are written in the same transaction; the item names them, and
// those of a draft by its revision, so that a reader never joins chunks of two. A
// transaction takes 4 MB: what is above 3 MiB even when compressed is refused with
// PayloadTooLarge. JSON shrinks to 82% at the very worst (random text), so all that
// the documents' and the executions' own limits allow has room. A once-only record
// has to be one item: at its limits, 200 KiB of input and of output, it fits. What is
// larger is a value of its own, whose chunks are written one by one: it never changes.
// What does not fit all the same gets OutputTooLarge or InvalidInput, which a
// workflow can catch. An agent can be linked to any number of credentials; a
// credential to as many agents as its item has room for, about 3000.
//
// # Hot partitions
//
// A partition gives 1000 writes of 1 KB and 3000 reads of 4 KB a second. So nothing
// that running executions touch shares one: an execution, its history, its records,
// a workflow with its versions, a webhook's address, an idempotency key and a secret
// have a partition each. What is common to an account (lists of agents, credentials,
// workflows) is written by people only. Of the indexes, one partition holds a
// workflow's executions and one an account's: they take 1000 starts a second, where
// Step Functions starts 300 unless more is agreed on. What is running in all
// accounts is spread over 8 partitions. A loop that makes more than about 500 calls
// a second writes faster than its execution's partition takes; such writes are
// throttled, tried again, and in the end fail as Unavailable, which a state machine
// tries again by itself.
//
// # Fences
//
// A secret's partition key begins with its credential type, and no other key begins
// with a lower-case letter. A connector's role is fenced to its own types by a
// condition on dynamodb:LeadingKeys ("slack_bot_token#*"), and to the once-only
// records ("RECORD#*"). Whether the credential is linked to the agent stands in the
// same item: one GetItem answers both.
//
// # Time
//
// DynamoDB removes what is past the time in TTLAttribute, within days; until then
// this package takes it for gone. Once-only records and idempotency keys are kept
// for 30 days, ended executions with their history for Options.Retention.
package dynamo

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"switchboard/internal/awsapi/dynamodb"

	"switchboard/internal/agent"
	"switchboard/internal/apikey"
	"switchboard/internal/approval"
	"switchboard/internal/audit"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/member"
	"switchboard/internal/reseal"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// Client is what a Store calls of a *dynamodb.Client. Throttled and failed calls
// are the client's to repeat, with the retryer that it was made with.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput) (*dynamodb.QueryOutput, error)
	Scan(context.Context, *dynamodb.ScanInput) (*dynamodb.ScanOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput) (*dynamodb.TransactWriteItemsOutput, error)
}

// DefaultRetention is how long ended executions are kept if Options do not say.
const DefaultRetention = 30 * 24 * time.Hour

// kept is how long once-only records and idempotency keys count.
const kept = 30 * 24 * time.Hour

// Options of a Store.
type Options struct {
	Table     string
	Retention time.Duration    // of ended executions; 0 means DefaultRetention
	Now       func() time.Time // nil means time.Now
	Log       *slog.Logger     // nil means none
}

// Store is all repositories on one table. It is safe for concurrent use and holds
// nothing that has to be closed.
type Store struct {
	client    Client
	table     string
	retention time.Duration
	now       func() time.Time
	log       *slog.Logger
}

var (
	_ Client                = (*dynamodb.Client)(nil)
	_ agent.Repository      = (*Store)(nil)
	_ credential.Repository = (*Store)(nil)
	_ workflow.Repository   = (*Store)(nil)
	_ execution.Repository  = (*Store)(nil)
	_ approval.Repository   = (*Store)(nil)
	_ task.Records          = (*Store)(nil)
	_ apikey.Repository     = (*Store)(nil)
	_ member.Repository     = (*Store)(nil)
	_ audit.Repository      = (*Store)(nil)
	_ reseal.Store          = (*Store)(nil)
)

// New returns a Store. It makes no call.
func New(c Client, o Options) *Store {
	s := &Store{client: c, table: o.Table, retention: o.Retention, now: o.Now, log: o.Log}
	if s.retention <= 0 {
		s.retention = DefaultRetention
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// attempts is how often a write is made that others get in the way of; with the
// pauses below, for about 4 seconds.
const attempts = 10

// again calls f until it is no longer in others' way, which it says by errMoved.
func again(ctx context.Context, f func() error) error {
	for n := 0; ; n++ {
		err := f()
		if err != errMoved { //nolint:errorlint // it is never wrapped: it does not leave this package
			return err
		}
		if n == attempts-1 {
			return tooManyAtOnce()
		}
		if err := pause(ctx, n); err != nil {
			return err
		}
	}
}

func tooManyAtOnce() *fault.Error {
	return fault.New(fault.Unavailable, "Too many changes were made at the same time.").WithHint("Try again.")
}

// pause waits before attempt n+1: anything up to a bound that doubles, so that
// those who met do not meet again.
func pause(ctx context.Context, n int) error {
	timer := time.NewTimer(rand.N(min(25*time.Millisecond<<n, time.Second))) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fault.Of(ctx.Err())
	}
}
