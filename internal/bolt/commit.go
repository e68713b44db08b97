package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"switchboard/internal/audit"
	"switchboard/internal/fault"
)

// linger is how long a write that nobody waits for may wait for company. A
// history event is usually followed at once by a write that is waited for, and
// both then share one commit. It is also how much a crash can take of what is
// written behind (histories, outcomes of calls, executions whose caller waits),
// beyond the commit that was under way.
const linger = 40 * time.Millisecond

// A change stages the edits of one write. Reading through it shows what the writes
// before it made, not its own edits.
type change struct {
	tx    *bbolt.Tx
	edits []edit
	// entries are what the write leaves in the audit, should it be made.
	entries []audit.Entry
	err     error
}

type edit struct {
	in         bucket
	key, value []byte
	remove     bool
}

// get reads a value; nil if there is none. It is valid while apply runs.
func (c *change) get(in bucket, key []byte) []byte { return in.of(c.tx).Get(key) }

func (c *change) has(in bucket, key []byte) bool { return c.get(in, key) != nil }

func (c *change) put(in bucket, key, value []byte) {
	// The two faults that bbolt finds in a pair are found here, where they spoil only
	// this write and not the transaction.
	if len(key) > bbolt.MaxKeySize || int64(len(value)) > bbolt.MaxValueSize {
		c.err = fault.New(fault.ValidationFailed, "An identifier or a value is too long to be stored.")
	}
	c.edits = append(c.edits, edit{in: in, key: key, value: value})
}

// store puts a value that is packed here; hot paths pack theirs before they queue.
func (c *change) store(in bucket, key []byte, head any, raw ...[]byte) {
	value, err := pack(head, raw...)
	if err != nil {
		c.err = err
	}
	c.put(in, key, value)
}

// mark puts a key that says everything itself.
func (c *change) mark(in bucket, key []byte) { c.put(in, key, mark) }

func (c *change) remove(in bucket, key []byte) {
	c.edits = append(c.edits, edit{in: in, key: key, remove: true})
}

// of gives a bucket within a transaction.
func (b bucket) of(tx *bbolt.Tx) *bbolt.Bucket { return tx.Bucket([]byte(b)) }

// carryOut makes the edits.
func (c *change) carryOut() error {
	for _, e := range c.edits {
		b := e.in.of(c.tx)
		var err error
		if e.remove {
			err = b.Delete(e.key)
		} else {
			if e.in.isAppended() {
				b.FillPercent = appendedFill
			}
			err = b.Put(e.key, e.value)
		}
		if err != nil {
			return fmt.Errorf("writing to %s: %w", e.in, err)
		}
	}
	return nil
}

// appendedFill is how full bbolt leaves a page that it splits, in buckets whose keys
// grow with time: the room that is left within is rarely used. Against the default
// of a half it makes a file of histories smaller by a third.
const appendedFill = 0.9

func (b bucket) isAppended() bool {
	switch b {
	case historyBucket, executionBucket, endBucket, executionsByBucket, executionsEndedBucket, auditBucket:
		return true
	default:
		return false
	}
}

// do makes a change and returns when it is on disk. Once queued, a change is
// awaited whatever becomes of ctx: it would be made all the same, and the caller
// would not know.
func (s *Store) do(ctx context.Context, size int, apply func(*change) error) error {
	if err := ctx.Err(); err != nil {
		return fault.Of(err)
	}
	w := &write{size: size, apply: apply, entries: audit.From(ctx), done: make(chan error, 1)}
	if err := s.queue.add(ctx, w); err != nil {
		return fault.Of(err)
	}
	return <-w.done
}

// settle waits until what was queued with nobody waiting for it is on disk, or
// cannot get there any more.
func (s *Store) settle(ctx context.Context) error {
	if s.queue.allSettled() {
		return nil
	}
	return s.settleNow(ctx)
}

// settleOf is settle for what is of one execution: who looks at it, again and again,
// should not hurry the commits of all others.
func (s *Store) settleOf(ctx context.Context, account, id string) error {
	if s.queue.isSettled(holdKey{account, id}) {
		return nil
	}
	return s.settleNow(ctx)
}

func (s *Store) settleNow(ctx context.Context) error {
	err := s.do(ctx, 0, func(*change) error { return nil })
	if s.queue.refuses() {
		return nil // what is on disk can still be read
	}
	return err
}

// run commits what is queued, until the store is closed. While one commit is on its
// way to the disk the next gathers, so the more there is to do, the more share a
// sync; a write that comes alone waits for nobody.
func (s *Store) run() {
	defer close(s.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var done []*write
	for {
		select {
		case <-s.queue.urgent:
		case <-s.queue.some:
			timer.Reset(linger)
			select {
			case <-s.queue.urgent:
			case <-timer.C:
			}
		}
		// Those whom the last commit woke are about to write again: let them come along.
		runtime.Gosched()
		batch, last := s.queue.take(done)
		s.finish(batch, s.commit(batch))
		if last {
			return
		}
		clear(batch) // what they hold may be large
		done = batch[:0]
	}
}

// errNoEdits ends a transaction that has nothing to write, without a sync.
var errNoEdits = errors.New("no edits")

// commit makes a batch of writes in one transaction. Its error concerns them all;
// that of a single write is in the write.
func (s *Store) commit(batch []*write) error {
	if s.broken != nil || len(batch) == 0 {
		return s.broken
	}
	err := s.update(func(tx *bbolt.Tx) error {
		edited := false
		for _, w := range batch {
			c := change{tx: tx}
			w.err = w.apply(&c)
			if w.err == nil {
				w.err = c.err
			}
			if w.err == nil && len(c.edits) > 0 {
				c.entries = append(c.entries, w.entries...)
			}
			if w.err != nil || len(c.edits)+len(c.entries) == 0 {
				continue
			}
			if err := s.chain(&c); err != nil {
				return err
			}
			edited = true
			if err := c.carryOut(); err != nil {
				return err
			}
		}
		if !edited {
			return errNoEdits
		}
		return nil
	})
	if err == nil || errors.Is(err, errNoEdits) {
		return nil
	}
	return s.fail(err)
}

// fail ends all writing after a commit that failed. Some of the lost writes were
// not waited for; if later ones were stored, a history could miss its middle. So
// nothing more is, until the store is opened again and everybody reads what is there.
func (s *Store) fail(err error) error {
	s.log.Error("The database cannot be written to any more", slog.Any("error", err))
	s.broken = err
	if IsFull(err) {
		close(s.full)
	}
	s.queue.refuse(func() error { return storageFault(err) })
	return err
}

// finish tells the waiters. A fault is never shared: who gets it may add to it.
func (s *Store) finish(batch []*write, failed error) {
	for _, w := range batch {
		err := w.err
		if failed != nil {
			err = storageFault(failed)
		}
		if err == nil && w.after != nil {
			w.after()
		}
		if w.done != nil {
			w.done <- err
			continue
		}
		if err != nil {
			s.log.Warn("A queued write was dropped", slog.Any("error", err))
		}
	}
	s.queue.settled(batch)
}

func storageFault(err error) *fault.Error {
	if IsFull(err) {
		return fault.New(fault.StorageFull, "The disk is full; nothing more can be stored.").
			WithHint("Make room on the disk with the data folder. Switchboard goes on within seconds then.").Because(err)
	}
	return fault.New(fault.Internal, "The database could not be written to; nothing more is stored.").
		WithHint("Check the disk with the data folder, then start Switchboard again.").Because(err)
}

// IsFull says whether a write failed for want of room: on the disk, in a quota, or
// below a limit of the file's size.
func IsFull(err error) bool {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, bbolterrors.ErrMaxSizeReached} {
		// bbolt keeps only the text of some errors, such as that of growing the file.
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}
