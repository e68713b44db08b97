package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"switchboard/internal/audit"
	"switchboard/internal/page"
)

// far is later than the clock of any store in these tests.
var far = time.Date(2200, 1, 2, 3, 4, 5, 0, time.UTC)

// audited gives the account's entries with an action, oldest first, and holds them to
// their chains.
func audited(t *testing.T, s Stores, account string, action audit.Action) []audit.Entry {
	t.Helper()
	var found []audit.Entry
	for q := (page.Query{}); ; {
		p, err := s.Audit.Audit(t.Context(), account, audit.Filter{}, q)
		must(t, err)
		for _, e := range p.Items {
			if e.Action == action {
				found = append(found, e)
			}
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
	}
	must(t, s.Audit.AuditChains(t.Context(), account, audit.Place{}, new(audit.Verifier).Next))
	slices.Reverse(found)
	return found
}

// testCounts holds that nothing that is counted is lost, and that the audit has few
// entries of it.
func testCounts(t *testing.T, open func(testing.TB) Stores) {
	refused := func(account, workflow, reason string) audit.Entry {
		return audit.Entry{Account: account, Actor: "anonymous", Action: audit.RefuseWebhook, Resource: workflow, Agent: "agt_1", Reason: reason}
	}
	// sums adds the counts up by what they are of.
	sums := func(t *testing.T, entries []audit.Entry) map[string]int64 {
		t.Helper()
		all := map[string]int64{}
		for _, e := range entries {
			if e.Count < 1 || e.Actor != "anonymous" || e.Agent != "agt_1" || e.At.IsZero() {
				t.Errorf("entry %+v", e)
			}
			all[e.Resource+" "+e.Reason] += e.Count
		}
		return all
	}
	t.Run("AFloodLeavesFewEntries", func(t *testing.T) {
		s := open(t)
		const callers, times = 8, 25
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				for range times {
					if err := s.Counts.Count(t.Context(), refused(account, "wf_1", "signature")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		must(t, s.Counts.NoteCounts(t.Context(), far), s.Counts.NoteCounts(t.Context(), far))
		entries := audited(t, s, account, audit.RefuseWebhook)
		want(t, map[string]int64{"wf_1 signature": callers * times}, sums(t, entries), nil)
		if len(entries) > 2 {
			t.Errorf("%d entries, want 2 at most", len(entries))
		}
	})
	t.Run("WhileItIsNoted", func(t *testing.T) {
		s := open(t)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for range 10 {
					if err := s.Counts.Count(t.Context(), refused(account, "wf_1", "token")); err != nil {
						t.Error(err)
					}
				}
			})
			wait.Go(func() {
				for range 3 {
					if err := s.Counts.NoteCounts(t.Context(), far); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		must(t, s.Counts.NoteCounts(t.Context(), far))
		want(t, map[string]int64{"wf_1 token": 40}, sums(t, audited(t, s, account, audit.RefuseWebhook)), nil)
	})
	t.Run("EachByItself", func(t *testing.T) {
		s := open(t)
		for _, e := range []audit.Entry{
			refused(account, "wf_1", "token"), refused(account, "wf_1", "signature"), refused(account, "wf_2", "token"),
			refused(stranger, "wf_1", "token"), refused(account, "wf_1", "token"),
		} {
			must(t, s.Counts.Count(t.Context(), e))
		}
		must(t, s.Counts.NoteCounts(t.Context(), far))
		want(t, map[string]int64{"wf_1 token": 2, "wf_1 signature": 1, "wf_2 token": 1}, sums(t, audited(t, s, account, audit.RefuseWebhook)), nil)
		want(t, map[string]int64{"wf_1 token": 1}, sums(t, audited(t, s, stranger, audit.RefuseWebhook)), nil)
	})
	t.Run("WhatIsNewIsLeftAlone", func(t *testing.T) {
		s := open(t)
		must(t, s.Counts.Count(t.Context(), refused(account, "wf_1", "token")), s.Counts.Count(t.Context(), refused(account, "wf_1", "token")))
		must(t, s.Counts.NoteCounts(t.Context(), epoch.AddDate(-100, 0, 0)))
		before := sums(t, audited(t, s, account, audit.RefuseWebhook))["wf_1 token"]
		if before > 1 {
			t.Errorf("%d are in the audit before their time, want 1 at most", before)
		}
		must(t, s.Counts.NoteCounts(t.Context(), far))
		want(t, map[string]int64{"wf_1 token": 2}, sums(t, audited(t, s, account, audit.RefuseWebhook)), nil)
	})
}

// testRenewals holds that every renewal is in the audit once.
func testRenewals(t *testing.T, open func(testing.TB) Stores) {
	renewed := func(n int) audit.Entry {
		return audit.Entry{
			Account: account, Actor: "workflow:wf_1", Action: audit.RenewCredential, Resource: aCredential(1).ID,
			Agent: "agt_1", Execution: idOf("exe", n), Node: "post", Iteration: "0",
		}
	}
	renew := func(t *testing.T, s Stores, n int) error {
		t.Helper()
		return s.Credentials.Renew(audit.WithEntry(t.Context(), renewed(n)), aPlace(), aSealed(n), aSealed(n+1))
	}
	executions := func(t *testing.T, s Stores) (ids []string) {
		t.Helper()
		for _, e := range audited(t, s, account, audit.RenewCredential) {
			wanted := renewed(0)
			wanted.Execution, wanted.At, wanted.Chain, wanted.Sequence, wanted.PrevHash, wanted.Hash = e.Execution, e.At, e.Chain, e.Sequence, e.PrevHash, e.Hash
			want(t, wanted, e, nil)
			ids = append(ids, e.Execution)
		}
		return ids
	}
	stored := func(t *testing.T) Stores {
		t.Helper()
		s := open(t)
		linked(t, s)
		return s
	}
	t.Run("Once", func(t *testing.T) {
		s := stored(t)
		must(t, renew(t, s, 1), renew(t, s, 2))
		must(t, s.Credentials.AuditRenewals(t.Context(), aPlace()), s.Credentials.AuditRenewals(t.Context(), aPlace()))
		want(t, []string{idOf("exe", 1), idOf("exe", 2)}, executions(t, s), nil)
		must(t, renew(t, s, 3), s.Credentials.AuditRenewals(t.Context(), aPlace()))
		want(t, []string{idOf("exe", 1), idOf("exe", 2), idOf("exe", 3)}, executions(t, s), nil)
		wantSealed(t, s, 4)
	})
	t.Run("NotWhatWasNotMade", func(t *testing.T) {
		s := stored(t)
		if err := renew(t, s, 2); err == nil {
			t.Error("other data were renewed")
		}
		must(t, s.Credentials.AuditRenewals(t.Context(), aPlace()))
		want(t, nil, executions(t, s), nil)
	})
	t.Run("OfOneThatIsDeleted", func(t *testing.T) {
		s := stored(t)
		must(t, renew(t, s, 1), s.Credentials.DeleteCredential(t.Context(), account, aCredential(1).ID))
		want(t, []string{idOf("exe", 1)}, executions(t, s), nil)
	})
	t.Run("More", func(t *testing.T) {
		s := stored(t)
		const many = 100
		for n := 1; n <= many; n++ {
			must(t, renew(t, s, n))
		}
		must(t, s.Credentials.AuditRenewals(t.Context(), aPlace()))
		var all int64
		for _, e := range audited(t, s, account, audit.RenewCredential) {
			all += max(1, e.Count)
		}
		want(t, many, all, nil)
		wantSealed(t, s, many+1)
	})
	t.Run("AtOnce", func(t *testing.T) {
		s := stored(t)
		must(t, renew(t, s, 1))
		var wait sync.WaitGroup
		for range 6 {
			wait.Go(func() {
				if err := s.Credentials.AuditRenewals(t.Context(), aPlace()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		want(t, []string{idOf("exe", 1)}, executions(t, s), nil)
	})
}
