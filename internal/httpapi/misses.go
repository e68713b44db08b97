package httpapi

import (
	"sync"
	"time"

	"switchboard/internal/fault"
)

// Whoever tries tokens that are none is soon told to wait. A token cannot be guessed
// anyway; this makes the trying show. Who has one that is good is let in all the same:
// many people may come from one address, that of a proxy or an office, and none of them
// is to be kept out by another.
const (
	missesAllowed = 20
	missesWithin  = time.Minute
	missesKept    = 10_000 // addresses that are remembered
)

// misses counts, by address, the requests for what is not there.
type misses struct {
	now func() time.Time

	mu    sync.Mutex
	since time.Time
	count map[string]int
}

func newMisses(now func() time.Time) *misses { return &misses{now: now, count: map[string]int{}} }

// add counts one, and gives the fault for an address that has missed too often; nil for
// the others.
func (m *misses) add(address string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.renew()
	if m.count[address] < missesAllowed {
		if len(m.count) < missesKept {
			m.count[address]++
		}
		return nil
	}
	f := fault.New(fault.TooManyRequests, "Too many addresses were tried that are not there.").WithHint("Wait a minute, then open the link as it was sent to you.")
	f.RetryAfter = m.since.Add(missesWithin).Sub(m.now())
	return f
}

// renew begins a new minute when the last one is over.
func (m *misses) renew() {
	if now := m.now(); now.Sub(m.since) >= missesWithin {
		m.since = now
		clear(m.count)
	}
}
