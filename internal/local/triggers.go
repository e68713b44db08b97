package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/event"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/page"
	"switchboard/internal/schedule"
	"switchboard/internal/workflow"
)

// Triggers starts workflows by schedule and by event. What serves is in the store;
// this is a picture of it in memory, made at the start and kept by Serve.
type Triggers struct {
	executions Starter
	kept       Kept
	log        *slog.Logger
	now        func() time.Time

	mu        sync.Mutex
	schedules map[string]*scheduled // by workflow
	listeners map[string]listener
	waiting   []waiting
	looked    time.Time // when due last looked at the clock
	changed   chan struct{}
}

// Starter starts workflows.
type Starter interface {
	StartTriggered(ctx context.Context, p account.Principal, s execution.Start) (execution.Execution, error)
}

// Published lists workflows and their versions.
type Published interface {
	AllWorkflows(ctx context.Context, q page.Query) (page.Of[workflow.Workflow], error)
	Version(ctx context.Context, account, id string, number int) (workflow.Version, error)
}

type scheduled struct {
	account, workflow string
	schedule          *schedule.Schedule
	published         time.Time
	next              time.Time

	// A run that was refused for now is tried again until the next one is due, which
	// stands for it.
	refused time.Time // when it should have run; zero if there is none
	again   time.Time // when it is tried

	superseded time.Time // when the one should have run that a run which is due stands for; zero if there is none
}

// missed is a run that was not made.
func (s *scheduled) missed(reason workflow.MissReason, due time.Time) workflow.Miss {
	return workflow.Miss{Account: s.account, Workflow: s.workflow, Trigger: workflow.TriggerSchedule, Reason: reason, Due: due}
}

type listener struct {
	account, workflow, source, detailType string
	pattern                               event.Pattern
}

// NewTriggers returns triggers without any schedule or listener.
func NewTriggers(log *slog.Logger, now func() time.Time) *Triggers {
	return &Triggers{log: log, now: now, schedules: map[string]*scheduled{}, listeners: map[string]listener{}, changed: make(chan struct{}, 1)}
}

// Connect says who starts workflows: the service of executions, which is made after
// what it needs, and so after this; and where events are kept. It comes before anything
// can start.
func (t *Triggers) Connect(executions Starter, kept Kept) { t.executions, t.kept = executions, kept }

// Serve is told what serves after every change.
func (t *Triggers) Serve(_ context.Context, w workflow.Workflow, v *workflow.Version) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.schedules, w.ID)
	delete(t.listeners, w.ID)
	if v == nil {
		return nil
	}
	doc, err := workflow.Parse(v.Document)
	if err != nil || doc.Trigger == nil {
		return err
	}
	config := doc.Trigger.Config
	switch doc.Trigger.Type {
	case workflow.TriggerSchedule:
		s, err := workflow.ReadSchedule(config)
		if err != nil {
			return err
		}
		t.schedules[w.ID] = &scheduled{
			account: w.Account, workflow: w.ID, schedule: s, published: v.PublishedAt, next: s.Next(t.now(), v.PublishedAt),
		}
		t.signal()
	case workflow.TriggerEvent:
		filter, _ := config["filter"].(map[string]any)
		pattern, problems := event.Parse(filter)
		if len(problems) > 0 {
			return errors.New(problems[0].Message)
		}
		l := listener{account: w.Account, workflow: w.ID, pattern: pattern}
		l.source, _ = config["source"].(string)
		l.detailType, _ = config["detail_type"].(string)
		t.listeners[w.ID] = l
	}
	return nil
}

// late is by how much a schedule may be behind before something is wrong.
const late = time.Minute

// Healthy says whether schedules run when they should.
func (t *Triggers) Healthy() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.schedules {
		if behind := t.now().Sub(s.next); !s.next.IsZero() && behind > late {
			return fault.New(fault.Unavailable, "Schedules run %s late.", behind.Round(time.Second))
		}
	}
	return nil
}

func (t *Triggers) signal() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// longestMissed is how old a run may be that is made up for. Whether it was made is known
// by its key, which counts for 30 days: it could be made a second time after that.
const longestMissed = 29 * 24 * time.Hour

// Load reads what serves. Of the runs that a schedule missed while the process was
// down, the latest is made up for, unless it was too long ago, and marked as late.
func (t *Triggers) Load(ctx context.Context, published Published) error {
	q := page.Query{Limit: page.MaxLimit}
	for {
		workflows, err := published.AllWorkflows(ctx, q)
		if err != nil {
			return fmt.Errorf("listing workflows: %w", err)
		}
		for _, w := range workflows.Items {
			if w.Published == 0 {
				continue
			}
			v, err := published.Version(ctx, w.Account, w.ID, w.Published)
			if err != nil {
				return fmt.Errorf("reading version: %w", err)
			}
			if err := t.Serve(ctx, w, &v); err != nil {
				t.log.Error("setting a trigger", "workflow", w.ID, "error", err)
				continue
			}
			t.catchUp(ctx, w.ID)
		}
		if q.Cursor = workflows.Next; q.Cursor == "" {
			return t.loadWaiting(ctx)
		}
	}
}

func (t *Triggers) catchUp(ctx context.Context, workflowID string) {
	s := t.schedules[workflowID] // nothing else runs yet
	if s == nil {
		return
	}
	now := t.now()
	after := s.published
	if earliest := now.Add(-longestMissed); after.Before(earliest) {
		after = earliest
	}
	if missed := s.schedule.Last(after, now, s.published); !missed.IsZero() {
		// A run that was not missed has the same key, and is not started again.
		t.fire(ctx, s, missed, true)
	}
}

// Run starts workflows when their time has come, until ctx is done.
func (t *Triggers) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-t.changed:
		}
		now := t.now()
		for _, due := range t.due(now) {
			if !due.superseded.IsZero() {
				t.missed(ctx, due.missed(workflow.MissSuperseded, due.superseded))
			}
			t.fire(ctx, due, due.next, now.Sub(due.next) > time.Minute)
		}
		t.startWaiting(ctx, now)
		timer.Reset(t.untilNext(now))
	}
}

// due takes the schedules whose time has come, and sets their next one; and the runs
// that were refused, when they are to be tried again.
func (t *Triggers) due(now time.Time) []*scheduled {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lookAtClock(now)
	var due []*scheduled
	for _, s := range t.schedules {
		if s.next.IsZero() || s.next.After(now) {
			if !s.refused.IsZero() && !s.again.After(now) {
				run := *s
				run.next, s.refused = s.refused, time.Time{}
				due = append(due, &run)
			}
			continue
		}
		run := *s
		if !s.refused.IsZero() {
			t.log.Error("a scheduled run was refused until the next one was due", "workflow", s.workflow, "scheduled_at", s.refused.UTC().Format(time.RFC3339))
			s.refused, run.superseded = time.Time{}, s.refused
		}
		// After a sleep of the machine, only the latest of what was missed runs.
		if latest := s.schedule.Last(s.next, now, s.published); !latest.IsZero() {
			run.next = latest
		}
		due = append(due, &run)
		s.next = s.schedule.Next(now, s.published)
	}
	return due
}

// lookAtClock sees whether the clock was put back. What is ahead comes again then: runs
// that were made have their keys.
func (t *Triggers) lookAtClock(now time.Time) {
	now = now.Round(0) // what is on the clock, and not what has passed
	back := now.Before(t.looked)
	t.looked = now
	if !back {
		return
	}
	for _, s := range t.schedules {
		if next := s.schedule.Next(now, s.published); s.next.IsZero() || next.Before(s.next) {
			s.next = next
		}
		if s.again.After(now) {
			s.again = now
		}
	}
	for i := range t.waiting {
		t.waiting[i].again = now
	}
}

// untilNext is bounded, so that a clock that is set is noticed within a minute.
func (t *Triggers) untilNext(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	wait := time.Minute
	for _, s := range t.schedules {
		if !s.next.IsZero() {
			wait = min(wait, max(0, s.next.Sub(now)))
		}
		if !s.refused.IsZero() {
			wait = min(wait, max(0, s.again.Sub(now)))
		}
	}
	for _, w := range t.waiting {
		wait = min(wait, max(0, w.again.Sub(now)))
	}
	return wait
}

func (t *Triggers) fire(ctx context.Context, s *scheduled, at time.Time, late bool) {
	text := at.UTC().Format(time.RFC3339)
	_, err := t.executions.StartTriggered(ctx, principal(s.account, s.workflow), execution.Start{
		Workflow: s.workflow, Trigger: map[string]any{"scheduled_at": text, "late": late}, IdempotencyKey: "schedule " + text,
	})
	if err != nil && ctx.Err() == nil && !t.tryAgain(s, at, fault.Of(err)) {
		t.log.Error("starting a workflow by its schedule", "workflow", s.workflow, "scheduled_at", text, "error", err)
		if !gone(err) {
			t.missed(ctx, s.missed(workflow.MissFailed, at))
		}
	}
}

// soon is when a run is tried again at the earliest.
const soon = time.Second

// tryAgain has a run that was refused for now tried again, as EventBridge does. It says
// whether that is so. The run's key sees to it that it happens once.
func (t *Triggers) tryAgain(s *scheduled, at time.Time, f *fault.Error) bool {
	if !refusedForNow(f) {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	serves := t.schedules[s.workflow]
	if serves == nil || !serves.published.Equal(s.published) {
		return false
	}
	serves.refused, serves.again = at, t.now().Add(max(soon, f.RetryAfter))
	t.log.Warn("a scheduled run is refused for now", "workflow", s.workflow, "scheduled_at", at.UTC().Format(time.RFC3339), "reason", f.Message)
	t.signal()
	return true
}

func principal(accountID, workflowID string) account.Principal {
	return account.Principal{Account: accountID, Actor: "trigger:" + workflowID}
}

// Put starts the workflows of the account that wait for the event. A start that is
// refused for now is made later, as EventBridge does; it is kept when Put returns.
func (t *Triggers) Put(ctx context.Context, p account.Principal, e event.Event) ([]string, error) {
	var started []string
	var failed []error
	for _, l := range t.listening(p.Account, e) {
		w := event.Waiting{Account: l.account, Workflow: l.workflow, Event: e}
		x, err := t.startBy(ctx, w)
		if f := fault.Of(err); err != nil && refusedForNow(f) && ctx.Err() == nil {
			if err = t.wait(ctx, w, f); err == nil {
				continue
			}
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("starting %s: %w", l.workflow, err))
			continue
		}
		started = append(started, x.ID)
	}
	return started, errors.Join(failed...)
}

// startBy starts a workflow by an event, once however often it is called.
func (t *Triggers) startBy(ctx context.Context, w event.Waiting) (execution.Execution, error) {
	e := w.Event
	return t.executions.StartTriggered(ctx, principal(w.Account, w.Workflow), execution.Start{
		Workflow: w.Workflow, IdempotencyKey: "event " + e.ID,
		Trigger: map[string]any{
			"id": e.ID, "source": e.Source, "detail_type": e.DetailType, "detail": e.Detail, "time": e.Time.UTC().Format(time.RFC3339),
		},
	})
}

func (t *Triggers) listening(accountID string, e event.Event) []listener {
	t.mu.Lock()
	defer t.mu.Unlock()
	var listening []listener
	for _, l := range t.listeners {
		if l.account == accountID && l.source == e.Source && (l.detailType == "" || l.detailType == e.DetailType) && l.pattern.Fits(e.Detail) {
			listening = append(listening, l)
		}
	}
	slices.SortFunc(listening, func(a, b listener) int {
		if a.workflow < b.workflow {
			return -1
		}
		return 1
	})
	return listening
}
