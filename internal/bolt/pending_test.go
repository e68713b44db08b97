package bolt_test

import (
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"switchboard/internal/bolt"
	"switchboard/internal/oauth"
)

// TestPendingGrantsAreSwept: those that nobody came back for go with the next one,
// and a file from before there were any gets room for them.
func TestPendingGrantsAreSwept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	count := func(remove bool) (n int) {
		t.Helper()
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			if remove {
				return tx.DeleteBucket([]byte("pending_grants"))
			}
			n = tx.Bucket([]byte("pending_grants")).Stats().KeyN
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return n
	}
	with := func(do func(*bolt.Store) error) {
		t.Helper()
		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := do(s); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	with(func(*bolt.Store) error { return nil })
	count(true)
	keep := func(state string, expires time.Time) {
		with(func(s *bolt.Store) error {
			return s.KeepPending(t.Context(), state, oauth.Pending{Account: "acc", ExpiresAt: expires})
		})
	}
	keep("left", time.Now().Add(-time.Minute))
	keep("waiting", time.Now().Add(time.Minute))
	if n := count(false); n != 1 {
		t.Errorf("%d pending grants are kept, want the one that is waiting", n)
	}
}
