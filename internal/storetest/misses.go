package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"switchboard/internal/workflow"
)

// testMisses holds that what was missed is counted by workflow and reason, and goes by
// its age.
func testMisses(t *testing.T, open func(testing.TB) Stores) {
	s := open(t)
	miss := func(account, id string, reason workflow.MissReason, n int) workflow.Miss {
		return workflow.Miss{Account: account, Workflow: id, Trigger: workflow.TriggerSchedule, Reason: reason, Due: at(n)}
	}
	list := func(account string) []workflow.Miss {
		t.Helper()
		misses, err := s.Misses.Misses(t.Context(), account)
		must(t, err)
		return misses
	}
	// want compares all but when they were given up, which has to be in order.
	want := func(account string, want ...workflow.Miss) []workflow.Miss {
		t.Helper()
		got := list(account)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(workflow.Miss{}, "First", "Last")); diff != "" {
			t.Errorf("misses of %s (-want +got):\n%s", account, diff)
		}
		for i, m := range got {
			if m.First.IsZero() || m.Last.Before(m.First) || i > 0 && m.Last.After(got[i-1].Last) {
				t.Errorf("from %s to %s, behind %+v", m.First, m.Last, got[:i])
			}
		}
		return got
	}
	counted := func(m workflow.Miss, n int64) workflow.Miss {
		m.Count = n
		return m
	}
	want(account)
	event := miss(stranger, "wf_1", workflow.MissExpired, 1)
	event.Trigger, event.Event = workflow.TriggerEvent, "evt_1"
	must(t, s.Misses.AddMiss(t.Context(), miss(account, "wf_1", workflow.MissSuperseded, 1)), s.Misses.AddMiss(t.Context(), event),
		s.Misses.AddMiss(t.Context(), miss(account, "wf_1", workflow.MissSuperseded, 2)))
	want(account, counted(miss(account, "wf_1", workflow.MissSuperseded, 2), 2))
	want(stranger, counted(event, 1))
	if s.Advance != nil {
		s.Advance(time.Hour)
	}
	must(t, s.Misses.AddMiss(t.Context(), miss(account, "wf_1", workflow.MissFailed, 3)))
	first := counted(miss(account, "wf_1", workflow.MissSuperseded, 2), 2)
	want(account, counted(miss(account, "wf_1", workflow.MissFailed, 3), 1), first)

	t.Run("AtTheSameTime", func(t *testing.T) {
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if err := s.Misses.AddMiss(t.Context(), miss(account, "wf_2", workflow.MissFailed, 4)); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, m := range list(account) {
			if m.Workflow == "wf_2" && m.Count == 8 {
				return
			}
		}
		t.Errorf("misses %+v, want 8 of wf_2", list(account))
	})
	if s.Advance == nil {
		return
	}
	t.Run("GoWithTime", func(t *testing.T) {
		s.Advance(workflow.MissesKept - time.Hour)
		for _, m := range list(account) {
			if m.Reason == workflow.MissSuperseded {
				t.Errorf("%+v is shown still", m)
			}
		}
		s.Advance(time.Hour)
		if got := list(account); len(got) != 0 {
			t.Errorf("misses %+v, want none", got)
		}
		must(t, s.Misses.AddMiss(t.Context(), miss(account, "wf_1", workflow.MissFailed, 5)))
		if got := want(account, counted(miss(account, "wf_1", workflow.MissFailed, 5), 1)); len(got) == 1 && !got[0].First.Equal(got[0].Last) {
			t.Errorf("%+v goes on with what was over", got[0])
		}
	})
}
