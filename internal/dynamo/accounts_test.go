package dynamo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchboard/internal/credential"
	"switchboard/internal/dynamo"
	"switchboard/internal/vault"
)

// TestCredentialAccounts: each account that has credentials is named once, whatever its
// name, and none that has no more.
func TestCredentialAccounts(t *testing.T) {
	client, table := newTable(t)
	s := dynamo.New(client, dynamo.Options{Table: table, Now: time.Now})
	for n, account := range []string{"acc_1", "acc_2", "acc_1", "an#odd one", "acc_gone"} {
		c := credential.Credential{ID: fmt.Sprintf("cred_%d", n), Account: account, Type: "smtp", Name: "x", CreatedAt: time.Unix(int64(n), 0), Revision: 1}
		if err := s.CreateCredential(t.Context(), c, vault.Sealed{Nonce: []byte{byte(n)}, Ciphertext: []byte{1}, WrappedKey: []byte{2}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteCredential(t.Context(), "acc_gone", "cred_4"); err != nil {
		t.Fatal(err)
	}
	got, err := s.CredentialAccounts(t.Context())
	if want := []string{"acc_1", "acc_2", "an#odd one"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("accounts %q, %v; want %q", got, err, want)
	}
}
