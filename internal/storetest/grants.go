package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/oauth"
	"switchboard/internal/page"
	"switchboard/internal/vault"
)

// aPlace is what credential 1 is sealed for.
func aPlace() vault.Place {
	return vault.Place{Account: account, Credential: aCredential(1).ID, CredentialType: aCredential(1).Type}
}

var broken = credential.Condition{Status: credential.NeedsReconnect, Detail: "Access was <revoked>.", At: at(7)}

func testConditions(t *testing.T, open func(testing.TB) Stores) {
	wantCondition := func(t *testing.T, s Stores, wanted credential.Condition) {
		t.Helper()
		got, err := s.Credentials.Credential(t.Context(), account, aCredential(1).ID)
		want(t, wanted, got.Condition, err)
		list, err := s.Credentials.Credentials(t.Context(), account, credential.Filter{Type: aCredential(1).Type}, page.Query{})
		if want(t, 1, len(list.Items), err); len(list.Items) == 1 {
			want(t, wanted, list.Items[0].Condition, nil)
		}
	}
	t.Run("OfANewOne", func(t *testing.T) {
		s := open(t)
		c := aCredential(1)
		c.Condition = broken
		must(t, s.Credentials.CreateCredential(t.Context(), c, aSealed(1)))
		wantCondition(t, s, broken)
	})
	t.Run("MarkAndUnmark", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		must(t, s.Credentials.Mark(t.Context(), aPlace(), aSealed(1), broken))
		wantCondition(t, s, broken)
		got, isLinked, err := s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, aCredential(1).ID, anAgent(1).ID)
		want(t, aSealed(1), got, err)
		want(t, true, isLinked, nil)
		must(t, s.Credentials.Mark(t.Context(), aPlace(), aSealed(1), credential.Condition{}))
		wantCondition(t, s, credential.Condition{})
	})
	t.Run("OfOtherDataIsNotNoted", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		must(t, s.Credentials.Mark(t.Context(), aPlace(), aSealed(2), broken))
		wantCondition(t, s, credential.Condition{})
	})
	t.Run("AnUpdateWithoutDataLeavesIt", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		must(t, s.Credentials.Mark(t.Context(), aPlace(), aSealed(1), broken))
		must(t, s.Credentials.UpdateCredential(t.Context(), aCredential(1), nil)) // read before it was marked
		wantCondition(t, s, broken)
	})
	t.Run("AnUpdateWithDataSetsIt", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		must(t, s.Credentials.Mark(t.Context(), aPlace(), aSealed(1), broken))
		sealed := aSealed(2)
		must(t, s.Credentials.UpdateCredential(t.Context(), aCredential(1), &sealed))
		wantCondition(t, s, credential.Condition{})
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		wantFault(t, fault.NotFound, open(t).Credentials.Mark(t.Context(), aPlace(), aSealed(1), broken))
	})
}

func testGrants(t *testing.T, open func(testing.TB) Stores) {
	stored := func(t *testing.T) Stores {
		t.Helper()
		s := open(t)
		linked(t, s)
		return s
	}
	claim := func(t *testing.T, s Stores, wanted bool, of vault.Sealed, now, until time.Time) {
		t.Helper()
		got, err := s.Credentials.Claim(t.Context(), aPlace(), of, now, until)
		want(t, wanted, got, err)
	}
	t.Run("RenewReplacesTheDataAlone", func(t *testing.T) {
		s := stored(t)
		must(t, s.Credentials.Mark(t.Context(), aPlace(), aSealed(1), broken))
		must(t, s.Credentials.Renew(t.Context(), aPlace(), aSealed(1), aSealed(2)))
		got, isLinked, err := s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, aCredential(1).ID, anAgent(1).ID)
		want(t, aSealed(2), got, err)
		want(t, true, isLinked, nil)
		c, err := s.Credentials.Credential(t.Context(), account, aCredential(1).ID)
		want(t, aCredential(1), c, err) // and the condition is gone
	})
	t.Run("RenewErrOtherData", func(t *testing.T) {
		s := stored(t)
		wantFault(t, fault.Conflict, s.Credentials.Renew(t.Context(), aPlace(), aSealed(2), aSealed(3)))
		wantSealed(t, s, 1)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		s := stored(t)
		for _, at := range []vault.Place{
			{Account: stranger, Credential: aCredential(1).ID, CredentialType: aCredential(1).Type},
			{Account: account, Credential: aCredential(1).ID, CredentialType: "twilio"},
			{Account: account, Credential: "cred_none", CredentialType: aCredential(1).Type},
		} {
			wantFault(t, fault.NotFound, s.Credentials.Renew(t.Context(), at, aSealed(1), aSealed(2)))
			_, err := s.Credentials.Claim(t.Context(), at, aSealed(1), epoch, epoch.Add(time.Minute))
			wantFault(t, fault.NotFound, err)
			wantFault(t, fault.NotFound, s.Credentials.Release(t.Context(), at, aSealed(1), epoch.Add(time.Minute)))
		}
		wantSealed(t, s, 1)
	})
	t.Run("OneClaimAtATime", func(t *testing.T) {
		s := stored(t)
		claim(t, s, false, aSealed(2), at(0), at(1)) // not what is stored
		claim(t, s, true, aSealed(1), at(0), at(1))
		claim(t, s, false, aSealed(1), at(0).Add(time.Second), at(2))
		claim(t, s, true, aSealed(1), at(1), at(3)) // the first one is over
		must(t, s.Credentials.Release(t.Context(), aPlace(), aSealed(1), at(1)))
		claim(t, s, false, aSealed(1), at(2), at(4)) // releasing a claim that is over releases no other
		must(t, s.Credentials.Release(t.Context(), aPlace(), aSealed(1), at(3)))
		claim(t, s, true, aSealed(1), at(2), at(4))
		must(t, s.Credentials.Renew(t.Context(), aPlace(), aSealed(1), aSealed(2)))
		claim(t, s, true, aSealed(2), at(2), at(5)) // a claim was one on the old data
	})
	t.Run("NewDataEndAClaim", func(t *testing.T) {
		s := stored(t)
		claim(t, s, true, aSealed(1), at(0), at(1))
		sealed := aSealed(2)
		must(t, s.Credentials.UpdateCredential(t.Context(), aCredential(1), &sealed))
		claim(t, s, true, aSealed(2), at(0), at(2))
	})
	t.Run("OneOfManyClaims", func(t *testing.T) {
		s := stored(t)
		var claimed atomic.Int64
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				ok, err := s.Credentials.Claim(t.Context(), aPlace(), aSealed(1), at(0), at(1).Add(time.Duration(n)))
				if err != nil {
					t.Error(err)
				}
				if ok {
					claimed.Add(1)
				}
			})
		}
		all.Wait()
		want(t, 1, claimed.Load(), nil)
	})
}

func testPending(t *testing.T, open func(testing.TB) Stores) {
	sealed := aSealed(2)
	pending := oauth.Pending{
		Account: account, Actor: "owner", Connector: "gmail", Agent: idOf("agt", 1), Verifier: aSealed(1), Scopes: []string{"a", "b"},
		Draft: credential.Draft{ID: idOf("cred", 1), Type: "google_oauth2", Name: "Mail <1>", Hint: "4f2a", Sealed: &sealed, Exists: true},
		// Later than the clock of any store in these tests.
		ExpiresAt: time.Date(2200, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	before, after := pending.ExpiresAt.Add(-time.Second), pending.ExpiresAt.Add(time.Second)
	t.Run("TakenOnce", func(t *testing.T) {
		s := open(t)
		must(t, s.Pending.KeepPending(t.Context(), "hash-1", pending))
		got, err := s.Pending.TakePending(t.Context(), "hash-1", before)
		want(t, pending, got, err)
		_, err = s.Pending.TakePending(t.Context(), "hash-1", before)
		wantFault(t, fault.NotFound, err)
	})
	t.Run("TakenByOneOfMany", func(t *testing.T) {
		s := open(t)
		must(t, s.Pending.KeepPending(t.Context(), "hash-1", pending))
		var taken atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := s.Pending.TakePending(t.Context(), "hash-1", before); err == nil {
					taken.Add(1)
				} else if !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		want(t, 1, taken.Load(), nil)
	})
	t.Run("ErrExpired", func(t *testing.T) {
		s := open(t)
		must(t, s.Pending.KeepPending(t.Context(), "hash-1", pending))
		_, err := s.Pending.TakePending(t.Context(), "hash-1", after)
		wantFault(t, fault.NotFound, err)
	})
	t.Run("ErrNone", func(t *testing.T) {
		s := open(t)
		must(t, s.Pending.KeepPending(t.Context(), "hash-1", pending))
		_, err := s.Pending.TakePending(t.Context(), "hash-2", before)
		wantFault(t, fault.NotFound, err)
	})
}
