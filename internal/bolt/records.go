package bolt

import (
	"bytes"
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// Begin implements task.Records.
func (s *Store) Begin(ctx context.Context, k task.Key, r task.Record) (stored task.Record, began bool, err error) {
	if h := s.holds.change(k.Account, k.Execution, func(h *hold) {
		if stored, began = h.record(k); !began || stored.State == task.Released {
			began = true
			h.setRecord(k, r)
			h.entries = append(h.entries, r.Opened(k)...)
		} else {
			began = false
		}
	}); h != nil {
		err = s.writeBehind(h, len(r.Input))
		return stored, began, doing(err, "beginning %s of execution %s", k.Node, k.Execution)
	}
	now := s.now()
	value, err := packRecord(r)
	if err != nil {
		return stored, false, doing(err, "beginning %s of execution %s", k.Node, k.Execution)
	}
	value = withExpiry(now.Add(kept), value)
	key := recordKey(k)
	err = s.do(ctx, len(value), func(c *change) error {
		if there := fresh(now, c.get(recordBucket, key)); there != nil {
			var err error
			if stored, err = unpackRecord(there); err != nil || stored.State != task.Released {
				return err
			}
		}
		began = true
		c.put(recordBucket, key, value)
		c.entries = r.Opened(k)
		return nil
	})
	if err != nil {
		return task.Record{}, false, doing(err, "beginning %s of execution %s", k.Node, k.Execution)
	}
	return stored, began, nil
}

// Put implements task.Records.
func (s *Store) Put(ctx context.Context, k task.Key, r task.Record) error {
	if h := s.holds.change(k.Account, k.Execution, func(h *hold) {
		h.setRecord(k, r)
		h.entries = append(h.entries, r.Opened(k)...)
	}); h != nil {
		return doing(s.writeBehind(h, len(r.Output)), "recording %s of execution %s", k.Node, k.Execution)
	}
	value, err := packRecord(r)
	if err == nil {
		value = withExpiry(s.now().Add(kept), value)
		err = s.queue.add(ctx, &write{size: len(value), of: holdKey{k.Account, k.Execution}, apply: func(c *change) error {
			c.put(recordBucket, recordKey(k), value)
			c.entries = r.Opened(k)
			return nil
		}})
	}
	return doing(err, "recording %s of execution %s", k.Node, k.Execution)
}

// Record implements task.Records.
func (s *Store) Record(ctx context.Context, k task.Key) (r task.Record, err error) {
	if h := s.holds.get(k.Account, k.Execution); h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		if r, ok := h.record(k); ok {
			return r, nil
		}
		return r, doing(noRecord(k), "reading the record of %s of execution %s", k.Node, k.Execution)
	}
	if err = s.settleOf(ctx, k.Account, k.Execution); err == nil {
		r, err = s.recordOnDisk(ctx, k)
	}
	return r, doing(err, "reading the record of %s of execution %s", k.Node, k.Execution)
}

func noRecord(k task.Key) *fault.Error {
	return fault.NotFoundf("There is no record of %s in execution %s.", k.Node, k.Execution)
}

func (s *Store) recordOnDisk(ctx context.Context, k task.Key) (r task.Record, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		value := fresh(s.now(), recordBucket.of(tx).Get(recordKey(k)))
		if value == nil {
			return noRecord(k)
		}
		r, err = unpackRecord(value)
		return err
	})
	return r, err
}

// RecordsOf implements task.Records.
func (s *Store) RecordsOf(ctx context.Context, account, execution string) (map[task.Key]task.Record, error) {
	records := map[task.Key]task.Record{}
	now := s.now()
	err := s.settleOf(ctx, account, execution)
	if err == nil {
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			return each(tx, recordBucket, prefix(account, execution), func(rest, value []byte) error {
				if value = fresh(now, value); value == nil {
					return nil
				}
				node, iteration, err := cut(rest)
				if err != nil {
					return err
				}
				k := task.Key{Account: account, Execution: execution, Node: node, Iteration: string(iteration)}
				records[k], err = unpackRecord(value)
				return err
			})
		})
	}
	if err != nil {
		return nil, doing(err, "listing the records of execution %s", execution)
	}
	return records, nil
}

// release lets the calls of an execution be made again whose outcome is not known, except
// those of nodes that are settled.
func (c *change) release(now time.Time, account, execution string, settled []string) error {
	return each(c.tx, recordBucket, prefix(account, execution), func(rest, value []byte) error {
		if value = fresh(now, value); value == nil {
			return nil
		}
		node, _, err := cut(rest)
		if err != nil || slices.Contains(settled, node) {
			return err
		}
		r, err := unpackRecord(value)
		if err != nil || r.State != task.Begun {
			return err
		}
		r.State, r.Reason = task.Released, ""
		if value, err = packRecord(r); err != nil {
			return err
		}
		c.put(recordBucket, append(prefix(account, execution), bytes.Clone(rest)...), withExpiry(now.Add(kept), value))
		return nil
	})
}
