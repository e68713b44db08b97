package httpconnector_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	httpconnector "switchboard/internal/connector/http"
	"switchboard/internal/fault"
)

// TestOAuth2Client: what is sent to the token endpoint. How a step uses the token is
// for package task.
func TestOAuth2Client(t *testing.T) {
	data := func(more map[string]any) map[string]any {
		d := map[string]any{"token_url": "https://auth.example.com/oauth2/token?tenant=1", "client_id": "switchboard", "client_secret": "secret-canary-1"}
		for name, value := range more {
			d[name] = value
		}
		return d
	}
	good := connectortest.Answer(connector.ExampleResponse{Body: `{"access_token": "token-canary-1", "token_type": "Bearer", "expires_in": 60, "scope": "orders:read"}`})
	tests := map[string]struct {
		data   map[string]any
		header bool
		want   url.Values
	}{
		"InTheHeader": {data(nil), true, url.Values{"grant_type": {"client_credentials"}}},
		"InTheForm": {data(map[string]any{"client_auth": "body", "scopes": "orders:read, orders:write", "audience": "https://api.example.com"}), false, url.Values{
			"grant_type": {"client_credentials"}, "scope": {"orders:read orders:write"}, "audience": {"https://api.example.com"},
			"client_id": {"switchboard"}, "client_secret": {"secret-canary-1"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{CredentialType: "oauth2_client", Data: tt.data}.Run(t, httpconnector.New(), good)
			if e.Err != nil || e.Identity.Name != "switchboard" || e.Identity.Detail["scope"] != "orders:read" {
				t.Fatalf("identity = %+v, error = %v", e.Identity, e.Err)
			}
			user, password, ok := (&http.Request{Header: e.Sent[0].Header}).BasicAuth()
			if ok != tt.header || ok && (user != "switchboard" || password != "secret-canary-1") {
				t.Errorf("basic authentication = %q, %q, %t", user, password, ok)
			}
			if s := e.Sent[0]; s.Target != "/oauth2/token?tenant=1" || s.Method != http.MethodPost || s.Body != tt.want.Encode() {
				t.Errorf("sent %s %s %s, want %s", s.Method, s.Target, s.Body, tt.want.Encode())
			}
		})
	}
	t.Run("ErrRefused", func(t *testing.T) {
		e := connectortest.Setup{CredentialType: "oauth2_client", Data: data(nil)}.Run(t, httpconnector.New(),
			connectortest.Answer(connector.ExampleResponse{Status: 401, Body: `{"error": "invalid_client", "error_description": "secret-canary-1 is wrong"}`}))
		f := fault.Of(e.Err)
		if f.Code != fault.AuthFailed || !strings.Contains(f.Message, "[redacted] is wrong (invalid_client)") || !strings.Contains(f.Hint, "client secret") {
			t.Errorf("error = %v, hint %q", e.Err, f.Hint)
		}
	})
	t.Run("ErrRedirected", func(t *testing.T) {
		e := connectortest.Setup{CredentialType: "oauth2_client", Data: data(map[string]any{"client_auth": "body"})}.Run(t, httpconnector.New(),
			connectortest.Answer(connector.ExampleResponse{Status: 307, Header: map[string]string{"Location": "/elsewhere"}}))
		if !fault.Is(e.Err, fault.UnexpectedStatus) || len(e.Sent) != 1 {
			t.Errorf("error = %v after %d requests: the form holds the secret", e.Err, len(e.Sent))
		}
	})
}
