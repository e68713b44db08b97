package bolt

import (
	"context"
	"sync"

	"switchboard/internal/audit"
)

// Bounds of the queue, and so of one commit: how much is lost or repeated together,
// and how long a write can wait for the one before it.
const (
	maxQueuedWrites = 1024
	maxQueuedBytes  = 4 << 20
)

// A write is one change that is made whole or not at all.
type write struct {
	size int     // bytes, about
	of   holdKey // the execution that it is of, where nobody waits for it
	// apply reads what it depends on and stages its edits. It runs once, on the
	// committer's goroutine, after everything that was queued before it. Where it fails,
	// its edits are dropped and the others of its commit are not touched.
	apply func(*change) error
	// entries are what it leaves in the audit, if it changes anything.
	entries []audit.Entry
	err     error
	after   func() // what to do once it is on disk, before anybody is told; nil for nothing
	// done gets the outcome once it is on disk; nil if nobody waits for it.
	done chan error
}

// queue holds writes in the order in which they came, until the committer takes
// them all at once. It is bounded: whoever comes when it is full waits for room.
type queue struct {
	mu        sync.Mutex
	writes    []*write
	bytes     int
	refusal   func() error    // why no more are taken, each time as an error of its own
	room      chan struct{}   // closed when the writes are taken; nil if nobody waits for that
	unawaited int             // writes without a waiter, queued or being committed
	byOwner   map[holdKey]int // the same by execution

	some   chan struct{} // signals that there are writes
	urgent chan struct{} // signals that somebody waits for one of them
}

func newQueue() *queue {
	return &queue{byOwner: map[holdKey]int{}, some: make(chan struct{}, 1), urgent: make(chan struct{}, 1)}
}

// add queues a write. It waits while the queue is full.
func (q *queue) add(ctx context.Context, w *write) error {
	for {
		room, err := q.tryAdd(w)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tryAdd queues a write, or gives a channel that is closed when there may be room.
func (q *queue) tryAdd(w *write) (room <-chan struct{}, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refusal != nil {
		return nil, q.refusal()
	}
	if n := len(q.writes); n == maxQueuedWrites || n > 0 && q.bytes+w.size > maxQueuedBytes {
		if q.room == nil {
			q.room = make(chan struct{})
		}
		signal(q.urgent)
		return q.room, nil
	}
	q.writes = append(q.writes, w)
	q.bytes += w.size
	if w.done == nil {
		q.unawaited++
		q.byOwner[w.of]++
		signal(q.some)
	} else {
		signal(q.urgent)
	}
	return nil, nil
}

// take empties the queue, and says whether these were the last: nothing is added
// after a refusal. reuse is an empty slice with room.
func (q *queue) take(reuse []*write) (batch []*write, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch = q.writes
	q.writes, q.bytes = reuse, 0
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	return batch, q.refusal != nil
}

// settled says that writes have been committed.
func (q *queue) settled(batch []*write) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range batch {
		if w.done != nil {
			continue
		}
		q.unawaited--
		if q.byOwner[w.of]--; q.byOwner[w.of] == 0 {
			delete(q.byOwner, w.of)
		}
	}
}

// allSettled says whether every write without a waiter has been committed.
func (q *queue) allSettled() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unawaited == 0
}

// isSettled says it of the writes of one execution.
func (q *queue) isSettled(of holdKey) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.byOwner[of] == 0
}

// refuse makes add give this error from now on, also to those who wait for room. The
// first reason stays. What is queued already is the committer's to finish.
func (q *queue) refuse(reason func() error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refusal == nil {
		q.refusal = reason
	}
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	signal(q.urgent)
}

// refuses says whether no more writes are taken.
func (q *queue) refuses() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.refusal != nil
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is signalled already
	}
}
