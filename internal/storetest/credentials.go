package storetest

import (
	"testing"

	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/page"
)

func testCredentials(t *testing.T, open func(testing.TB) Stores) {
	t.Run("CreateAndRead", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		got, err := s.Credentials.Credential(t.Context(), account, aCredential(1).ID)
		want(t, aCredential(1), got, err)
	})
	t.Run("CreateErrTaken", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		wantFault(t, fault.Conflict, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(2)))
		wantSealed(t, s, 1)
	})
	t.Run("ReadErrNotFound", func(t *testing.T) {
		_, err := open(t).Credentials.Credential(t.Context(), account, "cred_none")
		wantFault(t, fault.NotFound, err)
	})
	t.Run("ListIsOldestFirstAndFiltered", func(t *testing.T) {
		s := open(t)
		var slack, others []credential.Credential
		for _, n := range []int{4, 2, 3, 1} {
			c := aCredential(n)
			if n%2 == 0 {
				c.Type = "twilio"
			}
			must(t, s.Credentials.CreateCredential(t.Context(), c, aSealed(n)))
		}
		for n := 1; n <= 4; n++ {
			c := aCredential(n)
			if n%2 == 0 {
				c.Type = "twilio"
				others = append(others, c)
			} else {
				slack = append(slack, c)
			}
		}
		for _, tt := range []struct {
			filter string
			items  []credential.Credential
		}{
			{"", []credential.Credential{slack[0], others[0], slack[1], others[1]}},
			{"slack_bot_token", slack}, {"twilio", others}, {"slack", nil},
		} {
			got, err := s.Credentials.Credentials(t.Context(), account, credential.Filter{Type: tt.filter}, page.Query{})
			want(t, page.Of[credential.Credential]{Items: tt.items}, got, err)
		}
	})
	t.Run("UpdateWithoutData", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		c := aCredential(1)
		c.Name, c.Hint, c.UpdatedAt, c.VerifiedAt, c.Unchecked = "New", "", at(8), at(9), true
		must(t, s.Credentials.UpdateCredential(t.Context(), c, nil))
		c.Revision = 2
		got, err := s.Credentials.Credential(t.Context(), account, c.ID)
		want(t, c, got, err)
		wantSealed(t, s, 1)
	})
	t.Run("UpdateWithData", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		sealed := aSealed(2)
		must(t, s.Credentials.UpdateCredential(t.Context(), aCredential(1), &sealed))
		wantSealed(t, s, 2)
	})
	t.Run("UpdateErrStale", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		must(t, s.Credentials.UpdateCredential(t.Context(), aCredential(1), nil)) // makes it revision 2
		sealed := aSealed(2)
		for _, revision := range []int64{0, 1, 3} {
			c := aCredential(1)
			c.Name, c.Revision = "Stale", revision
			wantFault(t, fault.Conflict, s.Credentials.UpdateCredential(t.Context(), c, &sealed))
		}
		c := aCredential(1)
		c.Revision = 2
		got, err := s.Credentials.Credential(t.Context(), account, c.ID)
		want(t, c, got, err)
		wantSealed(t, s, 1)
	})
	t.Run("UpdateErrNotFound", func(t *testing.T) {
		s := open(t)
		sealed := aSealed(1)
		wantFault(t, fault.NotFound, s.Credentials.UpdateCredential(t.Context(), aCredential(1), &sealed))
		_, _, err := s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, aCredential(1).ID, "")
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Delete", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		id := aCredential(1).ID
		must(t, s.Credentials.DeleteCredential(t.Context(), account, id))
		_, err := s.Credentials.Credential(t.Context(), account, id)
		wantFault(t, fault.NotFound, err)
		_, _, err = s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, id, "")
		wantFault(t, fault.NotFound, err)
		got, err := s.Credentials.LinkedCredentials(t.Context(), account, anAgent(1).ID)
		want(t, []string{}, append([]string{}, got...), err)
		wantFault(t, fault.NotFound, s.Credentials.DeleteCredential(t.Context(), account, id))

		// A credential with the same id begins without links.
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		_, isLinked, err := s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, id, anAgent(1).ID)
		want(t, false, isLinked, err)
	})
	t.Run("SealedErrNotFound", func(t *testing.T) {
		s := open(t)
		must(t, s.Credentials.CreateCredential(t.Context(), aCredential(1), aSealed(1)))
		for _, tt := range []struct{ credentialType, id string }{
			{"twilio", aCredential(1).ID}, {"", aCredential(1).ID}, {"slack_bot_token", "cred_none"},
		} {
			_, _, err := s.Credentials.Sealed(t.Context(), account, tt.credentialType, tt.id, "")
			wantFault(t, fault.NotFound, err)
		}
	})
}

// wantSealed checks that credential 1 has the n-th sealed data.
func wantSealed(t testing.TB, s Stores, n int) {
	t.Helper()
	got, _, err := s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, aCredential(1).ID, "")
	want(t, aSealed(n), got, err)
}

func testLinks(t *testing.T, open func(testing.TB) Stores) {
	// wantLinked looks from all three sides.
	wantLinked := func(t *testing.T, s Stores, wanted bool) {
		t.Helper()
		creds, agents := []string{}, []string{}
		if wanted {
			creds, agents = []string{aCredential(1).ID}, []string{anAgent(1).ID}
		}
		gotCreds, err := s.Credentials.LinkedCredentials(t.Context(), account, anAgent(1).ID)
		want(t, creds, append([]string{}, gotCreds...), err)
		gotAgents, err := s.Credentials.LinkedAgents(t.Context(), account, aCredential(1).ID)
		want(t, agents, append([]string{}, gotAgents...), err)
		_, isLinked, err := s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, aCredential(1).ID, anAgent(1).ID)
		want(t, wanted, isLinked, err)
	}
	t.Run("LinkAndUnlinkTwice", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		wantLinked(t, s, true)
		must(t, s.Credentials.Link(t.Context(), account, anAgent(1).ID, aCredential(1).ID, at(60)))
		wantLinked(t, s, true)
		for range 2 {
			must(t, s.Credentials.Unlink(t.Context(), account, anAgent(1).ID, aCredential(1).ID))
			wantLinked(t, s, false)
		}
		got, err := s.Credentials.Credential(t.Context(), account, aCredential(1).ID)
		want(t, aCredential(1), got, err)
		must(t, s.Credentials.Link(t.Context(), account, anAgent(1).ID, aCredential(1).ID, at(70)))
		wantLinked(t, s, true)
	})
	t.Run("LinkErrNotFound", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		wantFault(t, fault.NotFound, s.Credentials.Link(t.Context(), account, "agt_none", aCredential(1).ID, at(1)))
		wantFault(t, fault.NotFound, s.Credentials.Link(t.Context(), account, anAgent(1).ID, "cred_none", at(1)))
		wantLinked(t, s, true)
	})
	t.Run("UnlinkErrNotFound", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		wantFault(t, fault.NotFound, s.Credentials.Unlink(t.Context(), account, "agt_none", aCredential(1).ID))
		if err := s.Credentials.Unlink(t.Context(), account, anAgent(1).ID, "cred_none"); err != nil {
			t.Errorf("unlinking a credential that is not there: %v", err)
		}
		wantLinked(t, s, true)
	})
	t.Run("ListErrNotFound", func(t *testing.T) {
		s := open(t)
		_, err := s.Credentials.LinkedCredentials(t.Context(), account, "agt_none")
		wantFault(t, fault.NotFound, err)
		_, err = s.Credentials.LinkedAgents(t.Context(), account, "cred_none")
		wantFault(t, fault.NotFound, err)
	})
	t.Run("ManyAreSorted", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		var creds, agents []string
		for n := 5; n > 1; n-- {
			must(t, s.Agents.CreateAgent(t.Context(), anAgent(n)))
			must(t, s.Credentials.CreateCredential(t.Context(), aCredential(n), aSealed(n)))
			must(t, s.Credentials.Link(t.Context(), account, anAgent(n).ID, aCredential(1).ID, at(n)))
			must(t, s.Credentials.Link(t.Context(), account, anAgent(1).ID, aCredential(n).ID, at(n)))
		}
		for n := 1; n <= 5; n++ {
			creds, agents = append(creds, aCredential(n).ID), append(agents, anAgent(n).ID)
		}
		gotCreds, err := s.Credentials.LinkedCredentials(t.Context(), account, anAgent(1).ID)
		want(t, creds, gotCreds, err)
		gotAgents, err := s.Credentials.LinkedAgents(t.Context(), account, aCredential(1).ID)
		want(t, agents, gotAgents, err)
		gotCreds, err = s.Credentials.LinkedCredentials(t.Context(), account, anAgent(2).ID)
		want(t, []string{aCredential(1).ID}, gotCreds, err)
	})
	t.Run("SealedWithoutAgentIsNotLinked", func(t *testing.T) {
		s := open(t)
		linked(t, s)
		got, isLinked, err := s.Credentials.Sealed(t.Context(), account, aCredential(1).Type, aCredential(1).ID, "")
		want(t, aSealed(1), got, err)
		if isLinked {
			t.Error("linked to no agent")
		}
	})
}
