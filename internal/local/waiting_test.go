package local_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/event"
	"switchboard/internal/fault"
	"switchboard/internal/local"
	"switchboard/internal/workflow"
)

var shop = account.Principal{Account: "acc_1", Actor: "owner"}

func listening() (workflow.Workflow, workflow.Version) {
	w := workflow.Workflow{ID: "wf_1", Account: "acc_1", Published: 1}
	return w, workflow.Version{
		Account: "acc_1", Workflow: "wf_1", Number: 1, PublishedAt: time.Now(),
		Document: []byte(`{"trigger":{"type":"event","config":{"source":"shop","detail_type":"order"}},"nodes":[],"edges":[]}`),
	}
}

func order(n int) event.Event {
	return event.Event{ID: fmt.Sprintf("evt_%d", n), Source: "shop", DetailType: "order", Detail: map[string]any{"n": n}, Time: time.Now()}
}

func full(wait time.Duration) error {
	f := fault.New(fault.TooManyRequests, "The account has started as many executions as it may in a minute.")
	f.RetryAfter = wait
	return f
}

// put puts an event, which has to be taken, and gives what it started.
func put(t *testing.T, triggers *local.Triggers, e event.Event) []string {
	t.Helper()
	started, err := triggers.Put(t.Context(), shop, e)
	if err != nil {
		t.Fatal(err)
	}
	return started
}

func (s *starts) wantKeys(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var got []string
	for key := range s.keys {
		got = append(got, key)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("started by %q, want %q", got, want)
	}
}

func (s *starts) wantKept(t *testing.T, want int) {
	t.Helper()
	if kept, _ := s.KeptEvents(t.Context()); len(kept) != want {
		t.Errorf("%d events are kept, want %d", len(kept), want)
	}
}

// TestRefusedEvents: an event whose start is refused for now was taken, so it starts its
// workflow later, once.
func TestRefusedEvents(t *testing.T) {
	// in runs a test with triggers that one workflow listens by.
	in := func(t *testing.T, f func(t *testing.T, s *starts, triggers *local.Triggers)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			s := &starts{}
			triggers := runTriggers(ctx, s)
			w, v := listening()
			if err := triggers.Serve(ctx, w, &v); err != nil {
				t.Fatal(err)
			}
			f(t, s, triggers)
			stop()
			synctest.Wait()
		})
	}
	t.Run("OK", func(t *testing.T) {
		in(t, func(t *testing.T, s *starts, triggers *local.Triggers) {
			s.refuse(full(20 * time.Second))
			for n := range 3 {
				if got := put(t, triggers, order(n)); len(got) != 0 {
					t.Errorf("started %v", got)
				}
			}
			s.wantKept(t, 3)
			time.Sleep(5 * time.Minute)
			s.wantKeys(t)
			s.refuse(nil)
			time.Sleep(21 * time.Second)
			synctest.Wait()
			s.wantKeys(t, "event evt_0", "event evt_1", "event evt_2")
			s.wantKept(t, 0)
		})
	})
	t.Run("AfterARestart", func(t *testing.T) {
		in(t, func(t *testing.T, s *starts, triggers *local.Triggers) {
			s.refuse(full(time.Hour))
			put(t, triggers, order(1))
			s.refuse(nil)
			ctx, stop := context.WithCancel(t.Context())
			again := local.NewTriggers(slog.New(slog.DiscardHandler), time.Now)
			again.Connect(s, s)
			w, v := listening()
			if err := again.Load(ctx, one{w, v}); err != nil {
				t.Fatal(err)
			}
			go again.Run(ctx)
			synctest.Wait()
			s.wantKeys(t, "event evt_1")
			s.wantKept(t, 0)
			stop()
		})
	})
	t.Run("NotWhatNoLongerListens", func(t *testing.T) {
		in(t, func(t *testing.T, s *starts, triggers *local.Triggers) {
			s.refuse(full(time.Second))
			put(t, triggers, order(1))
			w, _ := listening()
			if err := triggers.Serve(t.Context(), w, nil); err != nil {
				t.Fatal(err)
			}
			s.refuse(nil)
			time.Sleep(time.Minute)
			synctest.Wait()
			s.wantKeys(t)
			s.wantKept(t, 0)
		})
	})
	t.Run("NotForEver", func(t *testing.T) {
		in(t, func(t *testing.T, s *starts, triggers *local.Triggers) {
			s.refuse(full(time.Hour))
			put(t, triggers, order(1))
			time.Sleep(26 * time.Hour)
			synctest.Wait()
			s.wantKept(t, 0)
			if want := []string{"trigger:wf_1 execution.miss wf_1 expired", `event of wf_1 expired at 2000-01-01T00:00:00Z "evt_1"`}; !slices.Equal(s.missed, want) {
				t.Errorf("missed %q, want %q", s.missed, want)
			}
		})
	})
	t.Run("ErrTooMany", func(t *testing.T) {
		in(t, func(t *testing.T, s *starts, triggers *local.Triggers) {
			s.refuse(full(time.Hour))
			for n := range 10_000 {
				put(t, triggers, order(n))
			}
			if _, err := triggers.Put(t.Context(), shop, order(10_000)); !fault.Is(err, fault.TooManyRequests) {
				t.Errorf("one too many gives %v", err)
			}
			s.wantKept(t, 10_000)
		})
	})
	t.Run("ErrThatDoesNotPass", func(t *testing.T) {
		in(t, func(t *testing.T, s *starts, triggers *local.Triggers) {
			s.refuse(fault.New(fault.PayloadTooLarge, "The input is too large."))
			if _, err := triggers.Put(t.Context(), shop, order(1)); !fault.Is(err, fault.PayloadTooLarge) {
				t.Errorf("err = %v", err)
			}
			s.wantKept(t, 0)
		})
	})
}
