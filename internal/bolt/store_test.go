package bolt_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"switchboard/internal/bolt"
	"switchboard/internal/storetest"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB, path string, o bolt.Options) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

func openNew(t testing.TB) *bolt.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "db"), bolt.Options{})
}

func TestStores(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Stores {
		c := newClock()
		s := open(t, filepath.Join(t.TempDir(), "db"), bolt.Options{Now: c.Now})
		return storetest.Stores{Agents: s, Credentials: s, Workflows: s, Executions: s, Records: s, Approvals: s, Pending: s, APIKeys: s, Members: s, Audit: s, Counts: s, Usage: s, Misses: s, Advance: c.Advance}
	})
}
