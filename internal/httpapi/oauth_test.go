package httpapi_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/oauth2-proxy/mockoidc"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The connector "mail": one type, to which a person grants access.
var mailAPI = rest.Service{Title: "Mail", Base: "https://mail.example"}

func mailConnector() connector.Connector {
	return connector.Connector{
		Name: "mail", Title: "Mail", Category: connector.Email, Summary: "Read who you are.", SetupGuide: "1. Grant access.",
		Icon: "<svg/>", Base: mailAPI.Base, Scopes: []string{"profile"},
		CredentialTypes: []connector.CredentialType{{
			Name: "mail_oauth2", Title: "Mail account", Summary: "Access to an account.", HintField: connector.ClientID.Name,
			Fields: append(schema.Fields{connector.ClientID, connector.ClientSecret}, connector.GrantFields()...),
			OAuth: &connector.OAuth{
				App:          "mail",
				AuthorizeURL: func(connector.Credential) string { return "https://id.mail.example/oidc/authorize" },
				TokenURL:     func(connector.Credential) string { return "https://id.mail.example/oidc/token" },
				Scopes:       []string{"openid", "email"},
			},
			Verify: func(ctx context.Context, call *connector.Call) (connector.Identity, error) {
				var me struct{ Email string }
				_, err := mailAPI.JSON(ctx, call, rest.Request{Path: "/oidc/userinfo"}, &me)
				return connector.Identity{Name: me.Email}, err
			},
		}},
	}
}

// mailService is an OpenID provider.
type mailService struct {
	*mockoidc.MockOIDC
	url string
}

// providerKey signs the provider's tokens. Making one takes long.
var providerKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newMailService(t testing.TB) *mailService {
	t.Helper()
	m, err := mockoidc.NewServer(must(providerKey())(t))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc(mockoidc.AuthorizationEndpoint, m.Authorize)
	mux.HandleFunc(mockoidc.TokenEndpoint, m.Token)
	mux.HandleFunc(mockoidc.UserinfoEndpoint, m.Userinfo)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &mailService{MockOIDC: m, url: server.URL}
}

func (m *mailService) client() map[string]any {
	return map[string]any{"client_id": m.ClientID, "client_secret": m.ClientSecret}
}

// grantAt asks for a grant and gives the page where a person would go.
func (w *world) grantAt(body map[string]any) *url.URL {
	w.Helper()
	page, err := url.Parse(w.post("/v1/oauth/mail_oauth2/authorize", body).want(http.StatusOK).text("/url"))
	if err != nil {
		w.Fatal(err)
	}
	return page
}

// comeBack has the person grant access on a page, and follows them back.
func (w *world) comeBack(page *url.URL) response {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, page.String(), http.NoBody)
	if err != nil {
		w.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		w.Fatal(err)
	}
	back := res.Header.Get("Location")
	path, ok := strings.CutPrefix(back, publicURL)
	if res.StatusCode != http.StatusFound || !ok {
		w.Fatalf("the service answered %d and sent the person to %q", res.StatusCode, back)
	}
	if looked := w.do(request{method: http.MethodHead, path: path, token: "-"}).want(http.StatusOK); len(looked.body) > 0 {
		w.Errorf("HEAD is answered with %q", looked.body)
	}
	return w.visit(path) // the HEAD has not used the state up
}

// visit opens a page as a browser does: without a token.
func (w *world) visit(path string) response {
	w.Helper()
	return w.do(request{method: http.MethodGet, path: path, token: "-"})
}

var pageCredential = regexp.MustCompile(`data-credential="(cred_[0-9a-f]+)"`)

func TestOAuth(t *testing.T) {
	w := newWorld(t)
	t.Run("OK", func(t *testing.T) {
		w := w.in(t)
		agent := w.agent()
		page := w.grantAt(map[string]any{"name": "Support mail", "data": w.mail.client(), "agent": agent})
		asked := page.Query()
		for name, want := range map[string]string{
			"response_type": "code", "client_id": w.mail.ClientID, "redirect_uri": publicURL + "/v1/oauth/callback", "scope": "openid email profile", "code_challenge_method": "S256",
		} {
			if asked.Get(name) != want {
				t.Errorf("%s = %q, want %q", name, asked.Get(name), want)
			}
		}
		if len(asked.Get("state")) < 32 || len(asked.Get("code_challenge")) != 43 || strings.Contains(page.String(), w.mail.ClientSecret) {
			t.Errorf("asked with %s", page)
		}
		got := w.comeBack(page).want(http.StatusOK)
		found := pageCredential.FindSubmatch(got.body)
		if found == nil || !strings.Contains(string(got.body), "Support mail") || !strings.Contains(string(got.body), `data-ok="true"`) {
			t.Fatalf("page = %s", got.body)
		}
		id := string(found[1])
		w.get("/v1/credentials/"+id).want(http.StatusOK).wantAt("/name", `"Support mail"`).wantAt("/type", `"mail_oauth2"`).
			wantAt("/status", `"ok"`).wantAt("/status_at", `null`).wantAt("/hint", `"`+w.mail.ClientID[len(w.mail.ClientID)-4:]+`"`)
		w.get("/v1/agents/"+agent+"/integrations").want(http.StatusOK).wantAt("/connected/0/id", `"`+id+`"`)
		if audited := w.get("/v1/audit?resource=" + id).want(http.StatusOK); !strings.Contains(string(audited.body), `"action":"credential.grant"`) {
			t.Errorf("the audit does not tell of the grant: %s", audited.body)
		}
		w.post("/v1/credentials/"+id+"/verify", nil).want(http.StatusOK).wantAt("/ok", `true`).wantAt("/identity/name", `"jane.doe@example.com"`)
	})
	t.Run("IsNamedAfterItsOwner", func(t *testing.T) {
		w := w.in(t)
		w.mail.QueueUser(&mockoidc.MockUser{Subject: "2", Email: "ada@example.org"})
		id := pageCredential.FindSubmatch(w.comeBack(w.grantAt(map[string]any{"data": w.mail.client()})).want(http.StatusOK).body)
		if id == nil {
			t.Fatal("the page names no credential")
		}
		w.get("/v1/credentials/"+string(id[1])).want(http.StatusOK).wantAt("/name", `"ada@example.org"`)
	})
	t.Run("AStateCountsOnce", func(t *testing.T) {
		w := w.in(t)
		page := w.grantAt(map[string]any{"data": w.mail.client()})
		w.comeBack(page).want(http.StatusOK)
		got := w.visit("/v1/oauth/callback?code=again&state=" + page.Query().Get("state")).want(http.StatusBadRequest)
		if !strings.Contains(string(got.body), "was given before") || strings.Contains(string(got.body), `data-ok="true"`) {
			t.Errorf("page = %s", got.body)
		}
		for _, path := range []string{"/v1/oauth/callback", "/v1/oauth/callback?state=made-up&code=x", "/v1/oauth/callback?error=access_denied"} {
			w.visit(path).want(http.StatusBadRequest)
		}
	})
	t.Run("BelongsToWhoAsked", func(t *testing.T) {
		w := w.in(t)
		page, err := url.Parse(w.do(request{
			method: http.MethodPost, path: "/v1/oauth/mail_oauth2/authorize", body: map[string]any{"data": w.mail.client()}, token: strangerToken,
		}).want(http.StatusOK).text("/url"))
		if err != nil {
			t.Fatal(err)
		}
		id := pageCredential.FindSubmatch(w.comeBack(page).want(http.StatusOK).body)
		w.get("/v1/credentials/"+string(id[1])).wantProblem(http.StatusNotFound, "not_found")
		w.do(request{method: http.MethodGet, path: "/v1/credentials/" + string(id[1]), token: strangerToken}).want(http.StatusOK)
	})
	t.Run("ErrTheKeyHasEnded", func(t *testing.T) {
		w := w.in(t)
		key := w.post("/v1/api-keys", map[string]any{"name": "Short", "role": "editor"}).want(http.StatusCreated)
		grant := func() *url.URL {
			page, err := url.Parse(w.do(request{
				method: http.MethodPost, path: "/v1/oauth/mail_oauth2/authorize", body: map[string]any{"data": w.mail.client()}, token: key.text("/key"),
			}).want(http.StatusOK).text("/url"))
			if err != nil {
				t.Fatal(err)
			}
			return page
		}
		w.comeBack(grant()).want(http.StatusOK)
		page := grant()
		w.delete("/v1/api-keys/" + key.text("/id")).want(http.StatusNoContent)
		before := w.get("/v1/credentials").want(http.StatusOK).at("/items")
		if got := w.comeBack(page).want(http.StatusForbidden); !strings.Contains(string(got.body), "has been deleted") {
			t.Errorf("page = %s", got.body)
		}
		if after := w.get("/v1/credentials").want(http.StatusOK).at("/items"); after != before {
			t.Errorf("it stored a credential: %s", after)
		}
	})
	t.Run("ReconnectKeepsNameAndLinks", func(t *testing.T) {
		w := w.in(t)
		id := w.post("/v1/credentials", map[string]any{"type": "mail_oauth2", "name": "Kept", "data": w.mail.client()}).want(http.StatusCreated).
			wantAt("/status", `"needs_reconnect"`).text("/id")
		if at := w.get("/v1/credentials?type=mail_oauth2").want(http.StatusOK).at("/items"); !strings.Contains(at, `"needs_reconnect"`) {
			t.Errorf("the list does not show the status: %s", at)
		}
		w.post("/v1/credentials/"+id+"/verify", nil).want(http.StatusOK).wantAt("/ok", `false`)
		// No data: the client is that of the credential.
		w.comeBack(w.grantAt(map[string]any{"credential": id})).want(http.StatusOK)
		// What is stored was opened for the page, and again for the exchange.
		w.get("/v1/audit?resource="+id).want(http.StatusOK).wantAt("/items/0/action", `"credential.grant"`).
			wantAt("/items/1/action", `"credential.decrypt"`).wantAt("/items/2/action", `"credential.decrypt"`).wantAt("/items/2/actor", `"owner"`)
		w.get("/v1/credentials/"+id).want(http.StatusOK).wantAt("/name", `"Kept"`).wantAt("/status", `"ok"`)
		w.post("/v1/credentials/"+id+"/verify", nil).want(http.StatusOK).wantAt("/ok", `true`)
	})
	t.Run("ErrDeclined", func(t *testing.T) {
		w := w.in(t)
		for query, want := range map[string]string{
			"error=access_denied": "Access was not granted.",
			"error=invalid_scope&error_description=" + url.QueryEscape(`No <script>alert(1)</script>`): "No &lt;script&gt;alert(1)&lt;/script&gt; (invalid_scope)",
		} {
			page := w.grantAt(map[string]any{"data": w.mail.client()})
			got := w.visit("/v1/oauth/callback?" + query + "&state=" + page.Query().Get("state")).want(http.StatusForbidden)
			if !strings.Contains(string(got.body), want) || strings.Contains(string(got.body), "<script>alert") {
				t.Errorf("%s: page = %s", query, got.body)
			}
		}
	})
	t.Run("ErrCodeRefused", func(t *testing.T) {
		w := w.in(t)
		page := w.grantAt(map[string]any{"data": w.mail.client()})
		got := w.visit("/v1/oauth/callback?code=made-up&state=" + page.Query().Get("state")).want(http.StatusForbidden)
		if !strings.Contains(string(got.body), "invalid_grant") {
			t.Errorf("page = %s", got.body)
		}
	})
	t.Run("ErrBadRequest", func(t *testing.T) {
		w := w.in(t)
		chat := w.credential("chat_token", map[string]any{"token": goodToken})
		for name, tt := range map[string]struct {
			path, field string
			body        map[string]any
			status      int
		}{
			"NoSuchType":       {"/v1/oauth/mail_oauth/authorize", "", nil, 404},
			"TypedIn":          {"/v1/oauth/chat_token/authorize", "", nil, 422},
			"NoClient":         {"/v1/oauth/mail_oauth2/authorize", "/data/client_id", map[string]any{}, 422},
			"WrongData":        {"/v1/oauth/mail_oauth2/authorize", "/data/client", map[string]any{"data": map[string]any{"client": "x"}}, 422},
			"NoSuchAgent":      {"/v1/oauth/mail_oauth2/authorize", "", map[string]any{"data": w.mail.client(), "agent": "agt_none"}, 404},
			"NoSuchCredential": {"/v1/oauth/mail_oauth2/authorize", "", map[string]any{"credential": "cred_none"}, 404},
			"OtherType":        {"/v1/oauth/mail_oauth2/authorize", "/credential", map[string]any{"credential": chat}, 422},
			"OtherConnector":   {"/v1/oauth/mail_oauth2/authorize", "/connectors/0", map[string]any{"data": w.mail.client(), "connectors": []any{"chat"}}, 422},
		} {
			t.Run(name, func(t *testing.T) {
				body := tt.body
				if body == nil {
					body = map[string]any{}
				}
				got := w.in(t).post(tt.path, body).want(tt.status)
				if tt.field != "" {
					got.wantField(tt.field)
				}
			})
		}
	})
	t.Run("TheTypeSaysHow", func(t *testing.T) {
		w := w.in(t)
		w.get("/v1/credential-types/mail_oauth2").want(http.StatusOK).wantAt("/oauth/app", `false`).
			wantAt("/oauth/redirect_uri", `"`+publicURL+`/v1/oauth/callback"`).wantAt("/oauth/connector_scopes/mail/0", `"profile"`)
		w.get("/v1/credential-types/chat_token").want(http.StatusOK).wantAt("/oauth", "")
	})
	for _, secret := range []string{w.mail.ClientSecret, "made-up"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// TestOAuthPage: the page's script and style run, because the policy names just them,
// and nothing else does.
func TestOAuthPage(t *testing.T) {
	w := newWorld(t)
	got := w.comeBack(w.grantAt(map[string]any{"data": w.mail.client()})).want(http.StatusOK)
	policy := got.header.Get("Content-Security-Policy")
	for element, directive := range map[string]string{"script": "script-src", "style": "style-src"} {
		_, rest, ok := strings.Cut(string(got.body), "<"+element+">")
		content, _, closed := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(content))
		want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !ok || !closed || !strings.Contains(policy, want) {
			t.Errorf("the policy %q does not have %s", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy = %s", policy)
	}
	for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got.header.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, got.header.Get(name), want)
		}
	}
}
