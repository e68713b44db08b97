package task_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/agent"
	"switchboard/internal/bolt"
	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/connector/rest"
	"switchboard/internal/credential"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/task"
	"switchboard/internal/vault"
	"switchboard/internal/vault/keyfile"
)

// provider is a service with a token endpoint that takes a refresh token once: one
// that comes twice is taken for stolen, and ends the grant.
type provider struct {
	*httptest.Server

	mu       sync.Mutex
	renewals int
	calls    int
	refresh  string                                     // the one that is good
	access   string                                     // the one that is good
	revoked  bool                                       // nothing is good any more
	token    func(http.ResponseWriter, url.Values) bool // answers in place of the endpoint where it is true
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{refresh: "refresh-canary-0", access: "access-canary-0"}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", p.serveToken)
	mux.HandleFunc("GET /ring", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls++
		if p.revoked || r.Header.Get("Authorization") != "Bearer "+p.access {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"message": "Invalid token ` + r.Header.Get("Authorization") + `"}`))
			return
		}
		_, _ = w.Write([]byte(`{"echo": "` + r.Header.Get("Authorization") + `"}`))
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) serveToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renewals++
	w.Header().Set("Content-Type", "application/json")
	if p.token != nil && p.token(w, r.Form) {
		return
	}
	id, secret := r.Form.Get("client_id"), r.Form.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = user, password
	}
	if id != "the-client" || secret != "client-canary-secret" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error": "invalid_client"}`))
		return
	}
	if r.Form.Get("grant_type") == "refresh_token" && (p.revoked || r.Form.Get("refresh_token") != p.refresh) {
		p.revoked = true
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}`))
		return
	}
	p.access, p.refresh = fmt.Sprintf("access-canary-%d", p.renewals), fmt.Sprintf("refresh-canary-%d", p.renewals)
	answer := map[string]any{"access_token": p.access, "token_type": "Bearer", "expires_in": 3600}
	if r.Form.Get("grant_type") == "refresh_token" {
		answer["refresh_token"] = p.refresh
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// do changes the provider while nothing is asked of it.
func (p *provider) do(f func()) { p.mu.Lock(); defer p.mu.Unlock(); f() }

// gong is a connector for it, with two types: a grant, and a client of its own.
func gong() connector.Connector {
	api := rest.Service{Title: "Gong", Base: "https://gong.example"}
	run := func(ctx context.Context, call *connector.Call) (connector.Output, error) {
		var out connector.Output
		_, err := api.JSON(ctx, call, rest.Request{Path: "/ring"}, &out)
		return out, err
	}
	tokenURL := func(connector.Credential) string { return "https://id.gong.example/token" }
	fields := append(schema.Fields{connector.ClientID, connector.ClientSecret}, connector.GrantFields()...)
	return connector.Connector{
		Name: "gong", Title: "Gong", Base: api.Base, Actions: []connector.Action{{Name: "ring", Title: "Ring", Run: run, OpenOutput: true}},
		CredentialTypes: []connector.CredentialType{
			{Name: "gong_oauth2", Title: "Gong account", Fields: fields, OAuth: &connector.OAuth{TokenURL: tokenURL}},
			{Name: "gong_client", Title: "Gong client", Fields: fields, OAuth: &connector.OAuth{
				TokenURL: tokenURL, ClientCredentials: func(connector.Credential) bool { return true }, BasicAuth: func(connector.Credential) bool { return true },
			}},
		},
	}
}

// hall is a store with a credential, and as many functions as one likes.
type hall struct {
	provider *provider
	store    *bolt.Store
	vault    *vault.Vault
	log      safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}
func (b *safeBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

const grantID = "cred_grant"

func newHall(t *testing.T, credentialType string, grant map[string]any) *hall {
	t.Helper()
	dir := t.TempDir()
	h := &hall{provider: newProvider(t)}
	var err error
	if h.store, err = bolt.Open(filepath.Join(dir, "db"), bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.store.Close() })
	keys, err := keyfile.Open(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	h.vault = vault.New(keys)
	data := map[string]any{"client_id": "the-client", "client_secret": "client-canary-secret"}
	maps.Copy(data, grant)
	sealed, err := h.vault.Seal(t.Context(), h.place(credentialType), data)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		h.store.CreateAgent(t.Context(), agent.Agent{ID: "agt_1", Account: "acc_1", Name: "Ada"}),
		h.store.CreateCredential(t.Context(), credential.Credential{ID: grantID, Account: "acc_1", Type: credentialType, Name: "Mine", Revision: 1}, sealed),
		h.store.Link(t.Context(), "acc_1", "agt_1", grantID, time.Now()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *hall) place(credentialType string) vault.Place {
	return vault.Place{Account: "acc_1", Credential: grantID, CredentialType: credentialType}
}

// function is one more of the connector's functions, with a memory of its own.
func (h *hall) function(t *testing.T) *task.Host { t.Helper(); return h.functionOf(t, gong()) }

func (h *hall) functionOf(t *testing.T, c connector.Connector) *task.Host {
	t.Helper()
	upstream, err := url.Parse(h.provider.URL)
	if err != nil {
		t.Fatal(err)
	}
	network, err := outbound.New(outbound.Config{Upstreams: map[string]*url.URL{"gong": upstream}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.CloseIdleConnections)
	return task.NewHost(task.Config{
		Connector: c, Records: h.store, Secrets: h.store, Opener: h.vault, Network: network,
		Log: slog.New(slog.NewJSONHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now,
		Grants: h.store, Sealer: h.vault,
	})
}

func (h *hall) ring(ctx context.Context, f *task.Host, credentialType string, n int) (string, error) {
	payload, err := json.Marshal(task.Task{
		Account: "acc_1", Agent: "agt_1", Workflow: "wf_1", Version: 1, Execution: fmt.Sprintf("exe_%d", n), Node: "ring", Action: "ring",
		Credential: &task.Credential{ID: grantID, Type: credentialType}, Config: map[string]any{}, TimeoutSeconds: 30,
	})
	if err != nil {
		return "", err
	}
	out, err := f.Run(ctx, payload)
	return string(out), err
}

// stored opens what is stored now.
func (h *hall) stored(t *testing.T, credentialType string) map[string]any {
	t.Helper()
	sealed, _, err := h.store.Sealed(t.Context(), "acc_1", credentialType, grantID, "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := h.vault.Open(t.Context(), h.place(credentialType), sealed)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (h *hall) wantStatus(t *testing.T, want credential.Status, detail string) {
	t.Helper()
	c, err := h.store.Credential(t.Context(), "acc_1", grantID)
	if err != nil {
		t.Fatal(err)
	}
	if c.Condition.Status != want || !strings.Contains(c.Condition.Detail, detail) || (want != credential.OK && c.Condition.At.IsZero()) {
		t.Errorf("condition = %+v, want %q with %q", c.Condition, want, detail)
	}
}

func (h *hall) wantNoSecrets(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range append(texts, h.log.String()) {
		if strings.Contains(text, "canary") {
			t.Errorf("a secret shows in %s", text)
		}
	}
}

func expired() map[string]any {
	return map[string]any{"access_token": "access-canary-old", "refresh_token": "refresh-canary-0", "expires_at": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)}
}

// TestOneRenewal is what a rotating refresh token needs: of fifty tasks in two
// functions, all with an expired token, one renews it.
func TestOneRenewal(t *testing.T) {
	h := newHall(t, "gong_oauth2", expired())
	functions := []*task.Host{h.function(t), h.function(t)}
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			out, err := h.ring(t.Context(), functions[n%2], "gong_oauth2", n)
			if err != nil || !strings.Contains(out, "[redacted]") {
				t.Errorf("task %d: %s, %v", n, out, err)
			}
			h.wantNoSecrets(t, out)
		})
	}
	all.Wait()
	if h.provider.renewals != 1 || h.provider.calls != 50 {
		t.Errorf("%d renewals and %d calls, want 1 and 50", h.provider.renewals, h.provider.calls)
	}
	data := h.stored(t, "gong_oauth2")
	if data["access_token"] != "access-canary-1" || data["refresh_token"] != "refresh-canary-1" || data["client_secret"] != "client-canary-secret" {
		t.Errorf("stored %v", data)
	}
	// A function that comes later finds it renewed.
	if _, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 99); err != nil || h.provider.renewals != 1 {
		t.Errorf("a later task: %v, %d renewals", err, h.provider.renewals)
	}
}

func TestRenewal(t *testing.T) {
	fresh := map[string]any{"access_token": "access-canary-0", "refresh_token": "refresh-canary-0", "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
	t.Run("NotWhileTheTokenHolds", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", fresh)
		if _, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 1); err != nil || h.provider.renewals != 0 {
			t.Errorf("%v, %d renewals", err, h.provider.renewals)
		}
	})
	t.Run("OfARefusedToken", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", fresh)
		h.provider.do(func() { h.provider.access = "access-canary-other" })
		if _, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 1); err != nil || h.provider.renewals != 1 || h.provider.calls != 2 {
			t.Errorf("%v, %d renewals, %d calls", err, h.provider.renewals, h.provider.calls)
		}
	})
	t.Run("KeepsTheRefreshTokenThatIsNotRotated", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		h.provider.token = func(w http.ResponseWriter, _ url.Values) bool {
			h.provider.access = "access-canary-new"
			_, _ = w.Write([]byte(`{"access_token": "access-canary-new", "expires_in": "3599"}`))
			return true
		}
		if _, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 1); err != nil {
			t.Fatal(err)
		}
		if data := h.stored(t, "gong_oauth2"); data["refresh_token"] != "refresh-canary-0" || data["access_token"] != "access-canary-new" || data["expires_at"] == nil {
			t.Errorf("stored %v", data)
		}
	})
	t.Run("SurvivesTheTaskThatAskedForIt", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		ctx, cancel := context.WithCancel(t.Context())
		h.provider.token = func(http.ResponseWriter, url.Values) bool { cancel(); return false }
		_, err := h.ring(ctx, h.function(t), "gong_oauth2", 1)
		if err == nil {
			t.Error("a task that was cut off succeeded")
		}
		if data := h.stored(t, "gong_oauth2"); data["refresh_token"] != "refresh-canary-1" {
			t.Errorf("the new refresh token is lost: %v", data)
		}
	})
	t.Run("WaitsForAnotherFunction", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		of, _, err := h.store.Sealed(t.Context(), "acc_1", "gong_oauth2", grantID, "")
		if err != nil {
			t.Fatal(err)
		}
		until := time.Now().Add(time.Minute)
		if ok, err := h.store.Claim(t.Context(), h.place("gong_oauth2"), of, time.Now(), until); err != nil || !ok {
			t.Fatal(ok, err)
		}
		done := make(chan error, 1)
		go func() { _, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 1); done <- err }()
		// The other one is done, and has stored it.
		h.provider.do(func() { h.provider.access = "access-canary-theirs" })
		data := h.stored(t, "gong_oauth2")
		data["access_token"], data["expires_at"] = "access-canary-theirs", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		renewed, err := h.vault.Seal(t.Context(), h.place("gong_oauth2"), data)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.store.Renew(t.Context(), h.place("gong_oauth2"), of, renewed); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil || h.provider.renewals != 0 {
			t.Errorf("%v, %d renewals", err, h.provider.renewals)
		}
	})
}

func TestRenewalFails(t *testing.T) {
	t.Run("ErrRevoked", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		h.provider.revoked = true
		f := h.function(t)
		_, err := h.ring(t.Context(), f, "gong_oauth2", 1)
		wantRefused(t, err, "Token has been expired or revoked.", "Reconnect the credential")
		h.wantStatus(t, credential.NeedsReconnect, "Token has been expired or revoked.")
		h.wantNoSecrets(t, fmt.Sprint(err))
		if h.provider.calls != 0 {
			t.Error("the service was called without a token")
		}
	})
	t.Run("ErrRefusedAfterwards", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		h.provider.token = func(w http.ResponseWriter, _ url.Values) bool {
			_, _ = fmt.Fprintf(w, `{"access_token": "access-canary-useless-%d"}`, h.provider.renewals)
			return true
		}
		_, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 1)
		wantRefused(t, err, "Invalid token", "Reconnect the credential")
		h.wantStatus(t, credential.NeedsReconnect, "refused the access token")
		h.wantNoSecrets(t, fmt.Sprint(err))
		if h.provider.calls != 2 {
			t.Errorf("%d calls, want 2", h.provider.calls)
		}
	})
	t.Run("ErrPassing", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		h.provider.token = func(w http.ResponseWriter, _ url.Values) bool {
			if h.provider.renewals > 1 {
				return false
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		f := h.function(t)
		_, err := h.ring(t.Context(), f, "gong_oauth2", 1)
		if f := fault.Of(err); f.Code != fault.ServiceUnavailable || f.Unsettled {
			t.Errorf("fault = %+v", f)
		}
		h.wantStatus(t, credential.OK, "")
		if _, err := h.ring(t.Context(), f, "gong_oauth2", 1); err != nil { // the claim was given back
			t.Errorf("the next attempt: %v", err)
		}
	})
	t.Run("ErrNoAnswerDoesNotMakeTheStepUncertain", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", expired())
		h.provider.token = func(http.ResponseWriter, url.Values) bool { panic(http.ErrAbortHandler) }
		_, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 1)
		if f := fault.Of(err); f.Code != fault.ServiceUnavailable || f.Unsettled || strings.Contains(f.Message, "not known") {
			t.Errorf("fault = %+v", f)
		}
	})
	t.Run("ErrNotGranted", func(t *testing.T) {
		h := newHall(t, "gong_oauth2", nil)
		_, err := h.ring(t.Context(), h.function(t), "gong_oauth2", 1)
		wantRefused(t, err, "Nobody has granted access", "Reconnect the credential")
	})
}

func wantRefused(t *testing.T, err error, message, hint string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != fault.AuthFailed || !strings.Contains(f.Message, message) || !strings.Contains(f.Hint, hint) {
		t.Errorf("error = %v with hint %q, want %s with %q and %q", err, fault.Of(err).Hint, fault.AuthFailed, message, hint)
	}
}

func TestClientToken(t *testing.T) {
	t.Run("OneForAllTasksOfAFunction", func(t *testing.T) {
		h := newHall(t, "gong_client", nil)
		f := h.function(t)
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				out, err := h.ring(t.Context(), f, "gong_client", n)
				if err != nil || !strings.Contains(out, "[redacted]") {
					t.Errorf("task %d: %s, %v", n, out, err)
				}
				h.wantNoSecrets(t, out)
			})
		}
		all.Wait()
		if h.provider.renewals != 1 {
			t.Errorf("%d tokens, want 1", h.provider.renewals)
		}
		if data := h.stored(t, "gong_client"); data["access_token"] != nil {
			t.Errorf("a client's token was stored: %v", data)
		}
	})
	t.Run("ANewOneForARefusedOne", func(t *testing.T) {
		h := newHall(t, "gong_client", nil)
		f := h.function(t)
		if _, err := h.ring(t.Context(), f, "gong_client", 1); err != nil {
			t.Fatal(err)
		}
		h.provider.do(func() { h.provider.access = "access-canary-other" })
		if _, err := h.ring(t.Context(), f, "gong_client", 2); err != nil || h.provider.renewals != 2 {
			t.Errorf("%v, %d tokens", err, h.provider.renewals)
		}
	})
	t.Run("ErrWrongSecret", func(t *testing.T) {
		h := newHall(t, "gong_client", map[string]any{"client_secret": "wrong-canary-secret"})
		_, err := h.ring(t.Context(), h.function(t), "gong_client", 1)
		wantRefused(t, err, "invalid_client", "client secret")
		h.wantStatus(t, credential.Failing, "invalid_client")
		h.wantNoSecrets(t, fmt.Sprint(err))
	})
}
