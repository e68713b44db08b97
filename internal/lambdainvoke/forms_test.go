package lambdainvoke_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/lambdainvoke"
	"switchboard/internal/task"
	"switchboard/internal/vault"
)

var account = vault.Place{Account: "acc_1", Credential: "cred_2", CredentialType: "bell_oauth2"}

func sealAt(t *testing.T, v *vault.Vault, at vault.Place, data map[string]any) vault.Sealed {
	t.Helper()
	sealed, err := v.Seal(t.Context(), at, data)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestAuthorize(t *testing.T) {
	ask := func(t *testing.T, c *lambdainvoke.Connectors, sealed vault.Sealed) (string, error) {
		t.Helper()
		return c.Authorize(t.Context(), "bell", task.Authorization{
			Account: account.Account, Credential: account.Credential, CredentialType: account.CredentialType, Sealed: sealed,
			State: "the-state", Challenge: "the-challenge", RedirectURI: "https://x.example/v1/oauth/callback",
		})
	}
	t.Run("OK", func(t *testing.T) {
		c, _, v := newConnectors(t, 0)
		page, err := ask(t, c, sealAt(t, v, account, map[string]any{"client_id": "the-client", "client_secret": "secret-canary"}))
		u, parseErr := url.Parse(page)
		if err != nil || parseErr != nil || u.Host != "bell.example" || u.Query().Get("client_id") != "the-client" || u.Query().Get("state") != "the-state" {
			t.Errorf("page %s, %v", page, err)
		}
		if strings.Contains(page, "canary") {
			t.Error("the page shows the secret")
		}
	})
	t.Run("ErrAtItsField", func(t *testing.T) {
		c, _, v := newConnectors(t, 0)
		_, err := ask(t, c, sealAt(t, v, account, map[string]any{}))
		f := fault.Of(err)
		if f.Code != fault.InvalidInput || f.Hint == "" || len(f.Fields) != 1 || f.Fields[0].Pointer != "/data/client_id" {
			t.Errorf("err = %v (hint %q, fields %+v)", err, f.Hint, f.Fields)
		}
	})
}

func TestExchange(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("code") != "right-code" || r.PostFormValue("code_verifier") != "the-verifier" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error": "invalid_grant", "error_description": "Bad code."}`))
			return
		}
		_, _ = w.Write([]byte(`{"access_token": "access-canary", "refresh_token": "refresh-canary", "token_type": "Bearer"}`))
	}))
	t.Cleanup(service.Close)
	exchange := func(t *testing.T, code string) (task.Exchanged, *vault.Vault, error) {
		t.Helper()
		c, api, v := newConnectors(t, 0)
		api.host.Sealer, api.host.Network = v, networkTo(t, service.URL)
		got, err := c.Exchange(t.Context(), "bell", task.Exchange{
			Account: account.Account, Credential: account.Credential, CredentialType: account.CredentialType, Code: code, RedirectURI: "https://x.example/",
			Sealed:   sealAt(t, v, account, map[string]any{"client_id": "the-client", "client_secret": "secret-canary"}),
			Verifier: sealAt(t, v, account, map[string]any{task.VerifierMember: "the-verifier"}),
		})
		return got, v, err
	}
	t.Run("OK", func(t *testing.T) {
		got, v, err := exchange(t, "right-code")
		if err != nil {
			t.Fatal(err)
		}
		data, err := v.Open(t.Context(), account, got.Sealed)
		if err != nil || data["refresh_token"] != "refresh-canary" || data["client_id"] != "the-client" {
			t.Errorf("the sealed grant has %d members, %v", len(data), err)
		}
	})
	t.Run("ErrRefused", func(t *testing.T) {
		_, _, err := exchange(t, "wrong-canary")
		if f := fault.Of(err); f.Code != fault.AuthFailed || !strings.Contains(f.Message, "Bad code") || strings.Contains(err.Error(), "canary") {
			t.Errorf("err = %v", err)
		}
	})
}

func networkTo(t *testing.T, address string) *outbound.Network {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	network, err := outbound.New(outbound.Config{Upstreams: map[string]*url.URL{"bell": u}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.CloseIdleConnections)
	return network
}

func TestOptions(t *testing.T) {
	question := credential.OptionQuestion{Action: "ring", Field: "text", Search: "loud"}
	t.Run("OK", func(t *testing.T) {
		c, _, v := newConnectors(t, 0)
		page, err := c.Options(t.Context(), "bell", place, seal(t, v, "right"), question, nil)
		want := connector.OptionPage{Items: []connector.Option{{Value: "ding", Label: "Ding loud"}}, Next: "2"}
		if diff := cmp.Diff(want, page); err != nil || diff != "" {
			t.Errorf("page (-want +got):\n%s, %v", diff, err)
		}
	})
	t.Run("ErrAuthFailed", func(t *testing.T) {
		c, _, v := newConnectors(t, 0)
		_, err := c.Options(t.Context(), "bell", place, seal(t, v, "wrong-canary"), question, nil)
		if f := fault.Of(err); f.Code != fault.AuthFailed || f.Hint != "Make a new token." || strings.Contains(err.Error(), "canary") {
			t.Errorf("err = %v (hint %q)", err, f.Hint)
		}
	})
}

func TestReseal(t *testing.T) {
	reseal := func(t *testing.T, at vault.Place, sealed func(*vault.Vault) vault.Sealed) (*vault.Vault, vault.Sealed, vault.Sealed, error) {
		t.Helper()
		c, api, v := newConnectors(t, 0)
		api.host.Sealer = v
		old := sealed(v)
		fresh, err := c.Reseal(t.Context(), "bell", at, old)
		return v, old, fresh, err
	}
	right := func(v *vault.Vault) vault.Sealed { return seal(t, v, "right") }
	t.Run("OK", func(t *testing.T) {
		v, old, fresh, err := reseal(t, place, right)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := v.Open(t.Context(), place, fresh); err != nil || data["token"] != "right" || bytes.Equal(fresh.WrappedKey, old.WrappedKey) || fresh.KeyID == "" {
			t.Errorf("sealed anew under %q it opens to %d members, %v", fresh.KeyID, len(data), err)
		}
	})
	t.Run("ErrTampered", func(t *testing.T) {
		_, _, fresh, err := reseal(t, place, func(v *vault.Vault) vault.Sealed {
			s := right(v)
			s.Ciphertext[0] ^= 1
			return s
		})
		if f := fault.Of(err); f.Code != fault.CredentialUnreadable || f.Hint == "" || len(fresh.Ciphertext) > 0 {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("ErrOthersType", func(t *testing.T) {
		at := vault.Place{Account: "acc_1", Credential: "cred_1", CredentialType: "gong_token"}
		_, _, fresh, err := reseal(t, at, func(v *vault.Vault) vault.Sealed { return sealAt(t, v, at, map[string]any{"token": "x"}) })
		if !fault.Is(err, fault.InvalidInput) || len(fresh.Ciphertext) > 0 {
			t.Errorf("err = %v, want that bell does not take the type", err)
		}
	})
}

func TestNotify(t *testing.T) {
	tell := func(t *testing.T, c *lambdainvoke.Connectors, text string) error {
		t.Helper()
		return c.Notify(t.Context(), "bell", task.Task{
			Account: "acc_1", Execution: "exe_1", Node: "ask.notify", Action: "ring", TimeoutSeconds: 5, Config: map[string]any{"text": text},
		})
	}
	c, api, _ := newConnectors(t, 0)
	if err := tell(t, c, "Pay?"); err != nil || api.calls.Load() != 1 {
		t.Errorf("%v after %d calls", err, api.calls.Load())
	}
	c, _, _ = newConnectors(t, 0)
	if err := tell(t, c, "crack"); !fault.Is(err, fault.RateLimited) {
		t.Errorf("err = %v, want %s", err, fault.RateLimited)
	}
}
