package outbound

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// maxRedirects is how often one request may be sent on.
const maxRedirects = 5

// routes are the ways that are open to one connector with one credential.
type routes struct {
	connector string
	title     string
	anyHost   bool
	hosts     []string // host, or host:port; in lower case
	upstream  string   // host:port, "" for none
}

func (n *Network) routes(con connector.Connector, cred connector.Credential) routes {
	r := routes{connector: con.Name, title: con.Title, anyHost: con.AnyHost, upstream: n.upstreams[con.Name].hostPort}
	if r.upstream != "" || r.anyHost {
		return r // with an upstream, calls go there and not to the service
	}
	if base, err := url.Parse(con.Base); err == nil && base.Host != "" {
		r.hosts = append(r.hosts, net.JoinHostPort(normalHost(base.Hostname()), portOf(base)))
	}
	for _, h := range con.Hosts {
		if !strings.Contains(h, ":") {
			h = net.JoinHostPort(h, "443") // a vendor's own host is never spoken to in the clear
		}
		r.hosts = append(r.hosts, normalHost(h))
	}
	if con.CredentialHosts != nil && !cred.IsZero() {
		for _, h := range con.CredentialHosts(cred) {
			r.hosts = append(r.hosts, normalHost(h))
		}
	}
	return r
}

// checkURL refuses a URL that the connector may not call.
func (r routes) checkURL(u *url.URL) (isUpstream bool, refusal *fault.Error) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return false, fault.New(fault.AddressNotAllowed, "The address must begin with https:// or http://, not %s:.", u.Scheme)
	case u.User != nil:
		return false, fault.New(fault.AddressNotAllowed, "The address of %s holds a user name or password.", u.Hostname()).
			WithHint("Take it out of the address and use a credential.")
	}
	isUpstream, ok := r.open(u.Hostname(), portOf(u), u.Port() == "")
	if !ok {
		return false, r.refuse(u.Hostname())
	}
	return isUpstream, nil
}

// checkAddress refuses an address that the connector may not open a connection to.
func (r routes) checkAddress(network, address string) (isUpstream bool, refusal *fault.Error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return false, fault.New(fault.AddressNotAllowed, "Connectors may open TCP connections to a host and port only.").Because(err)
	}
	isUpstream, ok := r.open(host, port, true)
	if !ok {
		return false, r.refuse(host)
	}
	return isUpstream, nil
}

// open says whether host and port may be reached. A host that is listed without a
// port is open on the port that goes without saying: the scheme's own, or for a
// connector that opens its own connections the one that its credential names.
func (r routes) open(host, port string, usualPort bool) (isUpstream, ok bool) {
	name := normalHost(host)
	hostPort := net.JoinHostPort(name, port)
	if r.upstream != "" && hostPort == r.upstream {
		return true, true
	}
	if !plainHost(host) {
		return false, false
	}
	if r.anyHost {
		return false, true
	}
	return false, slices.Contains(r.hosts, hostPort) || (usualPort && slices.Contains(r.hosts, name))
}

func (r routes) refuse(host string) *fault.Error {
	f := fault.New(fault.AddressNotAllowed, "%s may not call %s.", r.title, host)
	switch {
	case !plainHost(host):
		return f.WithHint("Write the host as a name, or as an address in its usual form such as 93.184.216.34.")
	case r.upstream != "":
		return f.WithHint("Its calls go to %s, which -upstream has put in the service's place, and nowhere else.", r.upstream)
	default:
		return f.WithHint("It may reach only %s. The service, or whoever answers in its place, pointed elsewhere.", strings.Join(r.hosts, ", "))
	}
}

// checkRedirect is the redirect rule of every client: few hops, to open hosts, never
// from https to http, and without credentials as soon as one hop leaves the origin.
func (r routes) checkRedirect(req *http.Request, via []*http.Request) error {
	first, last := via[0], via[len(via)-1]
	if !r.anyHost && req.Method != last.Method {
		// Following would turn a call that acts into one that reads, and its
		// answer would pass for that of the action.
		return http.ErrUseLastResponse
	}
	if len(via) > maxRedirects {
		return fault.New(fault.UnexpectedStatus, "%s redirected the request more than %d times.", r.subject(first.URL.Hostname()), maxRedirects)
	}
	if last.URL.Scheme == "https" && req.URL.Scheme == "http" {
		return fault.New(fault.AddressNotAllowed, "%s redirected the request from https to http, where anyone on the way could read it.", r.subject(last.URL.Hostname()))
	}
	if _, refusal := r.checkURL(req.URL); refusal != nil {
		return refusal
	}
	// It would tell the next host the address of this one, with what its query holds.
	req.Header.Del("Referer")
	if left(first.URL, append(via[1:len(via):len(via)], req)) {
		for name := range req.Header {
			if !slices.Contains(harmless, name) {
				req.Header.Del(name)
			}
		}
	}
	return nil
}

// harmless are the headers that a redirect to another origin keeps. It lists what
// stays rather than what goes: a service may take its key in a header of any name.
var harmless = []string{"Accept", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Language", "Content-Type", "User-Agent"}

// left says whether any of the hops is to another origin than the first request.
func left(first *url.URL, hops []*http.Request) bool {
	return slices.ContainsFunc(hops, func(hop *http.Request) bool {
		return hop.URL.Scheme != first.Scheme || normalHost(hop.URL.Hostname()) != normalHost(first.Hostname()) || portOf(hop.URL) != portOf(first)
	})
}

// subject is how messages call the other side.
func (r routes) subject(host string) string {
	if r.anyHost {
		return host
	}
	return r.title
}

// normalHost gives a host the form in which hosts are compared.
func normalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// portOf gives the port that a URL stands for, "" where its scheme has no usual one.
func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	switch u.Scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	default:
		return ""
	}
}
