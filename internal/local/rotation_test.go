package local

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"switchboard/internal/approval"
	"switchboard/internal/audit"
	"switchboard/internal/bolt"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/oauth"
	"switchboard/internal/page"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

// TestRotationGoesOn cuts a rotation off half way, with everything that can be sealed:
// credentials, the token of an approval, a pending grant. All of it opens at that
// point and afterwards; only then is the old key gone.
func TestRotationGoesOn(t *testing.T) {
	dir := t.TempDir()
	store, keys, v := openSealed(t, dir)
	at := func(id string) vault.Place {
		return vault.Place{Account: Account, Credential: id, CredentialType: "http_bearer"}
	}
	const credentials = 30
	for i := range credentials {
		c := credential.Credential{
			ID: fmt.Sprintf("cred_%02d", i), Account: Account, Type: "http_bearer", Name: "Token", Revision: 1,
			Condition: credential.Condition{Status: credential.Failing, Detail: "Refused."},
		}
		if err := store.CreateCredential(t.Context(), c, sealed(t, v, at(c.ID))); err != nil {
			t.Fatal(err)
		}
	}
	asked := approval.Approval{ID: "apr_1", Account: Account, Execution: "exe_1", Node: "ask", State: approval.Waiting, TokenHash: "00ff"}
	asked.Token = sealed(t, v, vault.Place{Account: Account, Credential: asked.ID, CredentialType: approval.CredentialType})
	if _, _, err := store.CreateApproval(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	draft := sealed(t, v, at("cred_new"))
	err := store.KeepPending(t.Context(), "hash", oauth.Pending{
		Account: Account, Draft: credential.Draft{ID: "cred_new", Type: "http_bearer", Sealed: &draft}, Verifier: sealed(t, v, at("cred_new")),
		ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	const all = credentials + 3
	r := newRotation(store, keys, v, slog.New(slog.DiscardHandler))
	if err := r.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	cutOff := fmt.Errorf("cut off")
	err = store.EachSecret(t.Context(), func(secret bolt.Secret) error {
		if n++; n > credentials/2 {
			return cutOff
		}
		done, err := r.resealOne(t.Context(), secret)
		if err == nil && !done {
			t.Errorf("%s was not sealed anew", secret.At.Credential)
		}
		return err
	})
	if err != cutOff { //nolint:errorlint // it is passed on as it is
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	store, keys, v = openSealed(t, dir)
	if fresh := opens(t, store, keys, v, all); fresh != credentials/2 {
		t.Errorf("%d are sealed with the new key, want %d", fresh, credentials/2)
	}
	r = newRotation(store, keys, v, slog.New(slog.DiscardHandler))
	if r.progress().State != RotationRunning {
		t.Fatalf("after the restart the rotation is %+v", r.progress())
	}
	for range 3 {
		r.step(t.Context())
	}
	if got := r.progress(); got.State != RotationDone || got.Resealed != all || got.Secrets != all || keys.Rotating() {
		t.Errorf("in the end the rotation is %+v", got)
	}
	if fresh := opens(t, store, keys, v, all); fresh != all {
		t.Errorf("%d are sealed with the new key, want %d", fresh, all)
	}
	if c, err := store.Credential(t.Context(), Account, "cred_00"); err != nil || c.Condition.Detail != "Refused." || c.Revision != 1 {
		t.Errorf("the credential is %+v, %v; want it as it was", c, err)
	}
	for _, id := range []string{"cred_00", "cred_29"} { // before it was cut off, and after
		entries, err := store.Audit(t.Context(), Account, audit.Filter{Resource: id}, page.Query{})
		if err != nil || len(entries.Items) != 1 || entries.Items[0].Action != audit.ResealCredential || entries.Items[0].Actor != "system" {
			t.Errorf("the audit of %s has %+v, %v; want that it was sealed anew once", id, entries.Items, err)
		}
	}
	if entries, err := store.Audit(t.Context(), Account, audit.Filter{}, page.Query{}); err != nil || len(entries.Items) != credentials {
		t.Errorf("the audit has %d entries, %v; want %d", len(entries.Items), err, credentials)
	}
	if p, err := store.TakePending(t.Context(), "hash", time.Now()); err != nil || p.Draft.Sealed == nil {
		t.Errorf("the pending grant is %+v, %v", p, err)
	}
}

// TestRotationLeavesGrantsAlone: what is just being renewed stays, or the new refresh
// token would find other data and be lost.
func TestRotationLeavesGrantsAlone(t *testing.T) {
	store, keys, v := openSealed(t, t.TempDir())
	at := vault.Place{Account: Account, Credential: "cred_1", CredentialType: "http_bearer"}
	old := sealed(t, v, at)
	if err := store.CreateCredential(t.Context(), credential.Credential{ID: "cred_1", Account: Account, Type: "http_bearer", Revision: 1}, old); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if claimed, err := store.Claim(t.Context(), at, old, now, now.Add(time.Minute)); err != nil || !claimed {
		t.Fatalf("Claim = %t, %v", claimed, err)
	}
	r := newRotation(store, keys, v, slog.New(slog.DiscardHandler))
	if err := r.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.settling = 0
	if wait := r.step(t.Context()); wait == 0 || !keys.Rotating() {
		t.Errorf("it did not wait (%v), or the old key is gone", wait)
	}
	if err := store.Renew(t.Context(), at, old, sealed(t, v, at)); err != nil {
		t.Fatalf("the renewed grant was not stored: %v", err)
	}
	r.step(t.Context())
	if keys.Rotating() || r.progress().Resealed != 1 {
		t.Errorf("afterwards the rotation is %+v", r.progress())
	}
}

// TestRotationGivesLostOnesUp: what opens with no key does not keep the old one for ever.
func TestRotationGivesLostOnesUp(t *testing.T) {
	store, keys, v := openSealed(t, t.TempDir())
	other, err := keyfile.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	at := vault.Place{Account: Account, Credential: "cred_1", CredentialType: "http_bearer"}
	if err := store.CreateCredential(t.Context(), credential.Credential{ID: "cred_1", Account: Account, Type: "http_bearer", Revision: 1}, sealed(t, vault.New(other), at)); err != nil {
		t.Fatal(err)
	}
	r := newRotation(store, keys, v, slog.New(slog.DiscardHandler))
	r.settling = 0
	if err := r.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.step(t.Context())
	if got := r.progress(); got.State != RotationDone || got.Unreadable != 1 {
		t.Errorf("the rotation is %+v", got)
	}
}

func openSealed(t *testing.T, dir string) (*bolt.Store, *keyfile.Key, *vault.Vault) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(dir, databaseFile), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	keys, err := keyfile.Open(filepath.Join(dir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	return store, keys, vault.New(keys)
}

func sealed(t *testing.T, v *vault.Vault, at vault.Place) vault.Sealed {
	t.Helper()
	s, err := v.Seal(t.Context(), at, map[string]any{"token": at.Credential})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// opens opens everything, and counts what is sealed with the key of now.
func opens(t *testing.T, store *bolt.Store, keys *keyfile.Key, v *vault.Vault, want int) (fresh int) {
	t.Helper()
	n := 0
	err := store.EachSecret(t.Context(), func(secret bolt.Secret) error {
		n++
		data, err := v.Open(t.Context(), secret.At, secret.Sealed)
		if err != nil || data["token"] != secret.At.Credential {
			t.Errorf("%s opens to %v, %v", secret.At.Credential, data, fault.Of(err))
		}
		if keys.Wraps(secret.Sealed.WrappedKey) {
			fresh++
		}
		return nil
	})
	if err != nil || n != want {
		t.Errorf("%d secrets, %v; want %d", n, err, want)
	}
	return fresh
}
