package bolt

import (
	"bytes"
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// One transaction of a sweep removes about so many keys, or looks at so many, so
// that the writes of running executions pass in between.
const (
	sweptAtOnce  = 1000
	lookedAtOnce = 10_000
)

// Sweep removes the executions that ended before a time, with their histories,
// once-only records and idempotency keys, and all records that are past their
// time; and of workflows that were deleted, what nothing runs any more. It returns how many executions it removed. An execution disappears at once;
// what hangs on it goes in further transactions, and a sweep that was cut off is
// carried on by the next.
func (s *Store) Sweep(ctx context.Context, before time.Time) (n int, err error) {
	end := appendTime(nil, before)
	for more := true; more && err == nil; {
		err = s.do(ctx, 0, func(c *change) error {
			swept, left, err := c.sweep(end)
			n, more = n+swept, left
			return err
		})
	}
	if err == nil {
		err = s.sweepExpired(ctx, recordBucket, func(*bbolt.Tx, []byte) bool { return true })
	}
	if err == nil {
		// The values of an execution that is there go with it, however long it runs. Those of
		// a test of a node, and what was stored for one that then did not start, go by time.
		err = s.sweepExpired(ctx, largeBucket, func(tx *bbolt.Tx, key []byte) bool {
			account, rest, err := cut(key)
			if err != nil {
				return false
			}
			id, _, err := cut(rest)
			return err == nil && executionBucket.of(tx).Get(under(id, account)) == nil
		})
	}
	if err == nil {
		err = s.sweepLeft(ctx)
	}
	return n, doing(err, "sweeping")
}

// sweep removes what it may of the oldest executions, and says whether there is more.
func (c *change) sweep(end []byte) (n int, more bool, err error) {
	cursor := executionsEndedBucket.of(c.tx).Cursor()
	for k, _ := cursor.First(); k != nil && bytes.Compare(k, end) < 0; k, _ = cursor.Next() {
		if len(c.edits) >= sweptAtOnce {
			return n, true, nil
		}
		account, rest, err := cut(k[timeBytes:])
		if err != nil {
			return n, false, err
		}
		id := string(rest)
		if c.has(executionBucket, under(id, account)) {
			if err := c.forget(account, id); err != nil {
				return n, false, err
			}
			n++
		}
		for _, in := range []bucket{historyBucket, recordBucket, largeBucket} {
			if !c.removeBelow(in, account, id) {
				return n, true, nil
			}
		}
		c.remove(executionsEndedBucket, slices.Clone(k)) // last: it is how a later sweep finds the rest
	}
	return n, false, nil
}

// forget removes an execution itself, and it from all lists.
func (c *change) forget(account, id string) error {
	x, err := executionIn(c.tx, account, id)
	if err != nil {
		return err
	}
	if err := c.forgetApprovals(account, id); err != nil {
		return err
	}
	key := under(id, account)
	c.remove(executionBucket, key)
	c.remove(endBucket, key)
	for _, k := range listingKeys(account, x.Workflow, id, "", x.StartedAt) {
		c.remove(executionsByBucket, k)
	}
	for _, k := range listingKeys(account, x.Workflow, id, x.Status, x.StartedAt) {
		c.remove(executionsByBucket, k)
	}
	if x.IdempotencyKey == "" {
		return nil
	}
	again := idempotencyKey(account, x.Workflow, x.IdempotencyKey)
	// The key may have been used anew since.
	if v := c.get(idempotencyBucket, again); len(v) > expiryBytes && string(v[expiryBytes:]) == id {
		c.remove(idempotencyBucket, again)
	}
	return nil
}

// removeBelow removes the keys of an execution as far as there is room for them in
// this change, and says whether that was all.
func (c *change) removeBelow(in bucket, account, id string) bool {
	room := sweptAtOnce - len(c.edits)
	keys := keysBelow(c.tx, in, prefix(account, id), max(room, 0)+1)
	all := len(keys) <= room
	for _, k := range keys[:min(len(keys), max(room, 0))] {
		c.remove(in, k)
	}
	return all
}

// sweepExpired removes what is past its time, as far as it may. Nothing is in order
// of it: this looks at all, a part at a time.
func (s *Store) sweepExpired(ctx context.Context, in bucket, may func(tx *bbolt.Tx, key []byte) bool) error {
	for from, more := []byte(nil), true; more; {
		var over [][]byte
		now := s.now()
		err := s.view(ctx, func(tx *bbolt.Tx) error {
			cursor := in.of(tx).Cursor()
			k, v := cursor.Seek(from)
			for looked := 0; k != nil && looked < lookedAtOnce && len(over) < sweptAtOnce; looked++ {
				if fresh(now, v) == nil && may(tx, k) {
					over = append(over, slices.Clone(k))
				}
				k, v = cursor.Next()
			}
			from, more = slices.Clone(k), k != nil
			return nil
		})
		if err == nil && len(over) > 0 {
			err = s.do(ctx, 0, func(c *change) error {
				for _, k := range over {
					if fresh(now, c.get(in, k)) == nil { // not written anew since
						c.remove(in, k)
					}
				}
				return nil
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
