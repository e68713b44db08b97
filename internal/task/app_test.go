package task_test

import (
	"strings"
	"testing"

	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// TestApp renews a grant that was made with the deployment's own client, whose secret
// is sealed in the store and stays out of the grant.
func TestApp(t *testing.T) {
	grant := expired()
	grant["client_id"], grant["client_secret"] = "", ""
	h := newHall(t, "gong_oauth2", grant)
	f := h.function(t)
	f.App = task.App{ClientID: "the-client"}

	_, err := h.ring(t.Context(), f, "gong_oauth2", 1)
	if f := fault.Of(err); f.Code != fault.CredentialUnreadable || !strings.Contains(f.Message, "Gong account was never stored") || f.Hint == "" {
		t.Fatalf("error %v with hint %q", err, f.Hint)
	}

	at := task.AppPlace("gong_oauth2")
	sealed, err := h.vault.Seal(t.Context(), at, map[string]any{"client_secret": "client-canary-secret"})
	if err != nil {
		t.Fatal(err)
	}
	c := credential.Credential{ID: at.Credential, Account: at.Account, Type: at.CredentialType, Name: "Ours", Revision: 1}
	if err := h.store.CreateCredential(t.Context(), c, sealed); err != nil {
		t.Fatal(err)
	}
	out, err := h.ring(t.Context(), f, "gong_oauth2", 2)
	if err != nil || h.provider.calls != 1 {
		t.Fatalf("%s after %d calls, %v", out, h.provider.calls, err)
	}
	if stored := h.stored(t, "gong_oauth2"); stored["refresh_token"] != "refresh-canary-1" || stored["client_id"] != "" || stored["client_secret"] != "" {
		t.Errorf("the client became part of the grant, or the grant was not renewed: %d members", len(stored))
	}
	h.wantNoSecrets(t, out)
}
