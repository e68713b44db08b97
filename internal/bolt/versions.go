package bolt

import (
	"context"

	"go.etcd.io/bbolt"

	"switchboard/internal/recent"
	"switchboard/internal/workflow"
)

// versionBytes bounds the versions that are kept unpacked: every start of an
// execution reads one.
const versionBytes = 16 << 20

// versionID names a version, which is written once and never changed.
type versionID struct {
	account, workflow string
	number            int
}

type versions = recent.Kept[versionID, workflow.Version]

// Version implements workflow.Repository. What it gives is shared.
func (s *Store) Version(ctx context.Context, account, id string, number int) (v workflow.Version, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		value := versionBucket.of(tx).Get(versionKey(account, id, number))
		if value == nil { // also where it was deleted
			return noVersion(id, number)
		}
		key := versionID{account, id, number}
		var ok bool
		if v, ok = s.versions.Get(key); ok {
			return nil
		}
		if v, err = unpackVersion(account, id, number, value); err != nil {
			return err
		}
		s.versions.Put(key, v, len(value))
		return nil
	})
	return v, doing(err, "reading version %d of workflow %s", number, id)
}
