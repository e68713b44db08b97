package bolt

import (
	"bytes"
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

// keptVersion is a version with the head of the value that it was read from, which
// tells when it was published: a workflow that was deleted and is imported again has the
// same id, and counts its versions anew.
type keptVersion struct {
	head    []byte
	version workflow.Version
}

type versions = recent.Kept[versionID, keptVersion]

// Version implements workflow.Repository. What it gives is shared.
func (s *Store) Version(ctx context.Context, account, id string, number int) (v workflow.Version, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		value := versionBucket.of(tx).Get(versionKey(account, id, number))
		if value == nil { // also where it was deleted
			return noVersion(id, number)
		}
		head, _, err := cutPart(value)
		if err != nil {
			return err
		}
		key := versionID{account, id, number}
		if k, ok := s.versions.Get(key); ok && bytes.Equal(k.head, head) {
			v = k.version
			return nil
		}
		if v, err = unpackVersion(account, id, number, value); err != nil {
			return err
		}
		s.versions.Put(key, keptVersion{bytes.Clone(head), v}, len(value))
		return nil
	})
	return v, doing(err, "reading version %d of workflow %s", number, id)
}
