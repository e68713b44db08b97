package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/event"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// Kept is what triggers keep where a crash does not take it.
type Kept interface {
	// KeepEvent keeps an event that has to start a workflow yet.
	KeepEvent(ctx context.Context, w event.Waiting) error
	// ForgetEvent forgets one that is kept; doing it again changes nothing.
	ForgetEvent(ctx context.Context, w event.Waiting) error
	// KeptEvents gives all that are kept, oldest first.
	KeptEvents(ctx context.Context) ([]event.Waiting, error)
	audit.Counter
	// AddMiss counts a start that was missed; see workflow.Misses.
	AddMiss(ctx context.Context, m workflow.Miss) error
}

const (
	// maxWaiting is how many starts by events wait at once. What is more is refused.
	maxWaiting = 10_000
	// longestWait is how long one does: as long as EventBridge tries.
	longestWait = 24 * time.Hour
)

// waiting is a start by an event that was refused for now.
type waiting struct {
	event.Waiting
	again time.Time // when it is tried
}

// refusedForNow says whether a start that is refused with f may be admitted later.
func refusedForNow(f *fault.Error) bool {
	return f.Code == fault.TooManyRequests || f.Code == fault.Unavailable
}

// wait has an event start a workflow later. It is on disk when it returns.
func (t *Triggers) wait(ctx context.Context, w event.Waiting, why *fault.Error) error {
	t.mu.Lock()
	full := len(t.waiting) >= maxWaiting
	t.mu.Unlock()
	if full {
		return why
	}
	if err := t.kept.KeepEvent(ctx, w); err != nil {
		return fmt.Errorf("keeping an event: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, waiting{w, t.now().Add(max(soon, why.RetryAfter))})
	t.log.Warn("a start by an event is refused for now", "workflow", w.Workflow, "event", w.Event.ID, "reason", why.Message)
	t.signal()
	return nil
}

// startWaiting tries the starts whose time has come, in the order of their events. Where
// an account is refused, its others wait as long.
func (t *Triggers) startWaiting(ctx context.Context, now time.Time) {
	later := map[string]time.Time{} // by account
	for _, w := range t.dueWaiting(now) {
		if _, refused := later[w.Account]; !refused {
			if f := t.tryWaiting(ctx, w.Waiting, now); f != nil {
				later[w.Account] = now.Add(max(soon, f.RetryAfter))
			}
		}
		if ctx.Err() != nil {
			return // it is kept
		}
		if again, refused := later[w.Account]; refused {
			t.mu.Lock()
			t.waiting = append(t.waiting, waiting{w.Waiting, again})
			t.mu.Unlock()
		} else if err := t.kept.ForgetEvent(ctx, w.Waiting); err != nil {
			t.log.Error("forgetting an event", "workflow", w.Workflow, "event", w.Event.ID, "error", err)
		}
	}
}

// tryWaiting starts a workflow that still listens to the event, or gives why it has to
// wait on.
func (t *Triggers) tryWaiting(ctx context.Context, w event.Waiting, now time.Time) *fault.Error {
	if !slices.ContainsFunc(t.listening(w.Account, w.Event), func(l listener) bool { return l.workflow == w.Workflow }) {
		return nil
	}
	_, err := t.startBy(ctx, w)
	f, reason := fault.Of(err), workflow.MissFailed
	switch {
	case err == nil, ctx.Err() != nil, gone(err):
		return nil //nolint:nilerr // it is not to be tried again, or is when the process has started anew
	case refusedForNow(f) && now.Sub(w.Event.Time) < longestWait:
		return f
	case refusedForNow(f):
		reason = workflow.MissExpired
	}
	t.log.Error("starting a workflow by an event", "workflow", w.Workflow, "event", w.Event.ID, "error", err)
	t.missed(ctx, workflow.Miss{
		Account: w.Account, Workflow: w.Workflow, Trigger: workflow.TriggerEvent, Reason: reason, Due: w.Event.Time, Event: w.Event.ID,
	})
	return nil
}

// gone says whether a workflow was not started because it no longer serves.
func gone(err error) bool { return fault.Is(err, fault.NotFound) || fault.Is(err, fault.NotPublished) }

// dueWaiting takes those whose time has come.
func (t *Triggers) dueWaiting(now time.Time) []waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	var due []waiting
	t.waiting = slices.DeleteFunc(t.waiting, func(w waiting) bool {
		if w.again.After(now) {
			return false
		}
		due = append(due, w)
		return true
	})
	slices.SortStableFunc(due, func(a, b waiting) int { return a.Event.Time.Compare(b.Event.Time) })
	return due
}

// loadWaiting reads what waited when the process ended.
func (t *Triggers) loadWaiting(ctx context.Context) error {
	kept, err := t.kept.KeptEvents(ctx)
	if err != nil {
		return fmt.Errorf("reading kept events: %w", err)
	}
	for _, w := range kept {
		t.waiting = append(t.waiting, waiting{w, t.now()}) // nothing else runs yet
	}
	return nil
}

// missed has people hear of a start that a trigger did not make: it is nobody's request,
// so nobody would otherwise. It is in the audit, and among the problems.
func (t *Triggers) missed(ctx context.Context, m workflow.Miss) {
	e := audit.Entry{
		Account: m.Account, Actor: principal(m.Account, m.Workflow).Actor, Action: audit.MissStart, Resource: m.Workflow, Reason: string(m.Reason),
	}
	if err := errors.Join(t.kept.Count(ctx, e), t.kept.AddMiss(ctx, m)); err != nil {
		t.log.Error("noting a start that was missed", "workflow", m.Workflow, "error", err)
	}
}
