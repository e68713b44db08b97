package bolt

import (
	"context"
	"encoding/json"
	"slices"

	"go.etcd.io/bbolt"

	"switchboard/internal/value"
)

// PutValue implements task.Values. The time before a value is for sweeping those
// that belong to no execution; it is not looked at otherwise.
func (s *Store) PutValue(ctx context.Context, account, execution, id string, text json.RawMessage) error {
	key, stored := largeKey(account, execution, id), withExpiry(s.now().Add(kept), text)
	err := s.do(ctx, len(stored), func(c *change) error {
		c.put(largeBucket, key, stored)
		return nil
	})
	return doing(err, "storing a value of execution %s", execution)
}

// Values implements task.Values.
func (s *Store) Values(ctx context.Context, account, execution string, ids []string) (value.Found, error) {
	found := value.Found{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		for _, id := range ids {
			if stored := largeBucket.of(tx).Get(largeKey(account, execution, id)); len(stored) > expiryBytes {
				found[id] = slices.Clone(stored[expiryBytes:])
			}
		}
		return nil
	})
	if err != nil {
		return nil, doing(err, "reading values of execution %s", execution)
	}
	return found, nil
}
