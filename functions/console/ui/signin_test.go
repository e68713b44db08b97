package ui_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"

	"switchboard/functions/console/ui"
)

func TestHandlerSaysHowToSignIn(t *testing.T) {
	pages := fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}}
	for _, tt := range []struct {
		name          string
		signIn        ui.SignIn
		body, connect string
	}{
		{"TokenAlone", ui.SignIn{}, `{}`, "connect-src 'self';"},
		{
			"Issuer", ui.SignIn{Issuer: "https://login.example.com/pool", ClientID: "console", Scope: "openid"},
			`{"issuer":"https://login.example.com/pool","client_id":"console","scope":"openid"}`, "connect-src 'self' https://login.example.com;",
		},
		{
			"TokensElsewhere", ui.SignIn{Issuer: "https://login.example.com:8443", ClientID: "console", Scope: "openid", TokenOrigin: "https://tokens.example.com"},
			`{"issuer":"https://login.example.com:8443","client_id":"console","scope":"openid"}`, "connect-src 'self' https://login.example.com:8443 https://tokens.example.com;",
		},
		{
			"TokensBesideIssuer", ui.SignIn{Issuer: "https://login.example.com/a", ClientID: "console", Scope: "openid", TokenOrigin: "https://login.example.com"},
			`{"issuer":"https://login.example.com/a","client_id":"console","scope":"openid"}`, "connect-src 'self' https://login.example.com;",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := ui.Handler(pages, tt.signIn)
			if err != nil {
				t.Fatal(err)
			}
			got := get(t.Context(), h, "GET", "/sign-in.json")
			if got.Body.String() != tt.body || got.Header().Get("Content-Type") != "application/json" || got.Header().Get("Cache-Control") != "no-cache" {
				t.Errorf("%s %q: %s", got.Header().Get("Content-Type"), got.Header().Get("Cache-Control"), got.Body)
			}
			if policy := get(t.Context(), h, "GET", "/agents").Header().Get("Content-Security-Policy"); !strings.Contains(policy, tt.connect) {
				t.Errorf("policy %s\nwant %s", policy, tt.connect)
			}
		})
	}
	for _, bad := range []string{"login.example.com", "https://a.example.com; script-src *", "https://*.example.com", "javascript:alert(1)"} {
		if _, err := ui.Handler(pages, ui.SignIn{Issuer: bad}); err == nil {
			t.Errorf("the issuer %q was taken", bad)
		}
	}
}

// provider is an OpenID provider at which the console is a public client, on another
// origin than the console. The journey tells it what to do next at /next.
type provider struct {
	*mockoidc.MockOIDC
	mu        sync.Mutex
	role      string // of the next person
	denies    bool   // the next question
	exchanged int
}

// person is a user of the provider, in the account of the local stack.
type person struct {
	*mockoidc.MockUser
	role string
}

// Claims implements mockoidc.User.
func (p person) Claims(_ []string, base *mockoidc.IDTokenClaims) (jwt.Claims, error) {
	return struct {
		*mockoidc.IDTokenClaims
		Account string `json:"account"`
		Role    string `json:"role"`
	}{base, "acc_local", p.role}, nil
}

// leeway is how long a token of the provider that is about to expire is good for, with
// what the API gives clocks.
const leeway = 30 * time.Second

func startProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mockoidc.NewServer(key)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{MockOIDC: m, role: "editor"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+mockoidc.JWKSEndpoint, m.JWKS)
	mux.HandleFunc("GET "+mockoidc.DiscoveryEndpoint, p.discovery)
	mux.HandleFunc("GET "+mockoidc.AuthorizationEndpoint, p.authorize)
	mux.HandleFunc("POST "+mockoidc.TokenEndpoint, p.token)
	mux.HandleFunc("GET /oidc/logout", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("client_id") != m.ClientID || r.FormValue("id_token_hint") != "" {
			http.Error(w, "who asks?", http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, r.FormValue("post_logout_redirect_uri")+"?left", http.StatusFound)
	})
	mux.HandleFunc("POST /next", p.next)
	server := httptest.NewServer(p.one(mux))
	t.Cleanup(server.Close)
	m.Server = &http.Server{Addr: server.Listener.Addr().String()}
	return p
}

// one lets one request in at a time, because mockoidc does not, and lets pages of
// other origins ask, as providers do for public clients.
func (p *provider) one(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		p.mu.Lock()
		defer p.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (p *provider) discovery(w http.ResponseWriter, r *http.Request) {
	found := httptest.NewRecorder()
	p.Discovery(found, r)
	said := map[string]any{}
	if err := json.Unmarshal(found.Body.Bytes(), &said); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	said["end_session_endpoint"] = p.Addr() + "/oidc/logout"
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(said) // an error means that the client has gone
}

// authorize asks the person for nothing, as where they are signed in already.
func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	if p.denies {
		p.denies = false
		answer := url.Values{"error": {"access_denied"}, "error_description": {"You may not use <i>Switchboard</i>."}, "state": {r.FormValue("state")}}
		http.Redirect(w, r, r.FormValue("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
		return
	}
	p.QueueUser(person{&mockoidc.MockUser{Subject: "ada"}, p.role})
	p.Authorize(w, r)
}

// token takes no secret from a public client, but its proof; mockoidc wants one.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.PostForm.Has("client_secret") || r.PostForm.Get("code_verifier") == "" {
		http.Error(w, "this client has no secret, and proves that it asked", http.StatusBadRequest)
		return
	}
	p.exchanged++
	r.Form.Set("client_secret", p.ClientSecret)
	p.Token(w, r)
}

func (p *provider) next(w http.ResponseWriter, r *http.Request) {
	p.role, p.denies = r.FormValue("role"), r.FormValue("denies") != ""
	p.FastForward(-p.FastForward(0))
	if r.FormValue("expires") != "" {
		p.FastForward(-p.AccessTTL - time.Minute + leeway)
	}
	_ = json.NewEncoder(w).Encode(map[string]int{"exchanged": p.exchanged})
}

// TestSignIn drives a browser through signing in at an OpenID provider.
func TestSignIn(t *testing.T) {
	path, browser := node(t), chromium(t)
	files, err := ui.Build(t.Context(), t.Output(), "dist")
	if err != nil {
		t.Fatal(err)
	}
	p := startProvider(t)
	signIn := ui.SignIn{Issuer: p.Issuer(), ClientID: p.ClientID, Scope: "openid email"}
	pages, err := ui.Handler(files, signIn)
	if err != nil {
		t.Fatal(err)
	}
	address, token := startStack(t, pages, nil, signIn)
	cmd := exec.CommandContext(t.Context(), path, filepath.Join("e2e", "sign-in.mjs"))
	cmd.Env = append(os.Environ(), "CONSOLE_URL="+address, "CONSOLE_TOKEN="+token, "CONSOLE_CHROMIUM="+browser, "CONSOLE_ISSUER="+p.Issuer(), "CONSOLE_SHOTS="+os.Getenv("SWITCHBOARD_TEST_SHOTS"))
	said, err := cmd.CombinedOutput()
	t.Logf("%s", said)
	if err != nil {
		t.Errorf("the journey failed: %v", err)
	}
}
