package outbound_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/fault"
)

// visits records what reached a server.
type visits struct {
	mu   sync.Mutex
	seen []*http.Request
}

func (v *visits) add(r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen = append(v.seen, r.Clone(r.Context()))
}

func (v *visits) all() []*http.Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen
}

// redirecting starts a server that redirects /to?url=...&status=... and takes the rest.
func redirecting(t testing.TB) (*httptest.Server, *visits) {
	t.Helper()
	v := &visits{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.add(r)
		if r.URL.Path == "/to" {
			status := http.StatusFound
			if s := r.URL.Query().Get("status"); s != "" {
				_, _ = fmt.Sscan(s, &status)
			}
			w.Header().Set("Location", r.URL.Query().Get("url"))
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(server.Close)
	return server, v
}

// to is an address at the server that redirects to the target.
func to(server *httptest.Server, target string) string {
	return server.URL + "/to?url=" + url.QueryEscape(target)
}

// secretRequest carries secrets in all the places where requests do.
func secretRequest(t testing.TB, method, target string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization", "Some-Vendors-Token"} {
		req.Header.Set(name, "canary")
	}
	req.Header.Set("Accept", "application/json")
	return req
}

func send(t testing.TB, client *http.Client, req *http.Request) (status int, failure *fault.Error) {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		f, ok := errors.AsType[*fault.Error](err)
		if !ok {
			t.Fatalf("the error is no fault: %v", err)
		}
		return 0, f
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	return resp.StatusCode, nil
}

func TestRedirectsLoseCredentials(t *testing.T) {
	here, hereSeen := redirecting(t)
	there, thereSeen := redirecting(t)
	client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
	tests := map[string]struct {
		target string
		status string
		last   *visits
		keeps  bool
	}{
		"OKSameOrigin":      {to(here, here.URL+"/end"), "307", hereSeen, true},
		"OtherPort":         {to(here, there.URL+"/end"), "307", thereSeen, false},
		"OtherNameOfHost":   {to(here, strings.Replace(here.URL, "127.0.0.1", "localhost", 1)+"/end"), "308", hereSeen, false},
		"ThereAndBack":      {to(here, to(there, here.URL+"/end")), "307", hereSeen, false},
		"OtherPortAfter302": {to(here, there.URL+"/end"), "302", thereSeen, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := secretRequest(t, http.MethodPost, tt.target+"&status="+tt.status+"&key=canary")
			if status, f := send(t, client, req); f != nil || status != http.StatusOK {
				t.Fatalf("status = %d, fault = %v", status, f)
			}
			seen := tt.last.all()
			end := seen[len(seen)-1]
			if end.URL.Path != "/end" {
				t.Fatalf("the last request was %s", end.URL)
			}
			var b bytes.Buffer
			if err := end.Header.Write(&b); err != nil {
				t.Fatal(err)
			}
			if kept := strings.Contains(b.String(), "canary"); kept != tt.keeps {
				t.Errorf("credentials kept = %t, want %t:\n%s", kept, tt.keeps, b.String())
			}
			if end.Header.Get("Accept") != "application/json" {
				t.Error("a harmless header was lost")
			}
			if end.Header.Get("Referer") != "" {
				t.Errorf("Referer = %q, want none", end.Header.Get("Referer"))
			}
		})
	}
}

func TestRedirectsInsideAreRefused(t *testing.T) {
	public, _ := redirecting(t) // stands for a public server, as the connector's upstream
	internal, hits := countingServer(t)
	n := newNetwork(t, outbound.Config{Upstreams: map[string]*url.URL{"http": parseURL(t, public.URL)}})
	client := n.Client(anywhere, connector.Credential{})
	port := parseURL(t, internal.URL).Port()
	for name, raw := range inside {
		t.Run(name, func(t *testing.T) {
			f := get(t, client, to(public, strings.ReplaceAll(raw, "PORT", port)))
			// What net/http cannot parse it does not follow either.
			if f == nil || f.Unsettled {
				t.Errorf("fault = %v, want a settled one", f)
			}
			if hits.Load() != 0 {
				t.Fatal("the server was reached")
			}
		})
	}
}

func TestRedirectsOfListedHosts(t *testing.T) {
	server, seen := redirecting(t)
	other, hits := countingServer(t)
	n := newNetwork(t, outbound.Config{AllowNets: loopback, Upstreams: map[string]*url.URL{"things": parseURL(t, server.URL)}})
	client := n.Client(listed, connector.Credential{})

	t.Run("OK", func(t *testing.T) {
		if f := get(t, client, to(server, "/end")); f != nil {
			t.Errorf("fault = %v; the connector's own host is no other", f)
		}
	})
	t.Run("ErrOtherHost", func(t *testing.T) {
		f := get(t, client, to(server, other.URL))
		if f == nil || f.Code != fault.AddressNotAllowed || hits.Load() != 0 {
			t.Errorf("fault = %v, hits = %d; want %s", f, hits.Load(), fault.AddressNotAllowed)
		}
	})
	t.Run("OtherMethodIsNotFollowed", func(t *testing.T) {
		before := len(seen.all())
		status, f := send(t, client, secretRequest(t, http.MethodPost, to(server, "/end")))
		if f != nil || status != http.StatusFound || len(seen.all()) != before+1 {
			t.Errorf("status = %d, fault = %v; the caller has to see the redirect, not what a GET of its target answers", status, f)
		}
	})
}

func TestRedirectLimit(t *testing.T) {
	server, seen := redirecting(t)
	client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
	target := server.URL + "/end"
	for range 5 {
		target = to(server, target)
	}
	if f := get(t, client, target); f != nil {
		t.Errorf("five redirects: fault = %v", f)
	}
	before := len(seen.all())
	f := get(t, client, to(server, target))
	if f == nil || f.Code != fault.UnexpectedStatus {
		t.Errorf("six redirects: fault = %v, want %s", f, fault.UnexpectedStatus)
	}
	if n := len(seen.all()) - before; n != 6 {
		t.Errorf("six redirects: %d requests were sent, want 6", n)
	}
}

func TestDowngradeIsRefused(t *testing.T) {
	plain, hits := countingServer(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusFound)
	}))
	t.Cleanup(server.Close)
	n := newNetwork(t, outbound.Config{AllowNets: loopback, RootCAs: rootsOf(server)})
	f := get(t, n.Client(anywhere, connector.Credential{}), server.URL)
	if f == nil || f.Code != fault.AddressNotAllowed || hits.Load() != 0 {
		t.Errorf("fault = %v, hits = %d; want %s", f, hits.Load(), fault.AddressNotAllowed)
	}
}

// The environment's proxy would dial in our place, past the guard.
func TestProxyIsNotUsed(t *testing.T) {
	proxy, hits := countingServer(t)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	n := newNetwork(t, outbound.Config{AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if f := get(t, n.Client(anywhere, connector.Credential{}), "http://127.0.0.1:1/"); f == nil {
		t.Error("a closed port answered")
	}
	if hits.Load() != 0 {
		t.Error("the proxy was used")
	}
}
