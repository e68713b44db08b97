package rest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

const canary = "canary+7Qx9/Zt5kL"

var (
	token     = schema.Field{Name: "token", Kind: schema.Secret}
	site      = schema.Field{Name: "site", Kind: schema.Text}
	tokenType = connector.CredentialType{Name: "things_token", Fields: schema.Fields{token, site}}
	things    = rest.Service{Title: "Things", Base: "https://things.example.com", Authorize: rest.Bearer(token), Header: map[string]string{"Things-Version": "2026-01-01"}}
	now       = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
)

// newCall puts together a call whose service is the handler.
func newCall(t testing.TB, handler http.HandlerFunc) *connector.Call {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL + "/sandbox")
	if err != nil {
		t.Fatal(err)
	}
	return callTo(t, outbound.Config{Upstreams: map[string]*url.URL{"things": u}})
}

func callTo(t testing.TB, cfg outbound.Config) *connector.Call {
	t.Helper()
	n, err := outbound.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.CloseIdleConnections)
	con := connector.Connector{Name: "things", Title: "Things", Base: things.Base, CredentialTypes: []connector.CredentialType{tokenType}}
	call, _ := n.NewCall(con, outbound.Task{
		Key: "k-1", Now: func() time.Time { return now },
		Credential: connector.Credential{Type: tokenType.Name, Data: schema.NewInput(map[string]any{"token": canary, "site": "https://acme.example.com/jira/"})},
	})
	return call
}

// sent is a request as the service sees it.
type sent struct {
	Method, Target, ContentType, UserAgent, Authorization, Version, Body string
}

func TestRequest(t *testing.T) {
	tests := map[string]struct {
		request rest.Request
		want    sent
	}{
		"Get": {
			rest.Request{Path: rest.Path("v1", "a b/c", "ü"), Query: url.Values{"q": {"x&y"}, "n": {"1"}}},
			sent{Method: "GET", Target: "/sandbox/v1/a%20b%2Fc/%C3%BC?n=1&q=x%26y"},
		},
		"JSON": {
			rest.Request{Path: "/v1", JSON: map[string]any{"html": "<b>&</b>", "n": json.Number("9007199254740993")}},
			sent{Method: "POST", Target: "/sandbox/v1", ContentType: "application/json", Body: `{"html":"<b>&</b>","n":9007199254740993}`},
		},
		"Form": {
			rest.Request{Method: "PUT", Path: "/v1", Form: url.Values{"a": {"1", "2"}}},
			sent{Method: "PUT", Target: "/sandbox/v1", ContentType: "application/x-www-form-urlencoded", Body: "a=1&a=2"},
		},
		"Bytes": {
			rest.Request{Path: "/v1", Body: []byte("a,b"), ContentType: "text/csv"},
			sent{Method: "POST", Target: "/sandbox/v1", ContentType: "text/csv", Body: "a,b"},
		},
		"HeaderOfOneRequest": {
			rest.Request{Path: "/v1", Header: http.Header{"Things-Version": {"2027"}, "User-Agent": {"Other/2"}}},
			sent{Method: "GET", Target: "/sandbox/v1", Version: "2027", UserAgent: "Other/2"},
		},
		"WholeAddress": {
			rest.Request{URL: "https://api.example.com/v2/x%2Fy?b=2&a=1", Query: url.Values{"c": {"3"}}},
			sent{Method: "GET", Target: "/sandbox/v2/x%2Fy?b=2&a=1&c=3"},
		},
		"NoPath": {rest.Request{}, sent{Method: "GET", Target: "/sandbox"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got sent
			call := newCall(t, func(_ http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got = sent{r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.UserAgent(), r.Header.Get("Authorization"), r.Header.Get("Things-Version"), string(b)}
			})
			if _, err := things.Do(t.Context(), call, tt.request); err != nil {
				t.Fatal(err)
			}
			want := tt.want
			want.Authorization = "Bearer " + canary
			if want.UserAgent == "" {
				want.UserAgent = "Switchboard/1.0.0"
			}
			if want.Version == "" {
				want.Version = "2026-01-01"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTarget(t *testing.T) {
	call := callTo(t, outbound.Config{})
	ofSite := things
	ofSite.BaseOf = func(c connector.Credential) string { return c.Data.Text(site) }
	nonsense := things
	nonsense.BaseOf = func(connector.Credential) string { return "acme" }
	tests := map[string]struct {
		service rest.Service
		request rest.Request
		want    string // "" for refused
	}{
		"OK":                {things, rest.Request{Path: "/v1/x"}, "https://things.example.com/v1/x"},
		"OKFromCredential":  {ofSite, rest.Request{Path: rest.Path("rest", "x/y")}, "https://acme.example.com/jira/rest/x%2Fy"},
		"OKDots":            {things, rest.Request{Path: rest.Path("v1", "..a", "...")}, "https://things.example.com/v1/..a/..."},
		"OKQuestionMark":    {things, rest.Request{Path: rest.Path("v1", "a?b#c")}, "https://things.example.com/v1/a%3Fb%23c"},
		"ErrUp":             {things, rest.Request{Path: rest.Path("v1", "..", "admin")}, ""},
		"ErrUpEncoded":      {things, rest.Request{Path: "/v1/%2e%2E/admin"}, ""},
		"ErrUpWithinOne":    {things, rest.Request{Path: rest.Path("v1", "x/../../admin")}, ""},
		"ErrHere":           {things, rest.Request{Path: rest.Path("v1", ".")}, ""},
		"ErrEmptyId":        {things, rest.Request{Path: rest.Path("v1", "", "notes")}, ""},
		"ErrNoSlash":        {things, rest.Request{Path: "evil.example.com/v1"}, ""},
		"ErrBadEscape":      {things, rest.Request{Path: "/v1/%zz"}, ""},
		"ErrBaseNotAnURL":   {nonsense, rest.Request{Path: "/v1"}, ""},
		"ErrAddressNotRead": {things, rest.Request{URL: "https://exa mple.com"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			u, err := rest.Target(tt.service, call, tt.request)
			if tt.want == "" {
				if !fault.Is(err, fault.InvalidInput) {
					t.Errorf("target = %v, error = %v; want %s", u, err, fault.InvalidInput)
				}
				return
			}
			if err != nil || u.String() != tt.want {
				t.Errorf("target = %v, error = %v; want %s", u, err, tt.want)
			}
		})
	}
}

// FuzzPath: whatever the segments hold, the service finds them in their places, or
// the request is refused.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"a", "..", "x/../y", "%2e%2e", "a?b", "a#b", "ü", "\x00", `\`, "a;b", " ", "//", "%"} {
		f.Add(s, "x")
	}
	call := callTo(f, outbound.Config{})
	f.Fuzz(func(t *testing.T, a, b string) {
		u, err := rest.Target(things, call, rest.Request{Path: rest.Path("v1", a, b, "end")})
		if err != nil {
			return
		}
		if u.Host != "things.example.com" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q and %q go to %s", a, b, u)
		}
		var got []string
		for s := range strings.SplitSeq(strings.TrimPrefix(u.EscapedPath(), "/"), "/") {
			decoded, err := url.PathUnescape(s)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, decoded)
		}
		if diff := cmp.Diff([]string{"v1", a, b, "end"}, got); diff != "" {
			t.Errorf("%s: %s", u, diff)
		}
	})
}

func TestDecode(t *testing.T) {
	tests := map[string]struct {
		body string
		ok   bool
	}{
		"OK":          {`{"id": 9007199254740993}` + "\n", true},
		"ErrEmpty":    {"", false},
		"ErrHTML":     {"<html>", false},
		"ErrTrailing": {`{"id": 1} {"id": 2}`, false},
		"ErrCutOff":   {`{"id": 1`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			call := newCall(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, tt.body) })
			var into map[string]any
			_, err := things.JSON(t.Context(), call, rest.Request{}, &into)
			if tt.ok {
				if err != nil || into["id"] != json.Number("9007199254740993") {
					t.Errorf("value = %v, error = %v", into, err)
				}
				return
			}
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != fault.BadResponse || !f.Unsettled {
				t.Errorf("error = %v, want %s, unsettled", err, fault.BadResponse)
			}
		})
	}
}

// A client's error quotes the URL; a token in it must not get into the log.
func TestURLIsLeftBehind(t *testing.T) {
	call := callTo(t, outbound.Config{})
	call.HTTP = &http.Client{Transport: failing{}}
	_, err := things.Do(t.Context(), call, rest.Request{Path: rest.Path("bot"+canary, "send")})
	if !fault.Is(err, fault.ServiceUnavailable) {
		t.Fatalf("error = %v, want %s", err, fault.ServiceUnavailable)
	}
	if strings.Contains(err.Error(), url.PathEscape(canary)) || strings.Contains(err.Error(), canary) {
		t.Errorf("the error shows the token: %v", err)
	}
}

type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }

// What the network refuses keeps its code.
func TestAddressNotAllowed(t *testing.T) {
	call := callTo(t, outbound.Config{AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	_, err := things.Do(t.Context(), call, rest.Request{URL: "https://evil.example.com/"})
	if !fault.Is(err, fault.AddressNotAllowed) {
		t.Errorf("error = %v, want %s", err, fault.AddressNotAllowed)
	}
}

func TestKeepRedirects(t *testing.T) {
	followed := false
	call := newCall(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sandbox/end" {
			followed = true
			return
		}
		http.Redirect(w, r, "http://"+r.Host+"/sandbox/end?token=t", http.StatusTemporaryRedirect)
	})
	keeping := things
	keeping.KeepRedirects = true
	resp, err := keeping.Do(t.Context(), call, rest.Request{Path: "/start"})
	if !fault.Is(err, fault.UnexpectedStatus) || resp.Status != http.StatusTemporaryRedirect || followed {
		t.Errorf("status = %d, error = %v, followed = %t", resp.Status, err, followed)
	}
	if f, want := fault.Of(err), "The address has moved to "+call.Upstream.Scheme+"://"+call.Upstream.Host+". Use the new one."; f.Hint != want {
		t.Errorf("hint = %q, want %q", f.Hint, want)
	}
	if _, err := things.Do(t.Context(), call, rest.Request{Path: "/start"}); err != nil || !followed {
		t.Errorf("error = %v, followed = %t; others follow", err, followed)
	}
}

func BenchmarkDo(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id": "t_1", "ok": true}`)
	}))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	n, err := outbound.New(outbound.Config{Upstreams: map[string]*url.URL{"things": u}})
	if err != nil {
		b.Fatal(err)
	}
	defer n.CloseIdleConnections()
	con := connector.Connector{Name: "things", Title: "Things", Base: things.Base, CredentialTypes: []connector.CredentialType{tokenType}}
	cred := connector.Credential{Type: tokenType.Name, Data: schema.NewInput(map[string]any{"token": canary})}
	b.Run("NewCall", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n.NewCall(con, outbound.Task{Credential: cred})
		}
	})
	b.Run("CallAndAnswer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			call, _ := n.NewCall(con, outbound.Task{Credential: cred})
			var into struct{ ID string }
			if _, err := things.JSON(b.Context(), call, rest.Request{Path: "/v1/things", JSON: map[string]any{"name": "red"}}, &into); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("PlainClient", func(b *testing.B) { // what net/http alone costs, to compare
		b.ReportAllocs()
		client := server.Client()
		for b.Loop() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL, strings.NewReader(`{"name":"red"}`))
			if err != nil {
				b.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadAll(resp.Body); err != nil {
				b.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
