package outbound

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"

	"switchboard/internal/fault"
)

// credentialSources are addresses at which a cloud gives credentials and secrets
// of the machine to whoever asks from it. No option opens them.
var credentialSources = []netip.Prefix{
	netip.MustParsePrefix("169.254.169.254/32"), // instance metadata: AWS, Azure, Google, Oracle, DigitalOcean
	netip.MustParsePrefix("169.254.170.0/24"),   // task and pod credentials: ECS, EKS
	netip.MustParsePrefix("fd00:ec2::/32"),      // the same of AWS over IPv6
	netip.MustParsePrefix("fd20:ce::254/128"),   // Google, over IPv6
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure's wire server
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba
	netip.MustParsePrefix("192.0.0.192/32"),     // Oracle
}

// guard judges addresses as they are dialled.
type guard struct{ public *ssrf.Guardian }

func newGuard(allow []netip.Prefix) guard {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return guard{public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))}
}

// check refuses addresses that are neither public nor allowed.
func (g guard) check(host string, addr netip.Addr) error {
	if err := g.checkUpstream(host, addr); err != nil {
		return err
	}
	err := g.public.SafeAddr(addr)
	if v4, ok := translated(addr); ok && err == nil {
		err = g.public.SafeAddr(v4)
	}
	if err == nil {
		return nil
	}
	return fault.New(fault.AddressNotAllowed, "%s leads to an address on a loopback, private or reserved network, which connectors may not reach.", host).
		WithHint("If it is meant to be reached, whoever runs Switchboard can allow its network: start it with -allow-net and the network, such as -allow-net 10.0.0.0/8.").
		Because(err)
}

// checkUpstream refuses only what nobody can allow.
func (g guard) checkUpstream(host string, addr netip.Addr) error {
	v4, isTranslated := translated(addr)
	for _, p := range credentialSources {
		if p.Contains(addr) || (isTranslated && p.Contains(v4)) {
			return fault.New(fault.AddressNotAllowed, "%s leads to an address where a cloud hands out the credentials of its machines.", host).
				WithHint("No connector may reach it, and no option allows it.")
		}
	}
	return nil
}

// translated gives the IPv4 address that a NAT64 gateway would connect to.
func translated(addr netip.Addr) (netip.Addr, bool) {
	if !ssrf.IPv6NAT64Prefix.Contains(addr) {
		return netip.Addr{}, false
	}
	b := addr.As16()
	return netip.AddrFrom4([4]byte(b[12:])), true
}

// dial opens a TCP connection. check sees each address just before it is
// connected to, so what a name resolved to earlier does not matter.
func dial(ctx context.Context, network, address string, check func(host string, addr netip.Addr) error) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout, Control: func(network, address string, _ syscall.RawConn) error {
		if network != "tcp4" && network != "tcp6" {
			return fault.New(fault.AddressNotAllowed, "Connectors may open TCP connections only, not %s.", network)
		}
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fault.New(fault.AddressNotAllowed, "%s leads to an address that cannot be checked.", host).Because(err)
		}
		return check(host, to.Addr().Unmap().WithZone(""))
	}}
	return d.DialContext(ctx, network, address)
}

// plainHost says whether a host is a name or an address in its one usual form.
// Other spellings of an address (127.1, 0x7f.1, 017700000001, a zone) are read
// differently by different resolvers, so they are refused rather than guessed at.
func plainHost(host string) bool {
	if host == "" || strings.ContainsAny(host, "%@/\\ ") {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	if hex, ok := strings.CutPrefix(strings.ToLower(last), "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") != ""
	}
	return last != "" && strings.Trim(last, "0123456789") != ""
}
