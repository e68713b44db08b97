// Package outbound is the only way out: every connection that a connector makes
// is dialled here.
//
// A workflow's author names addresses and a service may redirect to others, yet
// the process that calls them stands inside the company's network. So the rules
// are applied where they cannot be talked around: the address is judged when it
// is dialled, after DNS, and the host whenever a request or a redirect leaves.
//
//   - A connector reaches its own hosts, or, where its action names the host, any
//     public address. Loopback, private, link-local and other reserved networks
//     are refused unless the operator allowed them.
//   - The upstream that the operator named for a connector is reachable for that
//     connector wherever it stands, on exactly that host and port.
//   - Addresses that hand out a cloud's credentials are refused whatever is allowed.
//
// What fails on the way comes back as a fault that also says whether the request
// may have reached the service (Unsettled). That holds for every client that
// sends through Call.HTTP, a vendor's library included.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
	"switchboard/internal/secret"
)

// MaxAnswer is the size up to which an answer is read, in bytes. A longer one
// ends in a fault with code OutputTooLarge.
const MaxAnswer = 10 << 20

const (
	dialTimeout = 10 * time.Second
	tlsTimeout  = 10 * time.Second
	idleTimeout = 60 * time.Second
	// quiet is how long no call may have been made before idle connections are
	// no longer trusted. A frozen Lambda does not notice that its peers hung up,
	// and a request lost on such a connection would be unsettled.
	quiet = 30 * time.Second
)

// Config says what the operator allows.
type Config struct {
	// AllowNets may be reached although they are not public.
	AllowNets []netip.Prefix
	// Upstreams replace the services of connectors, by connector name.
	Upstreams map[string]*url.URL
	// RootCAs verify servers; nil means the system's.
	RootCAs *x509.CertPool
	Log     *slog.Logger // nil means none
}

// Network makes the connections of one process. It is safe for concurrent use.
type Network struct {
	guard     guard
	upstreams map[string]upstream // by connector name
	public    *http.Transport     // dials under the guard
	lastCall  atomic.Int64        // wall clock, in nanoseconds
	services  services
}

// upstream is what an operator put in a service's place. Its connections are kept
// apart: another connector must not find them in a pool it shares.
type upstream struct {
	url       *url.URL
	hostPort  string
	transport *http.Transport
}

// New makes a network. An upstream without a host, or without a port where its
// scheme has none, is refused.
func New(cfg Config) (*Network, error) {
	n := &Network{guard: newGuard(cfg.AllowNets), upstreams: make(map[string]upstream, len(cfg.Upstreams))}
	n.services.log, n.services.openFor = cfg.Log, openFor
	if cfg.Log == nil {
		n.services.log = slog.New(slog.DiscardHandler)
	}
	n.public = newTransport(cfg.RootCAs, func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, address, n.guard.check)
	})
	byHostPort := map[string]*http.Transport{}
	for name, u := range cfg.Upstreams {
		hostPort, err := upstreamHostPort(u)
		if err != nil {
			return nil, fmt.Errorf("setting upstream of %s: %w", name, err)
		}
		if byHostPort[hostPort] == nil {
			byHostPort[hostPort] = newTransport(cfg.RootCAs, func(ctx context.Context, network, address string) (net.Conn, error) {
				return dial(ctx, network, address, n.guard.checkUpstream)
			})
		}
		n.upstreams[name] = upstream{url: u, hostPort: hostPort, transport: byHostPort[hostPort]}
	}
	return n, nil
}

// upstreamHostPort gives the one address that an upstream stands for.
func upstreamHostPort(u *url.URL) (string, error) {
	if u == nil || u.Hostname() == "" {
		return "", fmt.Errorf("the address needs a scheme and a host, such as http://127.0.0.1:9000")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("the address may hold scheme, host, port and path only")
	}
	port := portOf(u)
	if port == "" {
		return "", fmt.Errorf("an address with the scheme %s needs a port", u.Scheme)
	}
	return net.JoinHostPort(normalHost(u.Hostname()), port), nil
}

func newTransport(roots *x509.CertPool, dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // a proxy would dial in our place, past the guard
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    tlsTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// Task is what one call is made for.
type Task struct {
	Input      schema.Input
	Credential connector.Credential
	Key        string           // unique to execution, node and iteration
	Log        *slog.Logger     // nil means none
	Now        func() time.Time // nil means time.Now
}

// NewCall puts together what an action or Verify is run with. The redactor knows
// the credential's secrets and everything that the connector hides later; it is
// for what the call gives back.
func (n *Network) NewCall(con connector.Connector, task Task) (*connector.Call, *secret.Redactor) {
	n.dropStale()
	redactor := secret.NewRedactor()
	t, ok := con.CredentialType(task.Credential.Type)
	if ok {
		redactor = secret.NewRedactor(t.Secrets(task.Credential.Data)...)
	}
	call := &connector.Call{
		Input: task.Input, Credential: task.Credential, Key: task.Key,
		HTTP: n.Client(con, task.Credential), Dial: n.Dialer(con, task.Credential), Upstream: n.upstreams[con.Name].url,
		Hide: redactor.Hide, Redact: redactor.Text, Log: task.Log, Now: task.Now,
	}
	if t.OAuth != nil {
		call.Token = storedToken(task.Credential)
	}
	if call.Log == nil {
		call.Log = slog.New(slog.DiscardHandler)
	}
	if call.Now == nil {
		call.Now = time.Now
	}
	return call, redactor
}

// storedToken gives the access token that the credential holds, as it is. Whoever
// can renew it puts something better in its place.
func storedToken(c connector.Credential) func(context.Context, string) (string, error) {
	return func(context.Context, string) (string, error) { return c.Data.Text(connector.AccessToken), nil }
}

// Client gives an HTTP client that reaches what the connector may reach with this
// credential. It is cheap: connections are pooled in the network.
func (n *Network) Client(con connector.Connector, cred connector.Credential) *http.Client {
	r := n.routes(con, cred)
	return &http.Client{Transport: roundTripper{routes: r, services: &n.services, public: n.public, upstream: n.upstreams[con.Name].transport}, CheckRedirect: r.checkRedirect}
}

// Dialer gives a function that opens TCP connections to what the connector may
// reach with this credential. Errors are faults.
func (n *Network) Dialer(con connector.Connector, cred connector.Credential) func(ctx context.Context, network, address string) (net.Conn, error) {
	r := n.routes(con, cred)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		check := n.guard.check
		isUpstream, refusal := r.checkAddress(network, address)
		if refusal != nil {
			return nil, refusal
		}
		if isUpstream {
			check = n.guard.checkUpstream
		}
		host, port, _ := net.SplitHostPort(address)
		told, leave, refusal := n.services.get(serviceKey{con.Name, net.JoinHostPort(normalHost(host), port)}).enter(ctx, r.subject(host))
		if refusal != nil {
			return nil, refusal
		}
		defer leave() // how long the connection then stays is the connector's own matter
		conn, err := dial(ctx, network, address, check)
		if err != nil {
			failed := r.failure(host, err, false)
			told(outcome(ctx, nil, failed))
			return nil, failed
		}
		told(nil)
		return conn, nil
	}
}

// CloseIdleConnections closes what no request is using.
func (n *Network) CloseIdleConnections() {
	n.public.CloseIdleConnections()
	for _, u := range n.upstreams {
		u.transport.CloseIdleConnections()
	}
}

// dropStale closes idle connections after a quiet time, by the wall clock: the
// monotonic one may stand still while a Lambda is frozen.
func (n *Network) dropStale() {
	now := time.Now().UnixNano()
	if last := n.lastCall.Swap(now); last != 0 && now-last > int64(quiet) {
		n.CloseIdleConnections()
	}
}
