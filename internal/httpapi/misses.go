package httpapi

import (
	"sync"
	"time"

	"switchboard/internal/fault"
)

// Whoever tries tokens that are none is soon refused for a while. A token cannot be
// guessed anyway; this keeps the trying from costing anything, and makes it show.
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

// add counts one.
func (m *misses) add(address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.renew()
	if len(m.count) < missesKept {
		m.count[address]++
	}
}

// refuse gives the fault for an address that has missed too often.
func (m *misses) refuse(address string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.renew()
	if m.count[address] < missesAllowed {
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
