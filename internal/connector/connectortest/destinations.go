package connectortest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// destinationChecks check where calls go.
func (s *suite) destinationChecks(a connector.Action) []check {
	checks := []check{{a.Name + "/destination", func(ctx context.Context) error { return s.checkDestination(ctx, a) }}}
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		checks = append(checks, check{fmt.Sprintf("%s/redirected_%d", a.Name, status), func(ctx context.Context) error {
			return s.checkRedirected(ctx, a, status)
		}})
	}
	return checks
}

// checkDestination looks where an action goes when no upstream stands in the way.
func (s *suite) checkDestination(ctx context.Context, a connector.Action) error {
	data, _ := s.credentialData(s.exampleType())
	call, _, err := newCall(s.con, Setup{Action: a.Name, Config: a.Examples[0].Config, CredentialType: s.exampleType(), Data: data})
	if err != nil {
		return err
	}
	recorder := &recorder{suite: s, action: a}
	call.HTTP.Transport = recorder
	if _, err := a.Run(ctx, call); err != nil {
		return err
	}
	var f findings
	f.expect(len(recorder.urls) > 0, "it called nothing through Call.HTTP")
	hosts := s.hosts(call.Credential)
	for _, u := range recorder.urls {
		f.expect(s.con.AnyHost || slices.Contains(hosts, u.Host) || slices.Contains(hosts, u.Hostname()), "it calls %s; its hosts are %s", u.Host, strings.Join(hosts, ", "))
		f.expect(s.con.AnyHost || s.con.CredentialHosts != nil || u.Scheme == "https", "it calls %s in the clear", u.Host)
	}
	return errors.Join(f...)
}

func (s *suite) hosts(cred connector.Credential) []string {
	hosts := slices.Clone(s.con.Hosts)
	if base, err := url.Parse(s.con.Base); err == nil && base.Host != "" {
		hosts = append(hosts, base.Host)
	}
	if s.con.CredentialHosts != nil {
		hosts = append(hosts, s.con.CredentialHosts(cred)...)
	}
	return hosts
}

// recorder answers in place of every host.
type recorder struct {
	suite  *suite
	action connector.Action
	mu     sync.Mutex
	urls   []*url.URL
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.urls = append(r.urls, req.URL)
	r.mu.Unlock()
	answer := r.action.Examples[0].Response
	for _, also := range r.suite.also {
		if also.action == r.action.Name && also.method == req.Method && also.path == req.URL.EscapedPath() {
			answer = also.answer
		}
	}
	w := httptest.NewRecorder()
	write(w, answer)
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body) // its content is for the examples to check
		_ = req.Body.Close()
	}
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

// checkRedirected lets the service point to another host. A connector with hosts of
// its own must not go there; one that goes anywhere must not take its credential along.
func (s *suite) checkRedirected(ctx context.Context, a connector.Action, status int) error {
	var mu sync.Mutex
	var elsewhere []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		elsewhere = append(elsewhere, fmt.Sprint(r.RequestURI, r.Header))
		mu.Unlock()
		write(w, a.Examples[0].Response)
	}))
	defer other.Close()
	sc, err := s.scene(&a, a.Examples[0].Config, s.exampleType(), func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/elsewhere", status)
	})
	if err != nil {
		return err
	}
	defer sc.close()
	_, err = a.Run(ctx, sc.call)
	mu.Lock()
	defer mu.Unlock()
	if s.con.AnyHost {
		return errors.Join(sc.leaks(err), findLeaks(map[string]string{"redirected request": strings.Join(elsewhere, "\n")}, sc.canaries))
	}
	var f findings
	f.expect(len(elsewhere) == 0, "it followed a redirect to a host that is not its own")
	f.expect(fault.Is(err, fault.AddressNotAllowed) || fault.Is(err, fault.UnexpectedStatus), "the error is %v, want %s or %s", err, fault.AddressNotAllowed, fault.UnexpectedStatus)
	return errors.Join(errors.Join(f...), sc.leaks(err))
}
