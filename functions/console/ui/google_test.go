package ui_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// startGoogle serves what the journeys need of Google, and gives its URL: a page that
// asks for access, tokens, and whose account it is. POST /revoke takes access away,
// until a person grants it again; GET /granted tells what was granted so far.
func startGoogle(t *testing.T) string {
	t.Helper()
	var mu sync.Mutex
	granted, revoked := "", false
	mux := http.NewServeMux()
	mux.HandleFunc("GET /o/oauth2/v2/auth", func(w http.ResponseWriter, r *http.Request) {
		back := func(name, value string) string {
			answer := url.Values{"state": {r.FormValue("state")}, name: {value}}
			return html.EscapeString(r.FormValue("redirect_uri") + "?" + answer.Encode())
		}
		mu.Lock()
		for scope := range strings.FieldsSeq(r.FormValue("scope")) {
			if !strings.Contains(granted, scope) {
				granted = strings.TrimSpace(granted + " " + scope)
			}
		}
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<h1>May Switchboard send mail?</h1><a id="allow" href="%s">Allow</a> <a id="deny" href="%s">Deny</a>`,
			back("code", "the-code"), back("error", "access_denied"))
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.FormValue("grant_type") == "authorization_code" {
			revoked = false
		}
		if revoked {
			w.WriteHeader(http.StatusBadRequest)
			answerJSON(w, `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`)
			return
		}
		claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1","email":"ada@example.com"}`))
		answerJSON(w, fmt.Sprintf(`{"access_token":"ya29.of-the-journey","refresh_token":"1//of-the-journey","expires_in":3600,"token_type":"Bearer",
			"scope":%q,"id_token":"e30.`+claims+`.sig"}`, granted))
	})
	mux.HandleFunc("GET /v1/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if revoked {
			w.WriteHeader(http.StatusUnauthorized)
			answerJSON(w, `{"error":"invalid_request","error_description":"Invalid Credentials"}`)
			return
		}
		answerJSON(w, `{"sub":"1","email":"ada@example.com","email_verified":true,"name":"Ada"}`)
	})
	mux.HandleFunc("POST /revoke", func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		revoked = true
	})
	mux.HandleFunc("GET /granted", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.WriteString(w, granted)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// startSalesforce serves what the journeys need of Salesforce: tokens for an app that
// acts by itself, and who it is.
func startSalesforce(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // what is no form names no grant
		if r.PostForm.Get("grant_type") != "client_credentials" {
			w.WriteHeader(http.StatusBadRequest)
			answerJSON(w, `{"error":"unsupported_grant_type"}`)
			return
		}
		answerJSON(w, `{"access_token":"00D-of-the-journey","instance_url":"https://acme.my.salesforce.com","token_type":"Bearer"}`)
	})
	mux.HandleFunc("GET /services/oauth2/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, `{"organization_id":"00D1","preferred_username":"robot@acme.example","name":"Robot","email":"robot@acme.example"}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func answerJSON(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}
