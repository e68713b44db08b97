package token_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/token"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

var instance = schema.Field{Name: "instance_url", Kind: schema.Text}

// service has a type with everything that a declaration can say.
func service(basic bool) connector.Connector {
	return connector.Connector{
		Name: "desk", Title: "Desk", Base: "https://desk.example",
		CredentialTypes: []connector.CredentialType{{
			Name: "desk_oauth2", Fields: append(schema.Fields{connector.ClientID, connector.ClientSecret}, connector.GrantFields()...),
			OAuth: &connector.OAuth{
				AuthorizeURL:     func(connector.Credential) string { return "https://id.desk.example/authorize?tenant=1" },
				TokenURL:         func(connector.Credential) string { return "https://id.desk.example/oauth/token" },
				Parameters:       map[string]string{"prompt": "consent"},
				ClientParameters: func(connector.Credential) url.Values { return url.Values{"scope": {"a b"}} },
				BasicAuth:        func(connector.Credential) bool { return basic },
				Keep:             schema.Fields{instance},
			},
		}},
	}
}

// exchange is one request of an endpoint, and what came of it.
type exchange struct {
	sent   url.Values
	header http.Header
	path   string
	token  token.Token
	err    error
}

func run(t *testing.T, basic bool, status int, body string, call func(token.Endpoint) (token.Token, error)) exchange {
	t.Helper()
	var e exchange
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		e.sent, e.header, e.path = r.PostForm, r.Header.Clone(), r.URL.Path
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	con := service(basic)
	c, _ := connectortest.Call(t, con, connectortest.Setup{
		CredentialType: "desk_oauth2", Upstream: server.URL + "/sandbox",
		Data: map[string]any{"client_id": "the:client", "client_secret": "secret-canary/1+2", "refresh_token": "refresh-canary-1"},
	})
	e.token, e.err = call(token.Endpoint{Title: "Desk", OAuth: *con.CredentialTypes[0].OAuth, Call: c})
	return e
}

func renew(t *testing.T) func(token.Endpoint) (token.Token, error) {
	return func(e token.Endpoint) (token.Token, error) { return e.Renew(t.Context()) }
}

func TestRequests(t *testing.T) {
	const good = `{"access_token": "access-canary-1", "token_type": "bearer"}`
	tests := map[string]struct {
		basic bool
		call  func(token.Endpoint) (token.Token, error)
		want  url.Values
	}{
		"Exchange": {false, func(e token.Endpoint) (token.Token, error) {
			return e.Exchange(t.Context(), "code-1", "verifier-1", "https://sb.example/v1/oauth/callback")
		}, url.Values{
			"grant_type": {"authorization_code"}, "code": {"code-1"}, "code_verifier": {"verifier-1"}, "redirect_uri": {"https://sb.example/v1/oauth/callback"},
			"client_id": {"the:client"}, "client_secret": {"secret-canary/1+2"},
		}},
		"Renew": {false, renew(t), url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {"refresh-canary-1"}, "client_id": {"the:client"}, "client_secret": {"secret-canary/1+2"},
		}},
		"ByClientInTheHeader": {true, func(e token.Endpoint) (token.Token, error) { return e.ByClient(t.Context()) }, url.Values{
			"grant_type": {"client_credentials"}, "scope": {"a b"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := run(t, tt.basic, 200, good, tt.call)
			if e.err != nil || e.token.Access != "access-canary-1" || e.path != "/sandbox/oauth/token" || e.sent.Encode() != tt.want.Encode() {
				t.Errorf("sent %v to %s: %+v, %v\nwant %v", e.sent, e.path, e.token, e.err, tt.want)
			}
			user, password, ok := (&http.Request{Header: e.header}).BasicAuth()
			if ok != tt.basic || ok && (user != "the%3Aclient" || password != "secret-canary%2F1%2B2") {
				t.Errorf("basic authentication = %q, %q, %t", user, password, ok)
			}
		})
	}
}

// TestAnswers reads what services have answered: those of Google and Salesforce are
// as their documentation, and their users, show them.
func TestAnswers(t *testing.T) {
	now := connectortest.Now()
	tests := map[string]struct {
		body string
		want token.Token
	}{
		"Google": {
			`{"access_token": "ya29.a0AfB_byC", "expires_in": 3599, "refresh_token": "1//0gcanary", "scope": "https://www.googleapis.com/auth/gmail.send openid https://www.googleapis.com/auth/userinfo.email", "token_type": "Bearer", "id_token": "eyJhbGciOiJSUzI1NiJ9.e30.x"}`,
			token.Token{Access: "ya29.a0AfB_byC", Refresh: "1//0gcanary", Scope: "https://www.googleapis.com/auth/gmail.send openid https://www.googleapis.com/auth/userinfo.email", ExpiresAt: now.Add(3599 * time.Second)},
		},
		"Salesforce": {
			`{"access_token": "00Dx0000000BV7z!AR8AQAxo9UfVkh8AlV0Gomt9Czx9LjHnSSpwBMmbRcgKFmxOtvxjTrKW19ye6PE3Ds1eQz3z8jr3W7_VbWmEu4Q8TVGSTHxs", "refresh_token": "5Aep8614iLM.Dq661ePDmPEgaAW9Oh_L3JKkDpB4xReb54_pZfVti1dPEk8aimw4Hr9ne7VXXVSIQ==", "instance_url": "https://acme.my.salesforce.com", "id": "https://login.salesforce.com/id/00Dx0000000BV7z/00558000001FQWl", "issued_at": "1278448101416", "signature": "CMJ4l+CCaPQiKjoOEwEig9H4wqhpuLSk4J2urAe+fVg=", "scope": "refresh_token api openid", "token_type": "Bearer"}`,
			token.Token{
				Access:  "00Dx0000000BV7z!AR8AQAxo9UfVkh8AlV0Gomt9Czx9LjHnSSpwBMmbRcgKFmxOtvxjTrKW19ye6PE3Ds1eQz3z8jr3W7_VbWmEu4Q8TVGSTHxs",
				Refresh: "5Aep8614iLM.Dq661ePDmPEgaAW9Oh_L3JKkDpB4xReb54_pZfVti1dPEk8aimw4Hr9ne7VXXVSIQ==", Scope: "refresh_token api openid",
				Kept: map[string]string{"instance_url": "https://acme.my.salesforce.com"},
			},
		},
		"LifetimeAsText":  {`{"access_token": "a-canary-1", "expires_in": "60"}`, token.Token{Access: "a-canary-1", ExpiresAt: now.Add(time.Minute)}},
		"LifetimeTooLong": {`{"access_token": "a-canary-1", "expires_in": 1e300}`, token.Token{Access: "a-canary-1", ExpiresAt: now.Add(10 * 365 * 24 * time.Hour)}},
		"LifetimeMadeUp":  {`{"access_token": "a-canary-1", "expires_in": "soon"}`, token.Token{Access: "a-canary-1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := run(t, false, 200, tt.body, renew(t))
			if got.err != nil {
				t.Fatal(got.err)
			}
			if g, w := got.token, tt.want; g.Access != w.Access || g.Refresh != w.Refresh || g.Scope != w.Scope || !g.ExpiresAt.Equal(w.ExpiresAt) || g.Kept["instance_url"] != w.Kept["instance_url"] {
				t.Errorf("token = %+v\nwant    %+v", g, w)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status  int
		body    string
		code    fault.Code
		message string
		forGood bool
	}{
		"GoogleRevoked":     {400, `{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}`, fault.AuthFailed, "Token has been expired or revoked. (invalid_grant)", true},
		"GoogleClient":      {401, `{"error": "invalid_client", "error_description": "The OAuth client was not found."}`, fault.AuthFailed, "The OAuth client was not found.", true},
		"GoogleReauth":      {400, `{"error": "invalid_grant", "error_description": "reauth related error (invalid_rapt)", "error_subtype": "invalid_rapt"}`, fault.AuthFailed, "invalid_rapt", true},
		"SalesforceExpired": {400, `{"error": "invalid_grant", "error_description": "expired access/refresh token"}`, fault.AuthFailed, "expired access/refresh token", true},
		"SalesforceNoUser":  {400, `{"error": "invalid_grant", "error_description": "no client credentials user enabled"}`, fault.AuthFailed, "no client credentials user enabled", true},
		"WithStatus200":     {200, `{"error": "invalid_grant"}`, fault.AuthFailed, "invalid_grant", true},
		"Busy":              {503, `busy`, fault.ServiceUnavailable, "busy", false},
		"TryLater":          {400, `{"error": "temporarily_unavailable"}`, fault.ServiceUnavailable, "temporarily_unavailable", false},
		"TooMany":           {429, `{"error": {"message": "slow down"}}`, fault.RateLimited, "slow down", false},
		"NotAnEndpoint":     {404, `<html>`, fault.ServiceNotFound, "404", false},
		"NoToken":           {200, `{"ok": true}`, fault.BadResponse, "no access token", false},
		"OtherToken":        {200, `{"access_token": "a-canary-1", "token_type": "mac"}`, fault.BadResponse, `"mac"`, false},
		"Redirect":          {302, ``, fault.UnexpectedStatus, "302", false},
		"EchoesTheSecret":   {400, `{"error": "invalid_request", "error_description": "bad secret-canary/1+2 and refresh-canary-1"}`, fault.InvalidInput, "bad [redacted] and [redacted]", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := run(t, false, tt.status, tt.body, renew(t)).err
			f := fault.Of(err)
			if err == nil || f.Code != tt.code || !strings.Contains(f.Message, tt.message) || errors.Is(err, token.ErrRefused) != tt.forGood || strings.Contains(err.Error(), "canary") {
				t.Errorf("error = %v (for good: %t), want %s with %q (%t)", err, errors.Is(err, token.ErrRefused), tt.code, tt.message, tt.forGood)
			}
		})
	}
}

func TestAddress(t *testing.T) {
	for name, tt := range map[string]struct{ upstream, want string }{
		"Service":  {"", "https://id.desk.example/authorize?"},
		"Upstream": {"http://127.0.0.1:9000/sandbox", "http://127.0.0.1:9000/sandbox/authorize?"},
	} {
		t.Run(name, func(t *testing.T) {
			con := service(false)
			c, _ := connectortest.Call(t, con, connectortest.Setup{CredentialType: "desk_oauth2", Upstream: tt.upstream, Data: map[string]any{"client_id": "c&d", "client_secret": "secret-canary"}})
			got, err := token.Endpoint{Title: "Desk", OAuth: *con.CredentialTypes[0].OAuth, Call: c}.Address(token.Question{
				State: "s", Challenge: "x", RedirectURI: "https://sb.example/cb?a=b", Scopes: []string{"a", "b"},
			})
			page, parseErr := url.Parse(got)
			if err != nil || parseErr != nil || !strings.HasPrefix(got, tt.want) {
				t.Fatalf("address = %s, %v", got, err)
			}
			want := url.Values{
				"tenant": {"1"}, "prompt": {"consent"}, "response_type": {"code"}, "client_id": {"c&d"}, "redirect_uri": {"https://sb.example/cb?a=b"},
				"scope": {"a b"}, "state": {"s"}, "code_challenge": {"x"}, "code_challenge_method": {"S256"},
			}
			if page.Query().Encode() != want.Encode() {
				t.Errorf("query = %v\nwant    %v", page.Query(), want)
			}
		})
	}
}
