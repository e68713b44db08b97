package local_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"

	"switchboard/internal/local"
	"switchboard/internal/secret"
	"switchboard/internal/task"
)

// google stands in for Google: an OpenID provider at Google's paths, Gmail and
// Google Sheets. Both look at the token that they get.
type google struct {
	*mockoidc.MockOIDC
	*httptest.Server

	mu      sync.Mutex
	asked   url.Values // of the page
	forms   []url.Values
	mails   []string
	rows    []string
	revoked bool
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	// Google's own scopes, which the provider would refuse.
	mockoidc.ScopesSupported = append(mockoidc.ScopesSupported, "https://www.googleapis.com/auth/gmail.send", "https://www.googleapis.com/auth/spreadsheets")
	m, err := mockoidc.NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	g := &google{MockOIDC: m}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /o/oauth2/v2/auth", func(w http.ResponseWriter, r *http.Request) {
		g.do(func() { g.asked = r.URL.Query() })
		m.Authorize(w, r)
	})
	mux.HandleFunc("POST /token", g.token)
	mux.HandleFunc("GET /v1/userinfo", m.Userinfo)
	mux.HandleFunc("POST /gmail/v1/users/me/messages/send", g.api(func(body map[string]any) string {
		raw, _ := body["raw"].(string)
		text, err := base64.URLEncoding.DecodeString(raw)
		if err != nil {
			t.Error(err)
		}
		g.mails = append(g.mails, string(text))
		return `{"id": "18c2f0a1b2c3d4e5", "threadId": "18c2f0a1b2c3d4e5"}`
	}))
	mux.HandleFunc("POST /v4/spreadsheets/", g.api(func(body map[string]any) string {
		g.rows = append(g.rows, fmt.Sprint(body["values"]))
		return `{"updates": {"updatedRange": "Orders!A2:B2"}}`
	}))
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func (g *google) do(f func()) { g.mu.Lock(); defer g.mu.Unlock(); f() }

func (g *google) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	g.forms = append(g.forms, r.PostForm)
	revoked := g.revoked
	g.mu.Unlock()
	if revoked && r.PostForm.Get("grant_type") == "refresh_token" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}`)
		return
	}
	g.Token(w, r)
}

// api answers where the token is good.
func (g *google) api(answer func(body map[string]any) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := httptest.NewRecorder()
		g.Userinfo(who, r)
		w.Header().Set("Content-Type", "application/json")
		if who.Code != http.StatusOK {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error": {"code": 401, "message": "Request had invalid authentication credentials.", "status": "UNAUTHENTICATED"}}`)
			return
		}
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		_, _ = io.WriteString(w, answer(body))
	}
}

// client calls a running stack.
type client struct {
	testing.TB
	url, token string
}

func (c client) call(method, path string, body, into any) int {
	c.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			c.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(c.Context(), method, c.url+path, &sent)
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			c.Fatalf("%s %s answered %d %s: %v", method, path, res.StatusCode, text, err)
		}
	}
	return res.StatusCode
}

// grant goes to Google and back, as a browser does, and gives the credential.
func (c client) grant(body map[string]any) string {
	c.Helper()
	var asked struct{ URL, Detail string }
	if status := c.call(http.MethodPost, "/v1/oauth/google_oauth2/authorize", body, &asked); status != http.StatusOK {
		c.Fatalf("authorize answered %d: %s", status, asked.Detail)
	}
	req, err := http.NewRequestWithContext(c.Context(), http.MethodGet, asked.URL, http.NoBody)
	if err != nil {
		c.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req) // which follows the way back
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	page, err := io.ReadAll(res.Body)
	found := regexp.MustCompile(`data-credential="(cred_[0-9a-f]+)"`).FindSubmatch(page)
	if err != nil || found == nil {
		c.Fatalf("no credential: %d, %v\n%s", res.StatusCode, err, page)
	}
	return string(found[1])
}

type listedCredential struct {
	ID, Name, Status string
	StatusDetail     string `json:"status_detail"`
}

func (c client) only() listedCredential {
	c.Helper()
	var list struct{ Items []listedCredential }
	c.call(http.MethodGet, "/v1/credentials", nil, &list)
	if len(list.Items) != 1 {
		c.Fatalf("credentials = %+v, want one", list.Items)
	}
	return list.Items[0]
}

// run publishes a workflow and gives how an execution of it ended.
func (c client) run(workflow string) (status string, failure struct{ Name, Message, Hint string }) {
	c.Helper()
	var x struct {
		ID, Status string
		Error      *struct{ Name, Message, Hint string }
	}
	if status := c.call(http.MethodPost, "/v1/workflows/"+workflow+"/executions", map[string]any{"input": map[string]any{}}, &x); status != http.StatusAccepted {
		c.Fatalf("starting answered %d", status)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		c.call(http.MethodGet, "/v1/executions/"+x.ID, nil, &x)
		if x.Status != "running" {
			break
		}
		if time.Now().After(deadline) {
			c.Fatal("the execution does not end")
		}
	}
	if x.Error != nil {
		failure = *x.Error
	}
	return x.Status, failure
}

func (c client) workflow(agent, node string) string {
	c.Helper()
	var w struct{ ID string }
	document := `{"name": "Mail", "trigger": {"type": "manual"}, "nodes": [` + node + `], "edges": [{"from": "trigger", "to": "step"}]}`
	c.call(http.MethodPost, "/v1/agents/"+agent+"/workflows", json.RawMessage(document), &w)
	var published struct{ Detail string }
	if status := c.call(http.MethodPost, "/v1/workflows/"+w.ID+"/publish", nil, &published); status != http.StatusCreated {
		c.Fatalf("publishing answered %d: %s", status, published.Detail)
	}
	return w.ID
}

// TestGoogleAccount connects a mailbox, sends, outlives the token, adds Google Sheets
// to the same credential, and shows when access is revoked.
func TestGoogleAccount(t *testing.T) {
	g := newGoogle(t)
	upstream, err := url.Parse(g.URL)
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	var log bytes.Buffer
	stack, err := local.Open(t.Context(), local.Config{
		Data: t.TempDir(), PublicURL: server.URL, Upstreams: map[string]*url.URL{"gmail": upstream, "google_sheets": upstream},
		Apps: map[string]task.App{"google": {ClientID: g.ClientID, ClientSecret: secret.New(g.ClientSecret)}},
		Log:  slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = stack.Handler
	t.Cleanup(func() {
		if err := stack.StopRunning(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
	})
	c := client{TB: t, url: server.URL, token: stack.Token}
	var agent struct{ ID string }
	c.call(http.MethodPost, "/v1/agents", map[string]any{"name": "Support"}, &agent)
	var kind struct{ OAuth struct{ App bool } }
	if c.call(http.MethodGet, "/v1/credential-types/google_oauth2", nil, &kind); !kind.OAuth.App {
		t.Error("the type does not say that the deployment has a client")
	}

	id := c.grant(map[string]any{"agent": agent.ID}) // with the deployment's client
	if got := c.only(); got.ID != id || got.Name != "jane.doe@example.com" || got.Status != "ok" {
		t.Errorf("credential = %+v", got)
	}
	if scope := g.asked.Get("scope"); scope != "openid email https://www.googleapis.com/auth/gmail.send" || g.asked.Get("access_type") != "offline" {
		t.Errorf("asked with %v", g.asked)
	}
	send := c.workflow(agent.ID, `{"id": "step", "type": "gmail.send_email", "credential": "`+id+`", "config": {"to": "ann@example.org", "subject": "Hi", "body": "Hello"}}`)
	if status, failure := c.run(send); status != "succeeded" || len(g.mails) != 1 || !strings.Contains(g.mails[0], "To: <ann@example.org>") {
		t.Fatalf("sending %s: %+v; mails %q", status, failure, g.mails)
	}

	// The token expires: the next step renews it.
	g.FastForward(g.AccessTTL + time.Minute)
	if status, failure := c.run(send); status != "succeeded" || len(g.forms) != 2 || g.forms[1].Get("grant_type") != "refresh_token" {
		t.Fatalf("sending with an expired token %s: %+v; token requests %v", status, failure, g.forms)
	}

	// Another connector needs more of the same account.
	if again := c.grant(map[string]any{"credential": id, "connectors": []string{"google_sheets"}}); again != id || c.only().Name != "jane.doe@example.com" {
		t.Errorf("connecting again made %s of %s", again, id)
	}
	if scope := g.asked.Get("scope"); !strings.Contains(scope, "spreadsheets") || g.asked.Get("include_granted_scopes") != "true" {
		t.Errorf("asked with %v", g.asked)
	}
	note := c.workflow(agent.ID, `{"id": "step", "type": "google_sheets.append_row", "credential": "`+id+`",
		"config": {"spreadsheet_id": "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms", "range": "Orders!A:B", "values": ["A-1", 2]}}`)
	if status, failure := c.run(note); status != "succeeded" || len(g.rows) != 1 {
		t.Fatalf("noting %s: %+v; rows %v", status, failure, g.rows)
	}

	// The person takes access back.
	g.do(func() { g.revoked = true })
	g.FastForward(g.AccessTTL + time.Minute)
	status, failure := c.run(send)
	if status != "failed" || failure.Name != "Connector.AuthFailed" || !strings.Contains(failure.Hint, "Reconnect") {
		t.Errorf("sending without access %s: %+v", status, failure)
	}
	if got := c.only(); got.Status != "needs_reconnect" || !strings.Contains(got.StatusDetail, "expired or revoked") {
		t.Errorf("credential = %+v", got)
	}
	g.do(func() { g.revoked = false })
	c.grant(map[string]any{"credential": id})
	if got := c.only(); got.Status != "ok" {
		t.Errorf("reconnected, credential = %+v", got)
	}
	if status, failure := c.run(send); status != "succeeded" {
		t.Errorf("sending after reconnecting %s: %+v", status, failure)
	}
	for _, canary := range []string{g.ClientSecret, "eyJ"} { // tokens of the provider begin so
		if strings.Contains(log.String(), canary) {
			t.Errorf("the log holds %q", canary)
		}
	}
}
