package bolt

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"switchboard/internal/event"
	"switchboard/internal/exact"
)

func waitingKey(w event.Waiting) []byte { return under(w.Event.ID, w.Account, w.Workflow) }

// KeepEvent stores an event that has to start a workflow yet; it is on disk when it
// returns.
func (s *Store) KeepEvent(ctx context.Context, w event.Waiting) error {
	value, err := json.Marshal(w)
	if err == nil {
		err = s.do(ctx, len(value), func(c *change) error {
			c.put(waitingBucket, waitingKey(w), value)
			return nil
		})
	}
	return doing(err, "keeping event %s", w.Event.ID)
}

// ForgetEvent removes one; doing it again changes nothing.
func (s *Store) ForgetEvent(ctx context.Context, w event.Waiting) error {
	err := s.do(ctx, 0, func(c *change) error {
		c.remove(waitingBucket, waitingKey(w))
		return nil
	})
	return doing(err, "forgetting event %s", w.Event.ID)
}

// KeptEvents lists them, oldest first.
func (s *Store) KeptEvents(ctx context.Context) (kept []event.Waiting, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, waitingBucket, nil, func(_, value []byte) error {
			var w event.Waiting
			if err := exact.Unmarshal(value, &w); err != nil {
				return fmt.Errorf("decoding a kept event: %w", err)
			}
			kept = append(kept, w)
			return nil
		})
	})
	slices.SortStableFunc(kept, func(a, b event.Waiting) int {
		return cmp.Or(a.Event.Time.Compare(b.Event.Time), cmp.Compare(a.Event.ID, b.Event.ID))
	})
	return kept, doing(err, "reading kept events")
}
