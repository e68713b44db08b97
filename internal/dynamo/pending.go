package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/oauth"
)

type pendingItem struct {
	Pending []byte `dynamodbav:"pending"`
	Expires int64  `dynamodbav:"expires"`
}

// KeepPending implements oauth.Repository.
func (s *Store) KeepPending(ctx context.Context, stateHash string, p oauth.Pending) error {
	encoded, err := json.Marshal(p)
	if err == nil {
		err = s.transact(ctx, write{key: pendingKey(stateHash), put: pendingItem{Pending: encoded, Expires: p.ExpiresAt.Unix()}})
	}
	return doing(err, "keeping a pending grant")
}

// TakePending implements oauth.Repository. Whoever removes the item has it; the
// others, who have read it too, get nothing.
func (s *Store) TakePending(ctx context.Context, stateHash string, now time.Time) (oauth.Pending, error) {
	p, err := s.takePending(ctx, stateHash, now)
	if err != nil {
		return oauth.Pending{}, doing(err, "taking a pending grant")
	}
	return p, nil
}

func (s *Store) takePending(ctx context.Context, stateHash string, now time.Time) (p oauth.Pending, err error) {
	none := fault.NotFoundf("There is no such pending grant.")
	i, err := s.get(ctx, pendingKey(stateHash), "", nil)
	if err != nil {
		return p, err
	}
	var v pendingItem
	if err := unmarshal(i, &v); err != nil {
		return p, err
	}
	if i == nil || v.Expires <= now.Unix() {
		return p, none
	}
	err = s.transact(ctx, write{key: pendingKey(stateHash), remove: true, when: exists, fails: otherwise(none)})
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(v.Pending, &p); err != nil {
		return p, fmt.Errorf("decoding a pending grant: %w", err)
	}
	return p, nil
}
