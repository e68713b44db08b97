// Package bolt keeps everything of a stack without AWS in one file, by bbolt: all
// repositories, on one Store.
//
// The promises are those of the interfaces, and one more holds them together:
// writes reach the disk in the order in which they were made, of whatever kind. A
// once-only record on disk means that the history before it is on disk too. For
// that, all writes pass through one queue and one goroutine, which commits
// everything that has gathered in one transaction (one sync for all of them) and
// then tells the waiters. Within a transaction the writes are made one after the
// other, each with its conditions checked against those before it; one that fails
// leaves nothing behind and does not disturb the rest.
//
// Reads see every write that has returned. Some return before they are on disk:
// AppendHistory and the outcome of a call (Put), which the next write that is waited
// for takes along, and all that is done to an execution whose caller waits for the
// output: see hold. Readers of an execution wait for what is queued of it.
//
// What bounds it is the sync. A durable execution waits for one at its start, before
// each call and at its end; one whose caller waits, for none. Syncs are shared by
// everybody who waits, so with more at once the bound becomes the processor: a commit
// rewrites some pages of each bucket that it touches, whatever it writes there, and
// an execution takes a dozen keys. That is why a history is one value per batch.
//
// After a commit that failed (a full disk, a broken one) the Store can be read, and
// refuses every write until it is opened again: see fail. What was in the failed
// commit may, or may not, turn out to be stored.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"switchboard/internal/agent"
	"switchboard/internal/apikey"
	"switchboard/internal/approval"
	"switchboard/internal/audit"
	"switchboard/internal/credential"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/member"
	"switchboard/internal/recent"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// Options of a Store.
type Options struct {
	Now func() time.Time // nil means time.Now
	Log *slog.Logger     // nil means none
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db     *bbolt.DB
	update func(func(*bbolt.Tx) error) error // db.Update; the tests make it fail
	now    func() time.Time
	log    *slog.Logger

	versions  *versions
	workflows workflows
	holds     holds
	queue     *queue
	broken    error         // of the committer alone: the commit that failed
	full      chan struct{} // closed when it failed because the disk is full

	chainEnds map[string]audit.Entry // of the committer alone: each account's last entry
	stopped   chan struct{}          // closed when the committer has ended

	closing    sync.Once
	closeError error
}

var (
	_ agent.Repository      = (*Store)(nil)
	_ credential.Repository = (*Store)(nil)
	_ workflow.Repository   = (*Store)(nil)
	_ execution.Repository  = (*Store)(nil)
	_ approval.Repository   = (*Store)(nil)
	_ task.Records          = (*Store)(nil)
	_ apikey.Repository     = (*Store)(nil)
	_ member.Repository     = (*Store)(nil)
	_ audit.Repository      = (*Store)(nil)
)

func newStore(db *bbolt.DB, o Options) *Store {
	s := &Store{
		db: db, update: db.Update, now: o.Now, log: o.Log,
		versions: recent.UpTo[versionID, keptVersion](versionBytes), workflows: newWorkflows(),
		holds: holds{byKey: map[holdKey]*hold{}}, queue: newQueue(), chainEnds: map[string]audit.Entry{}, stopped: make(chan struct{}),
		full: make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Full is closed when a commit has failed because the disk is full. From then on the
// Store can only be read, and who makes room opens it anew.
func (s *Store) Full() <-chan struct{} { return s.full }

// Close commits what is queued and closes the file. Calling it again gives the same
// answer.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.keepAll()
		s.queue.refuse(func() error { return closed() })
		<-s.stopped
		if err := s.db.Close(); err != nil {
			s.closeError = fmt.Errorf("closing the database: %w", err)
		}
	})
	return s.closeError
}

func closed() *fault.Error {
	return fault.New(fault.Unavailable, "Switchboard is shutting down.").WithHint("Try again once it has started.")
}

// Snapshot writes a copy of the database, as of one moment, that Open can open.
// Writes go on meanwhile, but the file cannot grow beyond what is mapped and freed
// pages are not used again, so w should not be slow.
func (s *Store) Snapshot(w io.Writer) error {
	err := s.settle(context.Background())
	if err == nil {
		err = s.db.View(func(tx *bbolt.Tx) error {
			_, err := tx.WriteTo(w)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("copying the database: %w", readFault(err))
	}
	return nil
}

// view reads in one transaction: everything that read sees is of the same moment.
func (s *Store) view(ctx context.Context, read func(tx *bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fault.Of(err)
	}
	if err := s.db.View(read); err != nil {
		return readFault(err)
	}
	return nil
}

func readFault(err error) error {
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return closed().Because(err)
	}
	return fault.Of(err)
}

// Readable says whether the database can be read. It reads next to nothing: anybody may
// ask, and as often as they like.
func (s *Store) Readable(ctx context.Context) error {
	return doing(s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := checkSchema(tx)
		return err
	}), "reading the database")
}

// Writable says whether the database takes writes: not after a commit that failed.
func (s *Store) Writable(ctx context.Context) error {
	return doing(s.do(ctx, 0, func(*change) error { return nil }), "writing to the database")
}
