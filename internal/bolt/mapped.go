package bolt

import (
	"time"

	"go.etcd.io/bbolt"
)

// What has been read of the mapped file counts as memory of the process until the system
// wants it back, which it does not while there is room: after some hours that is the
// whole file, for all who look at the process, and in the limits of containers. So the
// pages are handed back from time to time. They stay in the system's cache, from where the
// next read has them again; nothing is read from the disk for it.
const (
	// mostMapped is how much may have been added since they were handed back last.
	mostMapped = 32 << 20
	// lookAtMapped is how often that is looked at.
	lookAtMapped = time.Second
)

// limitMapped hands back what is mapped whenever it has become too much, until the
// Store is closed or the system does not let it.
func (s *Store) limitMapped() {
	m := mapped{db: s.db}
	ticker := time.NewTicker(lookAtMapped)
	defer ticker.Stop()
	for m.limit() == nil {
		select {
		case <-ticker.C:
		case <-s.stopped:
			return
		}
	}
}

// mapped is the file of a database as far as it is in memory.
type mapped struct {
	db    *bbolt.DB
	least int64 // what residentFile was when nothing of it was; 0 before the first look
}

// limit hands back what is mapped if that is too much.
func (m *mapped) limit() error {
	now, err := residentFile()
	if err != nil || m.least > 0 && now-m.least < mostMapped {
		return err
	}
	// A transaction holds the map where it is: growing the file waits for those that read.
	if err := m.db.View(func(tx *bbolt.Tx) error { return handBack(m.db.Info().Data, tx.Size()) }); err != nil {
		return err
	}
	m.least, err = residentFile()
	return err
}
