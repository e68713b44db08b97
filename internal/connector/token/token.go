// Package token speaks with the token endpoint of a service: it exchanges a code for
// a grant, renews a grant, and gets a token for a client of its own (RFC 6749, with
// PKCE as RFC 7636 has it).
//
// It goes out as every call of a connector does: through the guard, to the upstream
// where there is one, and with the faults of package rest. That, and that no error
// may quote what was sent, is why it is not golang.org/x/oauth2.
package token

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// ErrRefused is the cause of a fault where the service says that the grant, the
// code, or the client is no good: trying again does not help.
var ErrRefused = errors.New("the token endpoint refused it for good")

// Token is what a token endpoint answers.
type Token struct {
	Access    string
	Refresh   string // "" where it gave none: the old one stays
	Scope     string // "" where it did not say
	ExpiresAt time.Time
	Kept      map[string]string // by the name of the field
}

// Endpoint is the token endpoint of the type of a call's credential. Call.Token is
// not used.
type Endpoint struct {
	Title string // of the service, for messages
	OAuth connector.OAuth
	Call  *connector.Call
}

// Exchange gets a grant for a code.
func (e Endpoint) Exchange(ctx context.Context, code, verifier, redirectURI string) (Token, error) {
	return e.request(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}, "code_verifier": {verifier},
	}, verifier, code)
}

// Renew gets a new access token for a grant.
func (e Endpoint) Renew(ctx context.Context) (Token, error) {
	return e.request(ctx, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {e.Call.Credential.Data.Text(connector.RefreshToken)},
	})
}

// ByClient gets an access token for the client itself.
func (e Endpoint) ByClient(ctx context.Context) (Token, error) {
	form := url.Values{}
	if e.OAuth.ClientParameters != nil {
		form = e.OAuth.ClientParameters(e.Call.Credential)
	}
	form.Set("grant_type", "client_credentials")
	return e.request(ctx, form)
}

func (e Endpoint) request(ctx context.Context, form url.Values, hide ...string) (Token, error) {
	call := *e.Call
	call.Token = nil // this is where it comes from
	for _, value := range hide {
		call.Hide(value)
	}
	var refused string
	service := rest.Service{
		Title: e.Title, Authorize: e.authorize(form), Header: map[string]string{"Accept": "application/json"},
		Explain: func(r rest.Response) rest.Problem {
			p, code := explain(r)
			refused = code
			return p
		},
		Refused:       func(r rest.Response) bool { _, code := explain(r); return code != "" }, // some say no with a 200
		KeepRedirects: true,                                                                    // the form holds the secret
	}
	resp, err := service.Do(ctx, &call, rest.Request{
		Method: http.MethodPost, URL: e.OAuth.TokenURL(call.Credential), Form: form,
	})
	if err != nil {
		return Token{}, forGood(err, refused)
	}
	t, err := e.read(resp)
	if err != nil {
		return Token{}, err
	}
	call.Hide(t.Access)
	call.Hide(t.Refresh)
	return t, nil
}

// authorize sends the client's id and secret: in the form, or in the header, where
// they are written as in a form (RFC 6749, 2.3.1).
func (e Endpoint) authorize(form url.Values) func(*http.Request, *connector.Call) {
	data := e.Call.Credential.Data
	id, secret := data.Text(connector.ClientID), data.Text(connector.ClientSecret)
	if e.OAuth.BasicAuth != nil && e.OAuth.BasicAuth(e.Call.Credential) {
		return func(r *http.Request, call *connector.Call) {
			rest.SetBasic(r, call, url.QueryEscape(id), url.QueryEscape(secret))
		}
	}
	form.Set("client_id", id)
	if secret != "" {
		form.Set("client_secret", secret)
	}
	return nil
}

// forGood gives the fault of a refusal its cause.
func forGood(err error, refused string) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || refused == "" || f.Code != fault.AuthFailed {
		return err
	}
	own := *f
	own.Cause = ErrRefused
	return &own
}

// explain reads an error as RFC 6749, 5.2 has it. code is "" where it is none.
func explain(r rest.Response) (p rest.Problem, code string) {
	var answer struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
	}
	if json.Unmarshal(r.Body, &answer) != nil || json.Unmarshal(answer.Error, &code) != nil || code == "" {
		return rest.CommonProblem(r), ""
	}
	p.Message = code
	if answer.Description != "" {
		p.Message = answer.Description + " (" + code + ")"
	}
	switch code {
	case "invalid_grant":
		p.Code = fault.AuthFailed
		p.Hint = "Reconnect the credential: access was revoked, has expired, or was granted to another client."
	case "invalid_client", "unauthorized_client":
		p.Code = fault.AuthFailed
		p.Hint = "Check client ID and client secret, and that this client may use this kind of grant."
	case "invalid_scope", "access_denied":
		p.Code = fault.AuthFailed
		p.Hint = "Check the scopes: the client has to be allowed all that are asked for."
	case "temporarily_unavailable", "server_error":
		p.Code = fault.ServiceUnavailable
	case "invalid_request", "unsupported_grant_type":
		p.Code = fault.InvalidInput
	}
	return p, code
}

func (e Endpoint) read(resp rest.Response) (Token, error) {
	var answer map[string]any
	if err := resp.Decode(&answer); err != nil {
		return Token{}, err
	}
	text := func(name string) string { s, _ := answer[name].(string); return s }
	t := Token{Access: text("access_token"), Refresh: text("refresh_token"), Scope: text("scope"), Kept: map[string]string{}}
	if t.Access == "" {
		return Token{}, fault.New(fault.BadResponse, "%s gave no access token.", e.Title).
			WithHint("Check that the token URL is that of the service's token endpoint.")
	}
	if kind := text("token_type"); kind != "" && !strings.EqualFold(kind, "bearer") {
		return Token{}, fault.New(fault.BadResponse, "%s gave a token of the type %q; only bearer tokens can be sent.", e.Title, rest.Words(e.Call, kind))
	}
	if seconds := lifetime(answer["expires_in"]); seconds > 0 {
		t.ExpiresAt = e.Call.Now().Add(time.Duration(seconds) * time.Second).UTC()
	}
	for _, f := range e.OAuth.Keep {
		if v := text(f.Name); v != "" {
			t.Kept[f.Name] = v
		}
	}
	return t, nil
}

// longestLifetime keeps what a service says within what a duration can hold.
const longestLifetime = 10 * 365 * 24 * 60 * 60

// lifetime reads expires_in: a number, though some write it as a text. 0 where the
// service does not say.
func lifetime(v any) int64 {
	var digits string
	switch v := v.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = v
	}
	seconds, err := strconv.ParseFloat(digits, 64)
	if err != nil || seconds <= 0 {
		return 0
	}
	return int64(min(seconds, longestLifetime))
}
