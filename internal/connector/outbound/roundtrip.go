package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"switchboard/internal/fault"
)

// roundTripper sends one request, or one hop of it, and turns what fails on the
// way into faults.
type roundTripper struct {
	routes   routes
	services *services
	public   *http.Transport
	upstream *http.Transport // nil without one
}

// RoundTrip implements http.RoundTripper.
func (rt roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	isUpstream, refusal := rt.routes.checkURL(req.URL)
	if refusal != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper always closes it; nothing was read
		}
		return nil, refusal
	}
	transport := rt.public
	if isUpstream {
		transport = rt.upstream
	}
	host := req.URL.Hostname()
	service := rt.services.get(serviceKey{rt.routes.connector, net.JoinHostPort(normalHost(host), portOf(req.URL))})
	told, leave, refusal := service.enter(req.Context(), rt.routes.subject(host))
	if refusal != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, refusal
	}
	resp, err := send(transport, req, rt.routes)
	told(outcome(req.Context(), resp, err))
	if err != nil {
		leave()
		return nil, err
	}
	context.AfterFunc(req.Context(), leave) // whoever forgets to close the body
	resp.Body = &answer{body: resp.Body, leave: leave, routes: rt.routes, host: req.URL.Hostname(), left: MaxAnswer, done: resp.StatusCode/100 == 2}
	return resp, nil
}

// maxStale is how many connections that the peer has closed are passed over.
const maxStale = 3

// send sends the request. A pooled connection may turn out to be closed by the
// peer before anything is written; net/http then tries again only what may be
// sent twice, but what was not sent once can be, too.
func send(transport *http.Transport, req *http.Request, r routes) (*http.Response, error) {
	for stale := 0; ; stale++ {
		p := &progress{replayable: replayable(req)}
		resp, err := transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), p.trace())))
		if err == nil {
			return resp, nil
		}
		again, ok := p.again(req)
		if !ok || stale == maxStale {
			return nil, r.failure(req.URL.Hostname(), err, p.sent.Load())
		}
		req = again
	}
}

// progress follows one request as far as the question goes whether it may have
// reached the service.
type progress struct {
	replayable bool
	reused     atomic.Bool // the connection had been used before
	sent       atomic.Bool
}

// again gives the request to send anew where it was lost before it was written.
func (p *progress) again(req *http.Request) (*http.Request, bool) {
	if !p.reused.Load() || p.sent.Load() || req.Context().Err() != nil {
		return nil, false
	}
	fresh := req.WithContext(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return fresh, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, false
	}
	fresh.Body = body
	return fresh, true
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) {
			// A second time, the transport tries again: other than for replayable
			// requests it does so only when nothing of the first try was written.
			if !p.replayable {
				p.sent.Store(false)
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			p.reused.Store(info.Reused)
			// HTTP/2 tells that headers were written only after the fact.
			if c, ok := info.Conn.(*tls.Conn); ok && c.ConnectionState().NegotiatedProtocol == "h2" {
				p.sent.Store(true)
			}
		},
		// HTTP/1 tells before the last of the headers leaves the buffer; without
		// complete headers no server acts.
		WroteHeaders: func() { p.sent.Store(true) },
	}
}

// replayable is what net/http sends a second time even though a server may have
// seen it already.
func replayable(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return req.Header["Idempotency-Key"] != nil || req.Header["X-Idempotency-Key"] != nil
}

// answer is the body of a response: bounded, and with faults for errors.
type answer struct {
	body   io.ReadCloser
	leave  func()
	routes routes
	host   string
	left   int64
	done   bool // the status says that the service did what was asked
}

// Read implements io.Reader.
func (a *answer) Read(p []byte) (int, error) {
	if a.left < 0 {
		return 0, a.tooLarge()
	}
	if int64(len(p)) > a.left+1 {
		p = p[:a.left+1] // one more than may come, to see that it does
	}
	n, err := a.body.Read(p)
	if a.left -= int64(n); a.left < 0 {
		return n - 1, a.tooLarge()
	}
	if err != nil && err != io.EOF {
		return n, a.cutOff(err)
	}
	return n, err
}

// Close implements io.Closer.
func (a *answer) Close() error {
	a.leave()
	return a.body.Close()
}

func (a *answer) tooLarge() error {
	f := fault.New(fault.OutputTooLarge, "The answer of %s is larger than %d MB.", a.routes.subject(a.host), MaxAnswer>>20).
		WithHint("Ask for less: a smaller page, fewer fields, or a link instead of the content.")
	f.Unsettled = a.done
	return f
}

func (a *answer) cutOff(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return a.routes.failure(a.host, err, a.done)
	}
	f := fault.New(fault.ServiceUnavailable, "The answer of %s was cut off.", a.routes.subject(a.host)).Because(err)
	f.Unsettled = a.done
	return f
}
