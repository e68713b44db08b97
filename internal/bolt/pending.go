package bolt

import (
	"context"
	"slices"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/oauth"
)

// KeepPending implements oauth.Repository. It also removes what has expired: as much
// as people have left lying since the last one.
func (s *Store) KeepPending(ctx context.Context, stateHash string, p oauth.Pending) error {
	value, err := pack(p)
	if err == nil {
		value = withExpiry(p.ExpiresAt, value)
		err = s.do(ctx, len(value), func(c *change) error {
			now := s.now()
			cursor := pendingBucket.of(c.tx).Cursor()
			for k, v := cursor.First(); k != nil && len(c.edits) < sweptAtOnce; k, v = cursor.Next() {
				if fresh(now, v) == nil {
					c.remove(pendingBucket, slices.Clone(k))
				}
			}
			c.put(pendingBucket, []byte(stateHash), value)
			return nil
		})
	}
	return doing(err, "keeping a pending grant")
}

// TakePending implements oauth.Repository.
func (s *Store) TakePending(ctx context.Context, stateHash string, now time.Time) (p oauth.Pending, err error) {
	err = s.do(ctx, 0, func(c *change) error {
		there := fresh(now, c.get(pendingBucket, []byte(stateHash)))
		if there == nil {
			return fault.NotFoundf("There is no such pending grant.")
		}
		c.remove(pendingBucket, []byte(stateHash))
		return unpack(there, &p)
	})
	return p, doing(err, "taking a pending grant")
}
