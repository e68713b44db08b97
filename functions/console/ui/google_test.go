package ui_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// startGoogle serves what the journeys need of Google, and gives its URL: a page that
// asks for access, tokens, and whose account it is.
func startGoogle(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /o/oauth2/v2/auth", func(w http.ResponseWriter, r *http.Request) {
		back := func(name, value string) string {
			answer := url.Values{"state": {r.FormValue("state")}, name: {value}}
			return html.EscapeString(r.FormValue("redirect_uri") + "?" + answer.Encode())
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<h1>May Switchboard send mail?</h1><a id="allow" href="%s">Allow</a> <a id="deny" href="%s">Deny</a>`,
			back("code", "the-code"), back("error", "access_denied"))
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1","email":"ada@example.com"}`))
		answerJSON(w, `{"access_token":"ya29.of-the-journey","refresh_token":"1//of-the-journey","expires_in":3600,"token_type":"Bearer",
			"scope":"openid email https://www.googleapis.com/auth/gmail.send","id_token":"e30.`+claims+`.sig"}`)
	})
	mux.HandleFunc("GET /v1/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, `{"sub":"1","email":"ada@example.com","email_verified":true,"name":"Ada"}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func answerJSON(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}
