package quota

import (
	"context"
	"slices"
	"sync"

	"switchboard/internal/fault"
)

// Turns shares a number of places among accounts. No account has more than three
// quarters of them, nor more than its own limit, so there is always room for another
// one; and where several wait, each account gets the next free place in its turn,
// however many of its own stand in line.
type Turns struct {
	places int
	limit  func(account string) int // nil is none; 0 is none

	mu    sync.Mutex
	taken int
	held  map[string]int
	lines map[string][]*waiter
	order []string // accounts with a line; the next one in turn first
}

type waiter struct{ admitted chan struct{} }

// NewTurns shares so many places. limit gives the most that one account may have.
func NewTurns(places int, limit func(account string) int) *Turns {
	return &Turns{places: places, limit: limit, held: map[string]int{}, lines: map[string][]*waiter{}}
}

// Take waits for a place. Who has one calls done, once. A context that is done before
// gives its fault.
func (t *Turns) Take(ctx context.Context, account string) (done func(), err error) {
	w := &waiter{make(chan struct{})}
	t.mu.Lock()
	if len(t.lines[account]) == 0 {
		t.order = append(t.order, account)
	}
	t.lines[account] = append(t.lines[account], w)
	t.admit()
	t.mu.Unlock()
	select {
	case <-w.admitted:
		return func() { t.release(account) }, nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-w.admitted: // meanwhile
		t.leave(account)
	default:
		t.lines[account] = slices.DeleteFunc(t.lines[account], func(other *waiter) bool { return other == w })
		t.tidy(account)
	}
	return func() {}, fault.Of(context.Cause(ctx))
}

func (t *Turns) release(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave(account)
}

func (t *Turns) leave(account string) {
	t.taken--
	if t.held[account]--; t.held[account] == 0 {
		delete(t.held, account)
	}
	t.admit()
}

// admit gives free places to those whose turn it is.
func (t *Turns) admit() {
	for passed := 0; t.taken < t.places && passed < len(t.order); {
		account := t.order[0]
		t.order = append(t.order[1:], account)
		if t.held[account] >= t.share(account) {
			passed++
			continue
		}
		passed = 0
		close(t.lines[account][0].admitted)
		t.lines[account] = t.lines[account][1:]
		t.taken++
		t.held[account]++
		t.tidy(account)
	}
}

func (t *Turns) share(account string) int {
	share := max(1, t.places-t.places/4)
	if t.limit != nil {
		if own := t.limit(account); own > 0 {
			share = min(share, own)
		}
	}
	return share
}

// tidy forgets an account that has no line any more.
func (t *Turns) tidy(account string) {
	if len(t.lines[account]) > 0 {
		return
	}
	delete(t.lines, account)
	t.order = slices.DeleteFunc(t.order, func(other string) bool { return other == account })
}
