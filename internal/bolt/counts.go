package bolt

import (
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/audit"
)

// countValue is what was counted since there was an entry of it.
type countValue struct {
	Entry audit.Entry `json:"entry"` // with the count, and the last time
	Noted time.Time   `json:"noted"` // when there was an entry
}

func countKey(e audit.Entry) []byte {
	return prefix(e.Account, string(e.Action), e.Resource, e.Reason, e.Actor)
}

// Count implements audit.Counter. The first time is in the audit at once; what follows
// waits for NoteCounts. Nobody waits for the disk, as with histories.
func (s *Store) Count(ctx context.Context, e audit.Entry) error {
	e.At = s.now()
	key := countKey(e)
	err := s.queue.add(ctx, &write{size: len(key), of: holdKey{account: e.Account}, apply: func(c *change) error {
		v := countValue{Noted: e.At}
		if there := c.get(countBucket, key); there == nil {
			first := e
			first.Count = 1
			c.entries = append(c.entries, first)
		} else if err := unpack(there, &v); err != nil {
			return err
		} else {
			e.Count = v.Entry.Count + 1
		}
		v.Entry = e
		c.store(countBucket, key, v)
		return nil
	}})
	return doing(err, "counting %s of %s", e.Action, e.Resource)
}

// NoteCounts implements audit.Counter.
func (s *Store) NoteCounts(ctx context.Context, before time.Time) error {
	err := s.settle(ctx)
	var due [][]byte
	if err == nil {
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			return each(tx, countBucket, nil, func(key, value []byte) error {
				var v countValue
				err := unpack(value, &v)
				if v.Noted.Before(before) {
					due = append(due, slices.Clone(key))
				}
				return err
			})
		})
	}
	for _, key := range due {
		if err == nil {
			err = s.noteCount(ctx, key)
		}
	}
	return doing(err, "noting counts in the audit")
}

// noteCount stores the entry of one count, which begins anew; where nothing was counted
// since the last one, it goes.
func (s *Store) noteCount(ctx context.Context, key []byte) error {
	now := s.now()
	return s.do(ctx, 0, func(c *change) error {
		there := c.get(countBucket, key)
		if there == nil {
			return nil
		}
		var v countValue
		if err := unpack(there, &v); err != nil {
			return err
		}
		if v.Entry.Count == 0 {
			c.remove(countBucket, key)
			return nil
		}
		c.entries = append(c.entries, v.Entry)
		v.Entry.Count, v.Noted = 0, now
		c.store(countBucket, key, v)
		return nil
	})
}
