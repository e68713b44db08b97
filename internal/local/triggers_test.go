package local_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/account"
	"switchboard/internal/audit"
	"switchboard/internal/event"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/local"
	"switchboard/internal/page"
	"switchboard/internal/workflow"
)

// starts notes what was started, once per idempotency key, as the store would.
type starts struct {
	mu   sync.Mutex
	keys map[string]bool
	list []string
	full error // what starts are refused with

	kept   []event.Waiting
	missed []string
}

func (s *starts) KeepEvent(_ context.Context, w event.Waiting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, w)
	return nil
}

func (s *starts) ForgetEvent(_ context.Context, w event.Waiting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = slices.DeleteFunc(s.kept, func(k event.Waiting) bool { return k.Workflow == w.Workflow && k.Event.ID == w.Event.ID })
	return nil
}

func (s *starts) KeptEvents(context.Context) ([]event.Waiting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept), nil
}

func (s *starts) Count(_ context.Context, e audit.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missed = append(s.missed, fmt.Sprintf("%s %s %s %s", e.Actor, e.Action, e.Resource, e.Reason))
	return nil
}

func (s *starts) AddMiss(_ context.Context, m workflow.Miss) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missed = append(s.missed, fmt.Sprintf("%s of %s %s at %s %q", m.Trigger, m.Workflow, m.Reason, m.Due.UTC().Format(time.RFC3339), m.Event))
	return nil
}

func (*starts) NoteCounts(context.Context, time.Time) error { return nil }

func (s *starts) StartTriggered(_ context.Context, p account.Principal, start execution.Start) (execution.Execution, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full != nil {
		return execution.Execution{}, s.full
	}
	if s.keys == nil {
		s.keys = map[string]bool{}
	}
	if !s.keys[start.IdempotencyKey] {
		s.keys[start.IdempotencyKey] = true
		s.list = append(s.list, fmt.Sprintf("%s %s late=%v", start.Workflow, start.Trigger["scheduled_at"], start.Trigger["late"]))
	}
	if p.Actor != "trigger:"+start.Workflow {
		return execution.Execution{}, fmt.Errorf("started by %s", p.Actor)
	}
	return execution.Execution{ID: "exe_1"}, nil
}

// refuse has starts fail, with nil no more.
func (s *starts) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = err
}

// taken gives what was started since the last time.
func (s *starts) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = nil
	return list
}

func scheduled(config string, published time.Time) (workflow.Workflow, workflow.Version) {
	w := workflow.Workflow{ID: "wf_1", Account: "acc_1", Published: 1}
	return w, workflow.Version{
		Account: "acc_1", Workflow: "wf_1", Number: 1, PublishedAt: published,
		Document: []byte(`{"trigger":{"type":"schedule","config":` + config + `},"nodes":[],"edges":[]}`),
	}
}

// one is a store with one workflow.
type one struct {
	w workflow.Workflow
	v workflow.Version
}

func (o one) AllWorkflows(context.Context, page.Query) (page.Of[workflow.Workflow], error) {
	return page.Of[workflow.Workflow]{Items: []workflow.Workflow{o.w}}, nil
}

func (o one) Version(context.Context, string, string, int) (workflow.Version, error) { return o.v, nil }

func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its clock begins at 2000-01-01T00:00:00Z
		ctx, stop := context.WithCancel(t.Context())
		s := &starts{}
		triggers := runTriggers(ctx, s)
		w, v := scheduled(`{"cron":"*/10 * * * *"}`, time.Now())
		if err := triggers.Serve(ctx, w, &v); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"wf_1 2000-01-01T00:10:00Z late=false", "wf_1 2000-01-01T00:20:00Z late=false"}, s.taken()); diff != "" {
			t.Errorf("started (-want +got):\n%s", diff)
		}
		if err := triggers.Serve(ctx, w, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := s.taken(); got != nil {
			t.Errorf("started after it was unpublished: %v", got)
		}
		stop()
		synctest.Wait()
	})
}

// runTriggers runs triggers that start executions of s, until ctx is done.
func runTriggers(ctx context.Context, s *starts) *local.Triggers {
	triggers := local.NewTriggers(slog.New(slog.DiscardHandler), time.Now)
	triggers.Connect(s, s)
	go triggers.Run(ctx)
	return triggers
}

// TestRefusedRuns refuses the run at 00:10 for a while.
func TestRefusedRuns(t *testing.T) {
	full := fault.New(fault.TooManyRequests, "The account has started as many executions as it may in a minute.")
	full.RetryAfter = 20 * time.Second
	for name, c := range map[string]struct {
		with   error
		until  time.Duration // after 00:10
		want   []string      // before 00:30
		missed []string
	}{
		"OK":                {full, 30 * time.Second, []string{"wf_1 2000-01-01T00:10:00Z late=false", "wf_1 2000-01-01T00:20:00Z late=false"}, nil},
		"OKLate":            {full, 5 * time.Minute, []string{"wf_1 2000-01-01T00:10:00Z late=true", "wf_1 2000-01-01T00:20:00Z late=false"}, nil},
		"OKWithoutATime":    {fault.New(fault.Unavailable, "Executions are being stopped."), 30 * time.Second, []string{"wf_1 2000-01-01T00:10:00Z late=false", "wf_1 2000-01-01T00:20:00Z late=false"}, nil},
		"NextStandsForIt":   {full, 10*time.Minute + 30*time.Second, []string{"wf_1 2000-01-01T00:20:00Z late=false"}, []string{"trigger:wf_1 execution.miss wf_1 superseded", `schedule of wf_1 superseded at 2000-01-01T00:10:00Z ""`}},
		"NeverTriedAgain":   {fault.New(fault.NotPublished, "The workflow is not published, so it cannot run."), 30 * time.Second, []string{"wf_1 2000-01-01T00:20:00Z late=false"}, nil},
		"NotAFaultOfTheirs": {errors.New("broken"), 30 * time.Second, []string{"wf_1 2000-01-01T00:20:00Z late=false"}, []string{"trigger:wf_1 execution.miss wf_1 failed", `schedule of wf_1 failed at 2000-01-01T00:10:00Z ""`}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				s := &starts{}
				triggers := runTriggers(ctx, s)
				w, v := scheduled(`{"cron":"*/10 * * * *"}`, time.Now())
				if err := triggers.Serve(ctx, w, &v); err != nil {
					t.Fatal(err)
				}
				s.refuse(c.with)
				time.Sleep(10*time.Minute + c.until)
				s.refuse(nil)
				time.Sleep(20*time.Minute - c.until - time.Second)
				synctest.Wait()
				if diff := cmp.Diff(c.want, s.taken()); diff != "" {
					t.Errorf("started (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(c.missed, s.missed); diff != "" {
					t.Errorf("missed (-want +got):\n%s", diff)
				}
				stop()
				synctest.Wait()
			})
		})
	}
}

// TestRefusedRunOfAnOlderVersion publishes anew while a run waits to be tried again.
func TestRefusedRunOfAnOlderVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := &starts{}
		triggers := runTriggers(ctx, s)
		w, v := scheduled(`{"cron":"*/10 * * * *"}`, time.Now())
		if err := triggers.Serve(ctx, w, &v); err != nil {
			t.Fatal(err)
		}
		s.refuse(fault.New(fault.TooManyRequests, "Full."))
		time.Sleep(10*time.Minute + 10*time.Second)
		if err := triggers.Serve(ctx, w, nil); err != nil { // unpublished
			t.Fatal(err)
		}
		s.refuse(nil)
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if got := s.taken(); len(got) > 0 {
			t.Errorf("started %v after it was unpublished", got)
		}
		stop()
		synctest.Wait()
	})
}

// TestMissedRuns: of the runs missed while the process was down, the latest is made up
// for, marked as late; a run that was not missed is not made twice.
func TestMissedRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &starts{}
		w, v := scheduled(`{"cron":"*/10 * * * *"}`, time.Now())
		load := func() {
			triggers := local.NewTriggers(slog.New(slog.DiscardHandler), time.Now)
			triggers.Connect(s, s)
			if err := triggers.Load(t.Context(), one{w, v}); err != nil {
				t.Fatal(err)
			}
		}
		load()
		if got := s.taken(); got != nil {
			t.Errorf("started before the first time: %v", got)
		}
		time.Sleep(3*time.Hour + 5*time.Minute)
		load()
		if diff := cmp.Diff([]string{"wf_1 2000-01-01T03:00:00Z late=true"}, s.taken()); diff != "" {
			t.Errorf("started (-want +got):\n%s", diff)
		}
		load()
		if got := s.taken(); got != nil {
			t.Errorf("started again: %v", got)
		}
	})
}

func TestRateCountsFromPublication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := &starts{}
		triggers := runTriggers(ctx, s)
		time.Sleep(7 * time.Minute)
		w, v := scheduled(`{"rate":"5 minutes"}`, time.Now())
		if err := triggers.Serve(ctx, w, &v); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"wf_1 2000-01-01T00:12:00Z late=false", "wf_1 2000-01-01T00:17:00Z late=false"}, s.taken()); diff != "" {
			t.Errorf("started (-want +got):\n%s", diff)
		}
		stop()
		synctest.Wait()
	})
}

// TestRunsOfLongAgo: whether a run was made is known by its key, which counts for 30
// days. Of one that is longer ago nobody knows any more, so it is not made up for.
func TestRunsOfLongAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, v := scheduled(`{"cron":"0 12 1 1 *"}`, time.Now())
		load := func() []string {
			s := &starts{} // which knows no keys
			triggers := local.NewTriggers(slog.New(slog.DiscardHandler), time.Now)
			triggers.Connect(s, s)
			if err := triggers.Load(t.Context(), one{w, v}); err != nil {
				t.Fatal(err)
			}
			return s.taken()
		}
		time.Sleep(20 * 24 * time.Hour)
		if diff := cmp.Diff([]string{"wf_1 2000-01-01T12:00:00Z late=true"}, load()); diff != "" {
			t.Errorf("started after 20 days (-want +got):\n%s", diff)
		}
		time.Sleep(15 * 24 * time.Hour)
		if got := load(); got != nil {
			t.Errorf("started after 35 days: %v", got)
		}
	})
}

// TestClockPutBack starts with a clock that is a year ahead, as after a battery has run
// out, and puts it right.
func TestClockPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var ahead atomic.Int64
		ahead.Store(int64(366 * 24 * time.Hour))
		s := &starts{}
		triggers := local.NewTriggers(slog.New(slog.DiscardHandler), func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
		triggers.Connect(s, s)
		go triggers.Run(ctx)
		w, v := scheduled(`{"cron":"*/10 * * * *"}`, time.Now())
		if err := triggers.Serve(ctx, w, &v); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Minute)
		ahead.Store(0)
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		want := []string{"wf_1 2001-01-01T00:10:00Z late=false", "wf_1 2000-01-01T00:20:00Z late=false", "wf_1 2000-01-01T00:30:00Z late=false"}
		if diff := cmp.Diff(want, s.taken()); diff != "" {
			t.Errorf("started (-want +got):\n%s", diff)
		}
		stop()
		synctest.Wait()
	})
}
