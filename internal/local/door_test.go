package local_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/httpapi"
	"switchboard/internal/local"
)

// serve runs a whole stack on a port of loopback.
func serve(t *testing.T, publicURL string) (address string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	stack, err := local.Open(t.Context(), local.Config{Data: t.TempDir(), Token: "owner-token", PublicURL: publicURL, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := local.NewServer(stack.Handler, publicURL, log)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := stack.StopRunning(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// raw sends bytes as they are, and gives the statuses of all answers until the server
// closes the connection or has nothing more to say.
func raw(t *testing.T, address, request string) (statuses []int, closed bool) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(700 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			timeout, ok := err.(net.Error) //nolint:errorlint // of the connection itself
			return statuses, !ok || !timeout.Timeout()
		}
		statuses = append(statuses, answer.StatusCode)
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return statuses, true
		}
		_ = answer.Body.Close()
	}
}

const bearer = "Authorization: Bearer owner-token\r\n"

// A page of somebody else's in this machine's browser: under a name that was made to
// lead here, or sending across origins.
func TestDoor(t *testing.T) {
	address := serve(t, "http://switchboard.example.com")
	_, port, _ := net.SplitHostPort(address)
	for name, c := range map[string]struct {
		request, header string
		want            int
	}{
		"OKAddress":          {"GET /v1/agents", "Host: " + address, 200},
		"OKOtherPort":        {"GET /v1/agents", "Host: 127.0.0.1:1", 200},
		"OKLocalhost":        {"GET /v1/agents", "Host: LocalHost:" + port, 200},
		"OKBelowLocalhost":   {"GET /v1/agents", "Host: app.localhost:" + port, 200},
		"OKIPv6":             {"GET /v1/agents", "Host: [::1]:" + port, 200},
		"OKPublic":           {"GET /v1/agents", "Host: switchboard.example.com", 200},
		"ErrRebound":         {"GET /v1/agents", "Host: evil.example.com:" + port, 421},
		"ErrReboundHealth":   {"GET /healthz", "Host: evil.example.com", 421},
		"ErrReboundHook":     {"POST /hooks/x", "Host: evil.example.com", 421},
		"ErrSuffix":          {"GET /v1/agents", "Host: notlocalhost", 421},
		"ErrSuffixOfPublic":  {"GET /v1/agents", "Host: switchboard.example.com.evil.example", 421},
		"ErrReboundByTarget": {"GET http://evil.example.com/v1/agents", "Host: 127.0.0.1", 421},

		"OKOwnPage":       {"POST /v1/workflows/check", "Host: " + address + "\r\nOrigin: http://" + address, 400},
		"OKPublicOrigin":  {"POST /v1/workflows/check", "Host: " + address + "\r\nOrigin: http://switchboard.example.com", 400},
		"OKSameOrigin":    {"POST /v1/workflows/check", "Host: " + address + "\r\nSec-Fetch-Site: same-origin", 400},
		"ErrOtherOrigin":  {"POST /v1/workflows/check", "Host: " + address + "\r\nOrigin: https://evil.example.com", 403},
		"ErrOtherPort":    {"POST /v1/workflows/check", "Host: " + address + "\r\nOrigin: http://127.0.0.1:1", 403},
		"ErrNullOrigin":   {"POST /v1/workflows/check", "Host: " + address + "\r\nOrigin: null", 403},
		"ErrCrossSite":    {"DELETE /v1/agents/agt_1", "Host: " + address + "\r\nSec-Fetch-Site: cross-site", 403},
		"ErrPreflight":    {"OPTIONS /v1/agents", "Host: " + address + "\r\nOrigin: https://evil.example.com\r\nAccess-Control-Request-Method: POST", 405},
		"OKHookFromAPage": {"POST /hooks/none", "Host: " + address + "\r\nOrigin: https://shop.example.com", 404},
	} {
		t.Run(name, func(t *testing.T) {
			statuses, _ := raw(t, address, c.request+" HTTP/1.1\r\n"+c.header+"\r\n"+bearer+"Content-Length: 0\r\nConnection: close\r\n\r\n")
			if len(statuses) != 1 || statuses[0] != c.want {
				t.Errorf("statuses = %v, want %d", statuses, c.want)
			}
		})
	}
	t.Run("NoAnswerLetsAPageRead", func(t *testing.T) {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodOptions, "http://"+address+"/v1/agents", nil)
		r.Header.Set("Origin", "https://evil.example.com")
		r.Header.Set("Access-Control-Request-Method", "POST")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		for name := range answer.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("the answer to a preflight has %s", name)
			}
		}
	})
}

// What one parser takes for one request and another for two is refused, and so is what
// is not HTTP: nothing that was sent as a body is ever answered as a request.
func TestSmuggling(t *testing.T) {
	address := serve(t, "http://127.0.0.1")
	const hidden = "GET /v1/agents HTTP/1.1\r\nHost: 127.0.0.1\r\n" + bearer + "\r\n"
	post := "POST /hooks/none HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	for name, c := range map[string]struct {
		request string
		want    []int
	}{
		"LengthAndChunked":       {post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, []int{404}},
		"TwoLengths":             {post + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + hidden, []int{400}},
		"LengthWithSign":         {post + "Content-Length: +5\r\n\r\nhello" + hidden, []int{400}},
		"LengthNegative":         {post + "Content-Length: -1\r\n\r\n" + hidden, []int{400}},
		"LengthTooLarge":         {post + "Content-Length: 99999999999999999999\r\n\r\n" + hidden, []int{400}},
		"LengthList":             {post + "Content-Length: 0, 5\r\n\r\n" + hidden, []int{400}},
		"UnknownEncoding":        {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden, []int{501}},
		"ObscuredEncoding":       {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, []int{501}},
		"TwoEncodings":           {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden, []int{501}},
		"SpaceBeforeColon":       {post + "Content-Length : 5\r\n\r\nhello" + hidden, []int{400}},
		"FoldedHeader":           {post + "X-A: b\r\n Content-Length: 5\r\n\r\n", []int{404}},
		"NULInHeader":            {post + "X-A: a\x00b\r\n\r\n" + hidden, []int{400}},
		"NULInName":              {post + "X\x00A: a\r\n\r\n" + hidden, []int{400}},
		"LoneReturnInHeader":     {post + "X-A: a\rTransfer-Encoding: chunked\r\n\r\n" + hidden, []int{400}},
		"ChunkSizeNotHex":        {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + hidden, []int{400}},
		"ChunkSizeTooLarge":      {post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + hidden, []int{400}},
		"NoHost":                 {"GET /healthz HTTP/1.1\r\n\r\n" + hidden, []int{400}},
		"TwoHosts":               {"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example.com\r\n\r\n" + hidden, []int{400}},
		"NoSuchVersion":          {"GET /healthz HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n" + hidden, []int{505}},
		"MethodWithSpace":        {"GET  /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + hidden, []int{400}},
		"AnotherProtocol":        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", []int{400}},
		"HeaderTooLarge":         {post + "X-A: " + strings.Repeat("a", 200<<10) + "\r\n\r\n", []int{431}},
		"TooManyHeaders":         {post + strings.Repeat("X-A: aaaaaaaaaa\r\n", 20_000) + "\r\n", []int{431}},
		"TargetTooLong":          {"GET /" + strings.Repeat("a", 200<<10) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", []int{431}},
		"TwoHonestRequestsInOne": {"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + hidden, []int{200, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			statuses, closed := raw(t, address, c.request)
			if fmt.Sprint(statuses) != fmt.Sprint(c.want) {
				t.Errorf("statuses = %v, want %v", statuses, c.want)
			}
			refused := c.want[0] >= 400 && c.want[0] != 404
			if (refused || strings.Contains(name, "Chunked")) && !closed {
				t.Error("the connection stays open, and what follows would be read as a request")
			}
		})
	}
}

// Every spelling of a path is one address or none: what would be cleaned or decoded
// once more never becomes another route, and none gets in without a token.
func TestPaths(t *testing.T) {
	address := serve(t, "http://127.0.0.1")
	for path, want := range map[string]int{
		"/v1/agents":                              200,
		"/v1/agents/../credentials":               307, // to the clean path, which asks for the token again
		"/v1//agents":                             307,
		"/hooks/../v1/agents":                     307,
		"/v1/agents/%2e%2e/credentials":           404,
		"/v1/agents/..%2fcredentials":             404,
		"/v1/agents%2fagt_1":                      404,
		"/v1%2fagents":                            404,
		"/v1/agents/%252e%252e%252fcredentials":   404,
		"/v1/agents/agt_1%00":                     404,
		"/v1/agents/agt_1%0d%0aX-A:%20b":          404,
		"/v1/agents/%ff%fe":                       404,
		"/v1/agents/..%5ccredentials":             404,
		"/V1/agents":                              404,
		"/v1/agents/":                             404,
		"/v1/agents;a=b":                          404,
		"/v1/agents/" + strings.Repeat("a", 9000): 404,
		"/v1/agents/%zz":                          400,
		"/v1/agents?limit=%zz":                    400,
		"/v1/agents?limit=10;cursor=x":            400,
		"*":                                       404,
	} {
		t.Run(path[:min(len(path), 40)], func(t *testing.T) {
			for _, c := range []struct {
				auth string
				want int
			}{{bearer, want}, {"", 0}} {
				statuses, _ := raw(t, address, "GET "+path+" HTTP/1.1\r\nHost: 127.0.0.1\r\n"+c.auth+"Connection: close\r\n\r\n")
				if len(statuses) != 1 || (c.want != 0 && statuses[0] != c.want) {
					t.Errorf("statuses = %v, want %d", statuses, c.want)
				}
				if c.auth == "" && len(statuses) == 1 && statuses[0] == 200 {
					t.Error("it answers without a token")
				}
			}
		})
	}
}

// Clients that stall are cut off in the end, each at the limit for what it stalls at.
func TestSlowClients(t *testing.T) {
	const half = "POST /v1/agents HTTP/1.1\r\nHost: 127.0.0.1\r\n" + bearer
	for name, c := range map[string]struct {
		sent         string
		after, until time.Duration
		answer       string
	}{
		"Nothing":         {"", 9 * time.Second, 11 * time.Second, ""},
		"HalfAHeader":     {half, 9 * time.Second, 11 * time.Second, ""},
		"HalfABody":       {half + "Content-Length: 20\r\n\r\n{\"name\"", 19 * time.Second, 21 * time.Second, "400 Bad Request"},
		"IdleAfterAnswer": {"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", time.Minute, 3 * time.Minute, "200 OK"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				authenticate := func(context.Context, string) (account.Principal, error) { return local.Owner(), nil }
				api := httpapi.Serve(httpapi.Options{Authenticate: authenticate}, httpapi.Agents{})
				server := local.NewServer(api, "http://127.0.0.1", slog.New(slog.DiscardHandler))
				ours, theirs := net.Pipe()
				l := &pipe{conns: make(chan net.Conn, 1)}
				l.conns <- theirs
				go func() { _ = server.Serve(l) }()
				began := time.Now()
				go func() { _, _ = io.WriteString(ours, c.sent) }()
				answer, err := io.ReadAll(ours) // until the server closes
				if took := time.Since(began); err != nil || took < c.after || took > c.until {
					t.Errorf("closed after %s with %v, want %s to %s", took, err, c.after, c.until)
				}
				if !strings.HasPrefix(strings.TrimPrefix(string(answer), "HTTP/1.1 "), c.answer) || (c.answer == "" && len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.1 408")) {
					t.Errorf("answer = %q, want %q", answer, c.answer)
				}
				if err := errors.Join(server.Close(), ours.Close()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// pipe is a listener for the ends of pipes.
type pipe struct{ conns chan net.Conn }

func (p *pipe) Accept() (net.Conn, error) {
	if c, ok := <-p.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p *pipe) Close() error   { close(p.conns); return nil }
func (p *pipe) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
