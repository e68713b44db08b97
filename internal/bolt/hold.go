package bolt

import (
	"context"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/audit"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// A hold has an execution in memory whose caller waits for its output. What
// happens to it is written behind, at most linger and one commit later: its start,
// history, once-only records and end in one write where it is as short as most, in
// order where it is longer. It is found by every read from its start on, so that
// within the process nothing is done twice.
//
// It stops being held when its end is on disk, or when somebody is given its id and
// may rely on it: then all of it is, and from then on every step before it counts.
type hold struct {
	key holdKey

	mu      sync.Mutex
	x       execution.Execution
	events  [][]byte // packed, not yet staged
	records map[recordID]*heldRecord
	entries []audit.Entry // for the audit, not yet staged
	queued  bool          // a write of it is in the queue
	started bool          // its start has been staged
	running bool          // and that it runs
	kept    bool          // the next write lets go of it
	gone    bool          // all of it has been staged, and what comes now goes the way of all writes
}

type holdKey struct{ account, id string }

type recordID struct{ node, iteration string }

type heldRecord struct {
	task.Record
	staged bool
}

// holds are those of a store.
type holds struct {
	mu    sync.RWMutex
	byKey map[holdKey]*hold
}

func (hs *holds) get(account, id string) *hold {
	hs.mu.RLock()
	defer hs.mu.RUnlock()
	return hs.byKey[holdKey{account, id}]
}

func (hs *holds) add(h *hold) bool {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.byKey[h.key] != nil {
		return false
	}
	hs.byKey[h.key] = h
	return true
}

func (hs *holds) remove(h *hold) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	delete(hs.byKey, h.key)
}

func (hs *holds) all() []*hold {
	hs.mu.RLock()
	defer hs.mu.RUnlock()
	list := make([]*hold, 0, len(hs.byKey))
	for _, h := range hs.byKey {
		list = append(list, h)
	}
	return list
}

// hold starts an execution in memory.
func (s *Store) hold(ctx context.Context, x execution.Execution) error {
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		if executionBucket.of(tx).Get(under(x.ID, x.Account)) != nil {
			return taken(x.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	h := &hold{key: holdKey{x.Account, x.ID}, x: x}
	if !s.holds.add(h) {
		return taken(x.ID)
	}
	if err := s.writeBehind(h, len(x.Input)); err != nil {
		s.holds.remove(h)
		return err
	}
	return nil
}

// writeBehind queues a write of what is held, unless one is queued already.
func (s *Store) writeBehind(h *hold, size int) error {
	h.mu.Lock()
	queued := h.queued
	h.queued = true
	h.mu.Unlock()
	if queued {
		return nil
	}
	w := s.writeOf(h)
	w.size = size
	if err := s.queue.add(context.Background(), w); err != nil {
		return fault.Of(err)
	}
	return nil
}

// writeThrough writes what is held and returns when it is on disk.
func (s *Store) writeThrough(h *hold) error {
	w := s.writeOf(h)
	w.done = make(chan error, 1)
	if err := s.queue.add(context.Background(), w); err != nil {
		return fault.Of(err)
	}
	return <-w.done
}

func (s *Store) writeOf(h *hold) *write {
	return &write{
		of:    h.key,
		apply: func(c *change) error { return h.stage(c, s.now()) },
		after: func() {
			h.mu.Lock()
			gone := h.gone
			h.mu.Unlock()
			if gone {
				s.holds.remove(h)
			}
		},
	}
}

// stage stages what has not been yet.
func (h *hold) stage(c *change, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queued = false
	if h.gone {
		return nil
	}
	if err := h.stageSteps(c, now); err != nil {
		return err
	}
	ended := h.x.Status != execution.Running
	if !ended && (!h.running || h.kept) {
		c.markRunning(h.x)
		h.running = true
	}
	if ended {
		value, err := packEnd(h.x)
		if err != nil {
			return err
		}
		if h.running {
			c.unmarkRunning(h.x)
		}
		c.end(h.x, value)
	}
	h.gone = ended || h.kept
	return nil
}

// stageSteps stages the start and what has happened since.
func (h *hold) stageSteps(c *change, now time.Time) error {
	if !h.started {
		value, err := pack(startedValue(h.x), h.x.Input)
		if err != nil {
			return err
		}
		c.start(now, h.x, value)
		h.started = true
	}
	for _, value := range h.events {
		if err := c.appendHistory(h.x.Account, h.x.ID, value); err != nil {
			return err
		}
	}
	h.events = nil
	c.entries, h.entries = append(c.entries, h.entries...), nil
	for id, r := range h.records {
		if r.staged {
			continue
		}
		value, err := packRecord(r.Record)
		if err != nil {
			return err
		}
		c.put(recordBucket, recordKey(h.recordKey(id)), withExpiry(now.Add(kept), value))
		r.staged = true
	}
	return nil
}

func (h *hold) recordKey(id recordID) task.Key {
	return task.Key{Account: h.x.Account, Execution: h.x.ID, Node: id.node, Iteration: id.iteration}
}

// setRecord sets a once-only record.
func (h *hold) setRecord(k task.Key, r task.Record) {
	if h.records == nil {
		h.records = map[recordID]*heldRecord{}
	}
	h.records[recordID{k.Node, k.Iteration}] = &heldRecord{Record: r}
}

func (h *hold) record(k task.Key) (task.Record, bool) {
	r := h.records[recordID{k.Node, k.Iteration}]
	if r == nil {
		return task.Record{}, false
	}
	return r.Record, true
}

// finishHeld ends an execution in memory; false where it is not there. Of one that
// did not succeed the caller is told the id, so it is on disk then.
func (s *Store) finishHeld(x execution.Execution) (held bool, err error) {
	h := s.holds.change(x.Account, x.ID, func(h *hold) {
		if h.x.Status != execution.Running {
			err = alreadyEnded(x.ID)
			return
		}
		h.x.Status, h.x.StoppedAt, h.x.Output, h.x.Error = x.Status, x.StoppedAt, x.Output, x.Error
	})
	switch {
	case h == nil:
		return false, nil
	case err != nil:
		return true, err
	case x.Status == execution.Succeeded:
		return true, s.writeBehind(h, len(x.Output))
	default:
		return true, s.writeThrough(h)
	}
}

// KeepExecution implements execution.Repository.
func (s *Store) KeepExecution(ctx context.Context, account, id string) error {
	h := s.holds.get(account, id)
	if h == nil {
		_, err := s.Execution(ctx, account, id)
		return doing(err, "keeping execution %s", id)
	}
	h.mu.Lock()
	h.kept, h.x.Awaited = true, false
	h.mu.Unlock()
	return doing(s.writeThrough(h), "keeping execution %s", id)
}

// keepAll lets go of all that is held, with the last commits before the store closes.
func (s *Store) keepAll() {
	for _, h := range s.holds.all() {
		h.mu.Lock()
		h.kept, h.x.Awaited = true, false
		h.mu.Unlock()
		if err := s.writeBehind(h, 0); err != nil {
			return // the store is broken, and has said so
		}
	}
}

// change changes what is held of an execution, and gives it, to be written; nil
// where nothing is held, and no change is made.
func (hs *holds) change(account, id string, change func(*hold)) *hold {
	h := hs.get(account, id)
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return nil
	}
	change(h)
	return h
}
