package usage

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchboard/internal/task"
)

// Counter counts in memory. It implements task.Meter, and is safe for concurrent use.
type Counter struct {
	now func() time.Time

	mu      sync.Mutex
	pending map[place]*Counts
	flushed time.Time  // by FlushEvery
	writing sync.Mutex // one Flush at a time
}

type place struct{ account, day string }

// NewCounter returns a counter.
func NewCounter(now func() time.Time) *Counter {
	return &Counter{now: now, pending: map[place]*Counts{}}
}

// Attempted implements task.Meter.
func (c *Counter) Attempted(_ context.Context, a task.Attempt) {
	calls := Calls{}
	if a.Called() {
		calls.Calls = 1
	}
	if a.Code != "" {
		calls.Errors = 1
	}
	if a.Account == "" {
		return // it was no task that could be read; there is nobody to count it for
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := c.of(a.Account)
	if a.Number == 1 {
		counts.NodeRuns++
	}
	if calls != (Calls{}) {
		was := counts.Connectors[a.Connector]
		counts.Connectors[a.Connector] = Calls{Calls: was.Calls + calls.Calls, Errors: was.Errors + calls.Errors}
	}
}

// Ended counts an execution.
func (c *Counter) Ended(account string, succeeded bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := c.of(account)
	counts.Executions++
	if !succeeded {
		counts.Failed++
	}
}

func (c *Counter) of(account string) *Counts {
	at := place{account, DayOf(c.now())}
	counts := c.pending[at]
	if counts == nil {
		counts = &Counts{Connectors: map[string]Calls{}}
		c.pending[at] = counts
	}
	return counts
}

// Flush writes what was counted. What cannot be written is kept for the next time.
func (c *Counter) Flush(ctx context.Context, into Repository) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	taken := c.pending
	c.pending = map[place]*Counts{}
	c.mu.Unlock()
	for at, counts := range taken {
		if err := into.AddUsage(ctx, at.account, at.day, *counts); err != nil {
			c.giveBack(taken)
			return fmt.Errorf("writing usage: %w", err)
		}
		delete(taken, at)
	}
	return nil
}

// FlushEvery is Flush, at most once in a time: what comes in between waits for the
// next.
func (c *Counter) FlushEvery(ctx context.Context, every time.Duration, into Repository) error {
	c.mu.Lock()
	now := c.now()
	due := len(c.pending) > 0 && now.Sub(c.flushed) >= every
	if due {
		c.flushed = now
	}
	c.mu.Unlock()
	if !due {
		return nil
	}
	return c.Flush(ctx, into)
}

func (c *Counter) giveBack(left map[place]*Counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at, counts := range left {
		if now := c.pending[at]; now != nil {
			now.Add(*counts)
		} else {
			c.pending[at] = counts
		}
	}
}
