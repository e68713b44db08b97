package bolt

import (
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/workflow"
)

// missValue is a workflow.Miss but for what is in its key.
type missValue struct {
	Account  string              `json:"-"`
	Workflow string              `json:"-"`
	Trigger  string              `json:"trigger"`
	Reason   workflow.MissReason `json:"-"`
	Due      time.Time           `json:"due"`
	Event    string              `json:"event,omitempty"`
	First    time.Time           `json:"first"`
	Last     time.Time           `json:"last"`
	Count    int64               `json:"count"`
}

// AddMiss implements workflow.Misses. What is too old to be shown goes at the same time.
func (s *Store) AddMiss(ctx context.Context, m workflow.Miss) error {
	now := s.now()
	err := s.do(ctx, 0, func(c *change) error {
		key := under(string(m.Reason), m.Account, m.Workflow)
		m.First, m.Last, m.Count = now, now, 1
		var old [][]byte
		err := each(c.tx, missBucket, prefix(m.Account), func(rest, value []byte) error {
			var v missValue
			at := append(prefix(m.Account), rest...)
			if err := unpack(value, &v); err != nil {
				return err
			}
			switch {
			case now.Sub(v.Last) >= workflow.MissesKept:
				old = append(old, at)
			case slices.Equal(at, key):
				m.First, m.Count = v.First, v.Count+1
			}
			return nil
		})
		for _, k := range old {
			c.remove(missBucket, k)
		}
		c.store(missBucket, key, missValue(m))
		return err
	})
	return doing(err, "noting a start of %s that was missed", m.Workflow)
}

// Misses implements workflow.Misses.
func (s *Store) Misses(ctx context.Context, account string) (misses []workflow.Miss, err error) {
	now := s.now()
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, missBucket, prefix(account), func(rest, value []byte) error {
			var v missValue
			id, reason, err := cut(rest)
			if err == nil {
				err = unpack(value, &v)
			}
			if now.Sub(v.Last) < workflow.MissesKept {
				v.Account, v.Workflow, v.Reason = account, id, workflow.MissReason(reason)
				misses = append(misses, workflow.Miss(v))
			}
			return err
		})
	})
	slices.SortStableFunc(misses, func(a, b workflow.Miss) int { return b.Last.Compare(a.Last) })
	return misses, doing(err, "reading what was missed")
}
