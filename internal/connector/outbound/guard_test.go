package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/fault"
)

var (
	// anywhere is a connector whose action names the host; listed has hosts of its own.
	anywhere = connector.Connector{Name: "http", Title: "HTTP request", AnyHost: true}
	listed   = connector.Connector{Name: "things", Title: "Things", Base: "https://things.example.com", Hosts: []string{"files.example.com"}}
	loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
)

func newNetwork(t testing.TB, cfg outbound.Config) *outbound.Network {
	t.Helper()
	n, err := outbound.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.CloseIdleConnections)
	return n
}

func parseURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// countingServer is a server inside the network that must not be reached.
func countingServer(t testing.TB) (server *httptest.Server, hits *atomic.Int64) {
	t.Helper()
	hits = new(atomic.Int64)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return server, hits
}

// get sends a GET and gives the fault it ends in, nil for none.
func get(t testing.TB, client *http.Client, target string) *fault.Error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		f, ok := errors.AsType[*fault.Error](err)
		if !ok {
			t.Fatalf("the error is no fault: %v", err)
		}
		return f
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return nil
}

// Each of these leads into the network, in one spelling or another. PORT is that
// of a server on loopback that must not be reached.
var inside = map[string]string{
	"Loopback":         "http://127.0.0.1:PORT/",
	"LoopbackHTTPS":    "https://127.0.0.1:PORT/",
	"OtherLoopback":    "http://127.8.9.10:PORT/",
	"NameOfLoopback":   "http://localhost:PORT/",
	"LoopbackWithDot":  "http://127.0.0.1.:PORT/",
	"LoopbackIPv6":     "http://[::1]:PORT/",
	"LoopbackIPv6Long": "http://[0:0:0:0:0:0:0:1]:PORT/",
	"MappedIPv6":       "http://[::ffff:127.0.0.1]:PORT/",
	"MappedIPv6Hex":    "http://[::ffff:7f00:1]:PORT/",
	"CompatibleIPv6":   "http://[::127.0.0.1]:PORT/",
	"NAT64":            "http://[64:ff9b::7f00:1]:PORT/",
	"SixToFour":        "http://[2002:7f00:1::]:PORT/",
	"Teredo":           "http://[2001:0:7f00:1::]:PORT/",
	"Short":            "http://127.1:PORT/",
	"Decimal":          "http://2130706433:PORT/",
	"Hexadecimal":      "http://0x7f000001:PORT/",
	"HexadecimalParts": "http://0x7f.0.0.0x1:PORT/",
	"Octal":            "http://017700000001:PORT/",
	"OctalParts":       "http://0177.0.0.01:PORT/",
	"FullWidthDigits":  "http://１２７.０.０.１:PORT/",
	"CircledDigits":    "http://①②⑦.⓪.⓪.①:PORT/",
	"Unspecified":      "http://0.0.0.0:PORT/",
	"UnspecifiedShort": "http://0:PORT/",
	"UnspecifiedIPv6":  "http://[::]:PORT/",
	"UserBefore":       "http://example.com@127.0.0.1:PORT/",
	"UserAndPassword":  "http://example.com:80@127.0.0.1:PORT/",
	"PrivateTen":       "http://10.0.0.1/",
	"PrivateTwenty":    "http://172.16.0.1/",
	"PrivateThirty":    "http://192.168.1.1/",
	"CarrierNAT":       "http://100.64.0.1/",
	"LinkLocal":        "http://169.254.1.1/",
	"LinkLocalIPv6":    "http://[fe80::1]/",
	"LinkLocalZone":    "http://[fe80::1%25lo]/",
	"UniqueLocalIPv6":  "http://[fd12:3456::1]/",
	"Multicast":        "http://224.0.0.1/",
	"MulticastIPv6":    "http://[ff02::1]/",
	"Broadcast":        "http://255.255.255.255/",
	"Metadata":         "http://169.254.169.254/latest/meta-data/",
	"MetadataDecimal":  "http://2852039166/latest/meta-data/",
	"MetadataMapped":   "http://[::ffff:a9fe:a9fe]/",
	"MetadataIPv6":     "http://[fd00:ec2::254]/",
	"TaskCredentials":  "http://169.254.170.2/",
	"File":             "file:///etc/passwd",
	"Gopher":           "gopher://127.0.0.1:PORT/_x",
	"BackslashHost":    "http://example.com%5c@127.0.0.1:PORT/",
}

func TestInsideIsRefused(t *testing.T) {
	server, hits := countingServer(t)
	port := parseURL(t, server.URL).Port()
	client := newNetwork(t, outbound.Config{}).Client(anywhere, connector.Credential{})
	for name, raw := range inside {
		t.Run(name, func(t *testing.T) {
			before := hits.Load()
			f := get(t, client, strings.ReplaceAll(raw, "PORT", port))
			if f == nil || f.Code != fault.AddressNotAllowed || f.Unsettled {
				t.Errorf("fault = %v, want %s and settled", f, fault.AddressNotAllowed)
			}
			if hits.Load() != before {
				t.Error("the server was reached")
			}
		})
	}
}

func TestAllowNets(t *testing.T) {
	server, hits := countingServer(t)
	target := server.URL + "/"
	tests := map[string]struct {
		allow string
		ok    bool
	}{
		"OK":                {"127.0.0.0/8", true},
		"OKMapped":          {"::ffff:127.0.0.0/104", true},
		"ErrOtherNetwork":   {"10.0.0.0/8", false},
		"ErrSmallerNetwork": {"127.0.0.2/32", false},
		"ErrNetworkOfNAT64": {"64:ff9b::/96", false},
		"ErrNetworkOfIPv6":  {"::1/128", false},
		"OKEverything":      {"0.0.0.0/0", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := hits.Load()
			n := newNetwork(t, outbound.Config{AllowNets: []netip.Prefix{netip.MustParsePrefix(tt.allow)}})
			f := get(t, n.Client(anywhere, connector.Credential{}), target)
			if (f == nil) != tt.ok {
				t.Errorf("fault = %v, want ok %t", f, tt.ok)
			}
			if reached := hits.Load() != before; reached != tt.ok {
				t.Errorf("reached = %t, want %t", reached, tt.ok)
			}
			if f != nil && !strings.Contains(f.Hint, "-allow-net") {
				t.Errorf("hint = %q, want it to name -allow-net", f.Hint)
			}
		})
	}
}

// Whatever is allowed, the places that hand out a cloud's credentials stay shut;
// an operator who allows a whole range does not mean them.
func TestCredentialSourcesStayShut(t *testing.T) {
	everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for _, host := range []string{
		"169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]",
		"[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "168.63.129.16", "100.100.100.200", "192.0.0.192",
	} {
		t.Run(host, func(t *testing.T) {
			asUpstream := map[string]*url.URL{"things": parseURL(t, "http://"+host)}
			n := newNetwork(t, outbound.Config{AllowNets: everything, Upstreams: asUpstream})
			for _, con := range []connector.Connector{anywhere, listed} {
				f := get(t, n.Client(con, connector.Credential{}), "http://"+host+"/")
				if f == nil || f.Code != fault.AddressNotAllowed {
					t.Fatalf("%s: fault = %v, want %s", con.Name, f, fault.AddressNotAllowed)
				}
				if strings.Contains(f.Hint, "-allow-net") {
					t.Errorf("%s: the hint %q names an option that does not help", con.Name, f.Hint)
				}
			}
		})
	}
}

func TestUpstream(t *testing.T) {
	server, hits := countingServer(t)
	other, otherHits := countingServer(t)
	n := newNetwork(t, outbound.Config{Upstreams: map[string]*url.URL{"things": parseURL(t, server.URL+"/prefix")}})
	things := n.Client(listed, connector.Credential{})

	t.Run("OK", func(t *testing.T) {
		if f := get(t, things, server.URL+"/prefix/v1"); f != nil || hits.Load() != 1 {
			t.Errorf("fault = %v, hits = %d; the upstream has to be reachable although it is on loopback", f, hits.Load())
		}
	})
	t.Run("ErrOtherPort", func(t *testing.T) {
		f := get(t, things, other.URL)
		if f == nil || f.Code != fault.AddressNotAllowed || otherHits.Load() != 0 {
			t.Errorf("fault = %v, hits = %d; want %s", f, otherHits.Load(), fault.AddressNotAllowed)
		}
	})
	t.Run("ErrServiceItself", func(t *testing.T) {
		if f := get(t, things, "https://things.example.com/"); f == nil || f.Code != fault.AddressNotAllowed {
			t.Errorf("fault = %v; a call that misses the upstream must not reach the service", f)
		}
	})
	t.Run("ErrOtherConnector", func(t *testing.T) {
		// A connection to the upstream is idle now. Another connector must neither
		// open one nor find this one.
		before := hits.Load()
		f := get(t, n.Client(anywhere, connector.Credential{}), server.URL)
		if f == nil || f.Code != fault.AddressNotAllowed || hits.Load() != before {
			t.Errorf("fault = %v; the upstream of one connector was reached by another", f)
		}
	})
}

func TestNewRefusesUpstream(t *testing.T) {
	for name, raw := range map[string]string{
		"ErrHostRequired": "http://", "ErrPortRequired": "smtp://mail.example.com",
		"ErrUser": "http://user:secret@127.0.0.1:1", "ErrQuery": "http://127.0.0.1:1/?x=y",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := outbound.New(outbound.Config{Upstreams: map[string]*url.URL{"things": parseURL(t, raw)}})
			if err == nil || !strings.Contains(err.Error(), "setting upstream of things") {
				t.Errorf("error = %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows what may be a secret: %v", err)
			}
		})
	}
}

func TestListedHosts(t *testing.T) {
	withHosts := func(hosts ...string) connector.Connector {
		c := listed
		c.CredentialHosts = func(connector.Credential) []string { return hosts }
		return c
	}
	server, _ := countingServer(t)
	port := parseURL(t, server.URL).Port()
	cred := connector.Credential{Type: "t"}
	tests := map[string]struct {
		con    connector.Connector
		target string
		ok     bool
	}{
		"OK":                  {withHosts("127.0.0.1:" + port), "http://127.0.0.1:PORT/", true},
		"OKUpperCase":         {withHosts("LocalHost:" + port), "http://LOCALHOST:PORT/", true},
		"ErrOtherHost":        {listed, "https://evil.example.com/", false},
		"ErrLookalike":        {listed, "https://things.example.com.evil.example/", false},
		"ErrSubdomain":        {listed, "https://x.things.example.com/", false},
		"ErrOtherPort":        {listed, "https://things.example.com:8443/", false},
		"ErrInTheClear":       {listed, "http://things.example.com/", false},
		"ErrInTheClearHost":   {listed, "http://files.example.com/", false},
		"ErrPortNotUsual":     {withHosts("127.0.0.1"), "http://127.0.0.1:PORT/", false},
		"ErrUserTrick":        {listed, "https://things.example.com@127.0.0.1:PORT/", false},
		"ErrNoCredentialHost": {withHosts(), "http://127.0.0.1:PORT/", false},
	}
	n := newNetwork(t, outbound.Config{AllowNets: loopback})
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := get(t, n.Client(tt.con, cred), strings.ReplaceAll(tt.target, "PORT", port))
			if tt.ok && f != nil {
				t.Errorf("fault = %v, want none", f)
			}
			if !tt.ok && (f == nil || f.Code != fault.AddressNotAllowed) {
				t.Errorf("fault = %v, want %s", f, fault.AddressNotAllowed)
			}
		})
	}
}

func TestDialer(t *testing.T) {
	server, _ := countingServer(t)
	host, port := parseURL(t, server.URL).Hostname(), parseURL(t, server.URL).Port()
	mail := connector.Connector{Name: "smtp", Title: "SMTP", CredentialHosts: func(connector.Credential) []string { return []string{"127.0.0.1"} }}
	tests := map[string]struct {
		con              connector.Connector
		cfg              outbound.Config
		network, address string
		want             fault.Code // "" for a connection
	}{
		"OK":                 {mail, outbound.Config{AllowNets: loopback}, "tcp", host + ":" + port, ""},
		"OKUpstream":         {mail, outbound.Config{Upstreams: map[string]*url.URL{"smtp": parseURL(t, "smtp://127.0.0.1:"+port)}}, "tcp", host + ":" + port, ""},
		"ErrLoopback":        {mail, outbound.Config{}, "tcp", host + ":" + port, fault.AddressNotAllowed},
		"ErrOtherHost":       {mail, outbound.Config{AllowNets: loopback}, "tcp", "127.0.0.2:" + port, fault.AddressNotAllowed},
		"ErrPastTheUpstream": {mail, outbound.Config{AllowNets: loopback, Upstreams: map[string]*url.URL{"smtp": parseURL(t, "smtp://127.0.0.1:1")}}, "tcp", host + ":" + port, fault.AddressNotAllowed},
		"ErrUDP":             {anywhere, outbound.Config{AllowNets: loopback}, "udp", host + ":" + port, fault.AddressNotAllowed},
		"ErrNoPort":          {anywhere, outbound.Config{AllowNets: loopback}, "tcp", host, fault.AddressNotAllowed},
		"ErrRefused":         {anywhere, outbound.Config{AllowNets: loopback}, "tcp", "127.0.0.1:1", fault.ServiceUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn, err := newNetwork(t, tt.cfg).Dialer(tt.con, connector.Credential{Type: "smtp"})(t.Context(), tt.network, tt.address)
			if err == nil {
				if tt.want != "" {
					t.Errorf("connected; want %s", tt.want)
				}
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != tt.want || f.Unsettled {
				t.Errorf("error = %v, want %q and settled", err, tt.want)
			}
		})
	}
}

// FuzzPlainHost holds the check against what the C library reads as an address:
// what that takes for one has to be written in its usual form to pass.
func FuzzPlainHost(f *testing.F) {
	for _, raw := range inside {
		f.Add(strings.TrimSuffix(strings.TrimPrefix(raw, "http://"), ":PORT/"))
	}
	for _, host := range []string{"example.com", "1e100.net", "xn--bcher-kva.example", "93.184.216.34", "a.0xg", "0x", "1.2.3.4.5", "08", ""} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		_, err := netip.ParseAddr(host)
		if readAsAddress(strings.TrimSuffix(host, ".")) && err != nil && outbound.PlainHost(host) {
			t.Errorf("%q passes as a name, but is read as an address", host)
		}
	})
}

// readAsAddress says whether inet_aton takes the text: up to four numbers, decimal,
// octal or hexadecimal.
func readAsAddress(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return false
	}
	for _, p := range parts {
		if lower := strings.ToLower(p); strings.ContainsAny(p, "_+-") || strings.HasPrefix(lower, "0b") || strings.HasPrefix(lower, "0o") {
			return false // spellings that only Go knows
		}
		if _, err := strconv.ParseUint(p, 0, 32); err != nil {
			return false
		}
	}
	return true
}
