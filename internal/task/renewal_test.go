package task_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"switchboard/internal/audit"
	"switchboard/internal/connector"
	"switchboard/internal/page"
	"switchboard/internal/task"
)

// TestRenewalsAreAudited: a new token for a credential is in the audit, with what it was
// got for, and one that was not stored is not.
func TestRenewalsAreAudited(t *testing.T) {
	renewals := func(h *hall) (found []string) {
		t.Helper()
		p, err := h.store.Audit(t.Context(), "acc_1", audit.Filter{Resource: grantID}, page.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Items {
			if e.Action == audit.RenewCredential {
				found = append(found, fmt.Sprintf("%s %s %s %s", e.Actor, e.Agent, e.Execution, e.Node))
			}
		}
		return found
	}
	want := func(h *hall, want ...string) {
		t.Helper()
		if got := renewals(h); !slices.Equal(got, want) {
			t.Errorf("renewals %q, want %q", got, want)
		}
	}
	t.Run("ByATask", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		f := h.function(t)
		for n := range 2 { // the second has a token that holds
			if _, err := h.ring(t.Context(), f, "gong_oauth2", n); err != nil {
				t.Fatal(err)
			}
		}
		want(h, "workflow:wf_1 agt_1 exe_0 ring")
	})
	t.Run("Refused", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		h.provider.do(func() { h.provider.revoked = true })
		if _, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 0); err == nil {
			t.Fatal("a revoked grant was renewed")
		}
		want(h)
	})
	t.Run("ByAVerification", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		sealed, _, err := h.store.Sealed(t.Context(), "acc_1", "gong_oauth2", grantID, "")
		if err != nil {
			t.Fatal(err)
		}
		verifiable := gong()
		verifiable.CredentialTypes[0].Verify = func(ctx context.Context, call *connector.Call) (connector.Identity, error) {
			_, err := verifiable.Actions[0].Run(ctx, call)
			return connector.Identity{}, err
		}
		if _, err := h.functionOf(t, verifiable).Verify(t.Context(), task.Verification{Account: "acc_1", Credential: grantID, CredentialType: "gong_oauth2", Sealed: sealed}); err != nil {
			t.Fatal(err)
		}
		want(h, "connector:gong   ")
	})
}
