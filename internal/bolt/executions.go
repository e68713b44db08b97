package bolt

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

// kept is how long once-only records and idempotency keys count.
const kept = 30 * 24 * time.Hour

func noExecution(id string) *fault.Error { return fault.NotFoundf("There is no execution %s.", id) }

// StartExecution implements execution.Repository. What is stored is running,
// whatever x says of its end.
func (s *Store) StartExecution(ctx context.Context, x execution.Execution) (stored execution.Execution, created bool, err error) {
	x.Status, x.StoppedAt, x.Output, x.Error = execution.Running, time.Time{}, nil, nil
	if x.Awaited && x.IdempotencyKey == "" {
		err = s.hold(ctx, x)
		return x, err == nil, doing(err, "starting execution %s", x.ID)
	}
	x.Awaited = false
	value, err := pack(startedValue(x), x.Input)
	if err != nil {
		return stored, false, doing(err, "starting execution %s", x.ID)
	}
	now := s.now()
	err = s.do(ctx, len(value), func(c *change) error {
		earlier, found, err := c.startedBefore(now, x)
		if err != nil || found {
			stored = earlier
			return err
		}
		if c.has(executionBucket, under(x.ID, x.Account)) {
			return taken(x.ID)
		}
		stored, created = x, true
		c.start(now, x, value)
		c.markRunning(x)
		return nil
	})
	if err != nil {
		return execution.Execution{}, false, doing(err, "starting execution %s", x.ID)
	}
	return stored, created, nil
}

// startedBefore finds the execution that was started with the same key.
func (c *change) startedBefore(now time.Time, x execution.Execution) (execution.Execution, bool, error) {
	if x.IdempotencyKey == "" {
		return execution.Execution{}, false, nil
	}
	earlier, err := startedWith(c.tx, now, x.Account, x.Workflow, x.IdempotencyKey)
	if fault.Is(err, fault.NotFound) {
		return execution.Execution{}, false, nil
	}
	return earlier, true, err
}

// StartedWith implements execution.Repository.
func (s *Store) StartedWith(ctx context.Context, account, workflow, key string) (x execution.Execution, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		x, err = startedWith(tx, s.now(), account, workflow, key)
		return err
	})
	return x, doing(err, "looking for an earlier start of workflow %s", workflow)
}

func startedWith(tx *bbolt.Tx, now time.Time, account, workflow, key string) (execution.Execution, error) {
	id := fresh(now, idempotencyBucket.of(tx).Get(idempotencyKey(account, workflow, key)))
	if id == nil {
		return execution.Execution{}, fault.NotFoundf("No execution of workflow %s was started with this key.", workflow)
	}
	return executionIn(tx, account, string(id))
}

// start stores a new execution, in the lists that name no status.
func (c *change) start(now time.Time, x execution.Execution, value []byte) {
	c.put(executionBucket, under(x.ID, x.Account), value)
	c.list(x, "")
	c.entries = append(c.entries, x.Opening()...)
	if x.IdempotencyKey != "" {
		c.put(idempotencyBucket, idempotencyKey(x.Account, x.Workflow, x.IdempotencyKey),
			withExpiry(now.Add(kept), []byte(x.ID)))
	}
}

// list puts an execution in the lists of a status.
func (c *change) list(x execution.Execution, status execution.Status) {
	for _, k := range listingKeys(x.Account, x.Workflow, x.ID, status, x.StartedAt) {
		c.mark(executionsByBucket, k)
	}
}

func (c *change) unlist(x execution.Execution, status execution.Status) {
	for _, k := range listingKeys(x.Account, x.Workflow, x.ID, status, x.StartedAt) {
		c.remove(executionsByBucket, k)
	}
}

// markRunning notes what has to go on after a restart, or to be ended then.
func (c *change) markRunning(x execution.Execution) {
	value := mark
	if x.Awaited {
		value = awaitedMark
	}
	c.put(runningBucket, under(x.ID, x.Account), value)
	c.list(x, execution.Running)
}

func (c *change) unmarkRunning(x execution.Execution) {
	c.remove(runningBucket, under(x.ID, x.Account))
	c.unlist(x, execution.Running)
}

// end stores how an execution ended.
func (c *change) end(x execution.Execution, value []byte) {
	c.put(endBucket, under(x.ID, x.Account), value)
	c.list(x, x.Status)
	c.mark(executionsEndedBucket, endedKey(x.Account, x.ID, x.StoppedAt))
}

func packEnd(x execution.Execution) ([]byte, error) {
	return pack(endedValue{Status: x.Status, StoppedAt: x.StoppedAt, Error: x.Error}, x.Output)
}

// Execution implements execution.Repository.
func (s *Store) Execution(ctx context.Context, account, id string) (x execution.Execution, err error) {
	if h := s.holds.get(account, id); h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.x, nil
	}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		x, err = executionIn(tx, account, id)
		return err
	})
	return x, doing(err, "reading execution %s", id)
}

// executionIn joins how an execution started with how it ended.
func executionIn(tx *bbolt.Tx, account, id string) (execution.Execution, error) {
	key := under(id, account)
	value := executionBucket.of(tx).Get(key)
	if value == nil {
		return execution.Execution{}, noExecution(id)
	}
	v := startedValue{ID: id, Account: account, Status: execution.Running}
	if err := unpack(value, &v, bytesOf(&v.Input)); err != nil {
		return execution.Execution{}, err
	}
	if value = endBucket.of(tx).Get(key); value != nil {
		var end endedValue
		if err := unpack(value, &end, bytesOf(&v.Output)); err != nil {
			return execution.Execution{}, err
		}
		v.Status, v.StoppedAt, v.Error = end.Status, end.StoppedAt, end.Error
	}
	return execution.Execution(v), nil
}

// startOf reads how an execution started, without its input.
func (c *change) startOf(account, id string) (startedValue, error) {
	v := startedValue{ID: id, Account: account}
	value := c.get(executionBucket, under(id, account))
	if value == nil {
		return v, noExecution(id)
	}
	return v, unpack(value, &v)
}

// Executions implements execution.Repository. A workflow that is not there has
// none: the filter may name one that was deleted.
func (s *Store) Executions(ctx context.Context, account string, f execution.Filter, q page.Query) (p page.Of[execution.Execution], err error) {
	l := listing{
		name: "executions", in: executionsByBucket, newestFirst: true,
		below: listingPrefix(account, f.Workflow, f.Status),
	}
	if f.Looks() {
		l.most = execution.MaxLookedThrough
	}
	if !f.StartedBefore.IsZero() {
		l.from = appendTime(nil, f.StartedBefore)
	}
	if !f.StartedAfter.IsZero() {
		l.to = appendTime(nil, f.StartedAfter)
	}
	if err = s.settle(ctx); err == nil {
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			p, err = pageOf(tx, l, q, func(rest, _ []byte) (execution.Execution, bool, error) {
				x, err := executionIn(tx, account, string(rest[timeBytes:]))
				return x, f.Passes(x), err
			})
			return err
		})
	}
	return p, doing(err, "listing executions")
}

// FinishExecution implements execution.Repository.
func (s *Store) FinishExecution(ctx context.Context, x execution.Execution) error {
	value, err := packEnd(x)
	if err == nil && (x.Status == execution.Running || x.Status == "") {
		err = fault.New(fault.Internal, "An execution cannot end as %q.", x.Status)
	}
	if err == nil {
		held, heldErr := s.finishHeld(x)
		if held {
			return doing(heldErr, "finishing execution %s", x.ID)
		}
		err = s.do(ctx, len(value), func(c *change) error { return c.finish(x, value) })
	}
	return doing(err, "finishing execution %s", x.ID)
}

// finish ends an execution that is on disk.
func (c *change) finish(x execution.Execution, value []byte) error {
	start, err := c.startOf(x.Account, x.ID)
	if err != nil {
		return err
	}
	if c.has(endBucket, under(x.ID, x.Account)) {
		return alreadyEnded(x.ID)
	}
	x.Workflow, x.StartedAt = start.Workflow, start.StartedAt
	c.unmarkRunning(x)
	c.end(x, value)
	return nil
}

func alreadyEnded(id string) *fault.Error {
	return fault.New(fault.AlreadyEnded, "The execution %s has already ended.", id)
}

// ReopenExecution implements execution.Repository.
func (s *Store) ReopenExecution(ctx context.Context, account, id string, redriven asl.Event, settled ...string) (x execution.Execution, err error) {
	value := packEvents([]asl.Event{redriven})
	if s.holds.get(account, id) != nil { // it has ended: that is about to be on disk
		if err := s.settleOf(ctx, account, id); err != nil {
			return x, doing(err, "reopening execution %s", id)
		}
	}
	err = s.do(ctx, len(value), func(c *change) error {
		if x, err = executionIn(c.tx, account, id); err != nil {
			return err
		}
		if x.Status == execution.Running || x.Status == execution.Succeeded {
			return fault.New(fault.Conflict, "Only an execution that has failed, timed out or was stopped can go on again; this one is %s.", x.Status)
		}
		c.remove(endBucket, under(id, account))
		c.remove(executionsEndedBucket, endedKey(account, id, x.StoppedAt))
		c.unlist(x, x.Status)
		c.markRunning(x)
		if err := c.appendHistory(account, id, value); err != nil {
			return err
		}
		if err := c.release(s.now(), account, id, settled); err != nil {
			return err
		}
		x.Status, x.StoppedAt, x.Output, x.Error = execution.Running, time.Time{}, nil, nil
		return nil
	})
	if err != nil {
		return execution.Execution{}, doing(err, "reopening execution %s", id)
	}
	return x, nil
}

// RunningExecutions implements execution.Repository.
func (s *Store) RunningExecutions(ctx context.Context) (running []execution.Execution, err error) {
	if err = s.settle(ctx); err == nil {
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			return each(tx, runningBucket, nil, func(key, value []byte) error {
				account, id, err := cut(key)
				if err != nil {
					return err
				}
				x, err := executionIn(tx, account, string(id))
				x.Awaited = bytes.Equal(value, awaitedMark)
				running = append(running, x)
				return err
			})
		})
	}
	if err != nil {
		return nil, doing(err, "listing what is running")
	}
	slices.SortFunc(running, func(a, b execution.Execution) int {
		if c := a.StartedAt.Compare(b.StartedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return running, nil
}
