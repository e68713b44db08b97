package storetest

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"switchboard/internal/usage"
)

func testUsage(t *testing.T, open func(testing.TB) Stores) {
	s := open(t)
	add := func(account, day string, c usage.Counts) {
		t.Helper()
		if err := s.Usage.AddUsage(t.Context(), account, day, c); err != nil {
			t.Fatal(err)
		}
	}
	read := func(account, from, to string) []usage.Day {
		t.Helper()
		days, err := s.Usage.UsageDays(t.Context(), account, from, to)
		if err != nil {
			t.Fatal(err)
		}
		return days
	}
	add(account, "2026-02-01", usage.Counts{Executions: 1})
	add(account, "2026-02-03", usage.Counts{Executions: 2, Failed: 1, NodeRuns: 3, Connectors: map[string]usage.Calls{"slack": {Calls: 3, Errors: 1}}})
	add(account, "2026-02-03", usage.Counts{Executions: 4, NodeRuns: 5, Connectors: map[string]usage.Calls{"slack": {Calls: 1}, "jira": {Errors: 2}}})
	add(account, "2026-02-10", usage.Counts{NodeRuns: 1})
	add(account, "2026-02-11", usage.Counts{}) // nothing
	add(stranger, "2026-02-03", usage.Counts{Executions: 100})
	third := usage.Day{Day: "2026-02-03", Counts: usage.Counts{
		Executions: 6, Failed: 1, NodeRuns: 8, Connectors: map[string]usage.Calls{"slack": {Calls: 4, Errors: 1}, "jira": {Errors: 2}},
	}}
	for _, c := range []struct {
		from, to string
		want     []usage.Day
	}{
		{"2026-02-02", "2026-02-09", []usage.Day{third}},
		{"2026-02-03", "2026-02-03", []usage.Day{third}},
		{"2026-02-01", "2026-02-10", []usage.Day{{Day: "2026-02-01", Counts: usage.Counts{Executions: 1}}, third, {Day: "2026-02-10", Counts: usage.Counts{NodeRuns: 1}}}},
		{"2025-01-01", "2025-12-31", nil},
	} {
		if diff := cmp.Diff(c.want, read(account, c.from, c.to), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("from %s to %s (-want +got):\n%s", c.from, c.to, diff)
		}
	}
	t.Run("AtTheSameTime", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := s.Usage.AddUsage(t.Context(), account, "2026-03-01", usage.Counts{Executions: 1}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if days := read(account, "2026-03-01", "2026-03-01"); len(days) != 1 || days[0].Executions != 20 {
			t.Errorf("20 who count give %+v", days)
		}
	})
}
