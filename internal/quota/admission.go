package quota

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchboard/internal/fault"
)

// Starts are the counters of accounts' starts in a minute.
type Starts interface {
	// TakeStarts takes n from what an account may start within a minute; nothing, and
	// false, where more than limit would be taken.
	TakeStarts(ctx context.Context, account string, minute time.Time, n, limit int) (bool, error)
}

// Running counts the executions of an account that run, up to a limit. It may lag a
// few seconds behind.
type Running interface {
	CountRunning(ctx context.Context, account string, limit int) (int, error)
}

const (
	recount       = 10 * time.Second // how old a count of what runs may be
	recountAtFull = time.Second      // the same, at the quota
	waitForRoom   = 5 * time.Second  // what is told to whoever has too much running
	maxTallies    = 10_000           // accounts that are remembered
)

// Config is what an Admission is made of.
type Config struct {
	Settings Settings
	Starts   Starts
	Running  Running
	Now      func() time.Time
	// Turns has the starts of different accounts take turns; nil lets all begin at once.
	Turns *Turns
}

// Admission lets executions start within the quotas of their accounts. It is safe for
// concurrent use.
type Admission struct {
	Config
	mu      sync.Mutex
	tallies map[string]*tally
}

// NewAdmission returns an admission.
func NewAdmission(c Config) *Admission { return &Admission{Config: c, tallies: map[string]*tally{}} }

// tally is what is known of an account.
type tally struct {
	mu sync.Mutex

	minute time.Time
	left   int  // of the last lot
	lot    int  // its size
	over   bool // nothing is left of the minute

	running int // at the last count, and what was started since
	counted time.Time
}

func (a *Admission) tallyOf(account string) *tally {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.tallies[account]
	if t == nil {
		if len(a.tallies) >= maxTallies {
			clear(a.tallies)
		}
		t = &tally{}
		a.tallies[account] = t
	}
	return t
}

// Admit lets an execution start, or says that the account has to wait: a fault
// TooManyRequests with the time after which to try again. Who was let in calls done
// once the start is stored.
func (a *Admission) Admit(ctx context.Context, account string) (done func(), err error) {
	t := a.tallyOf(account)
	t.mu.Lock()
	err = a.room(ctx, account, t)
	if err == nil {
		if err = a.rate(ctx, account, t); err == nil {
			t.running++
		}
	}
	t.mu.Unlock()
	if err != nil || a.Turns == nil {
		return func() {}, err
	}
	return a.Turns.Take(ctx, account)
}

func (a *Admission) rate(ctx context.Context, account string, t *tally) error {
	limit := a.Settings.Of(account, ExecutionsPerMinute)
	if limit == 0 {
		return nil
	}
	now := a.Now()
	if minute := now.Truncate(time.Minute); !minute.Equal(t.minute) {
		t.minute, t.left, t.lot, t.over = minute, 0, 0, false
	}
	if t.left == 0 && !t.over {
		lot := min(max(1, 2*t.lot), max(1, limit/20))
		taken, err := a.Starts.TakeStarts(ctx, account, t.minute, lot, limit)
		if err == nil && !taken && lot > 1 {
			lot = 1
			taken, err = a.Starts.TakeStarts(ctx, account, t.minute, lot, limit)
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return fmt.Errorf("counting starts: %w", err)
		case err != nil:
			t.left = 1 // it is let in: see the package's comment
		case taken:
			t.left, t.lot = lot, lot
		default:
			t.over = true
		}
	}
	if t.over {
		f := exceeded(ExecutionsPerMinute, limit, "The account has started as many executions as it may in a minute.")
		f.RetryAfter = max(time.Second, t.minute.Add(time.Minute).Sub(now))
		return f
	}
	t.left--
	return nil
}

func (a *Admission) room(ctx context.Context, account string, t *tally) error {
	limit := a.Settings.Of(account, ConcurrentExecutions)
	if limit == 0 {
		return nil
	}
	now := a.Now()
	age := now.Sub(t.counted)
	if age >= recount || (t.running >= limit && age >= recountAtFull) {
		n, err := a.Running.CountRunning(ctx, account, limit)
		if err != nil && ctx.Err() != nil {
			return fmt.Errorf("counting what runs: %w", err)
		}
		t.running = 0
		if err == nil {
			t.running, t.counted = n, now
		}
	}
	if t.running < limit {
		return nil
	}
	f := exceeded(ConcurrentExecutions, limit, "As many executions of the account run or wait as may at once.")
	f.RetryAfter = waitForRoom
	return f
}

// CheckPayload refuses what is larger than an execution of the account may be started with.
func (a *Admission) CheckPayload(account string, size int) error {
	limit := a.Settings.Of(account, PayloadBytes)
	if size <= limit {
		return nil
	}
	return fault.New(fault.PayloadTooLarge, "The input has %d bytes; at most %d are allowed.", size, limit).
		WithHint("Store large data elsewhere and send a reference to it.")
}

// Memory counts starts where one process is all there is.
type Memory struct {
	mu     sync.Mutex
	minute time.Time
	taken  map[string]int
}

// TakeStarts implements Starts.
func (m *Memory) TakeStarts(_ context.Context, account string, minute time.Time, n, limit int) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !minute.Equal(m.minute) {
		m.minute, m.taken = minute, map[string]int{}
	}
	if m.taken[account]+n > limit {
		return false, nil
	}
	m.taken[account] += n
	return true, nil
}
