package outbound_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/fault"
)

func rootsOf(server *httptest.Server) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return roots
}

// rawServer answers each connection by hand.
func rawServer(t testing.TB, serve func(net.Conn)) (base string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // closed by the test already, or by this
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // the listener was closed
			}
			go func() {
				defer func() { _ = conn.Close() }() // what is left is the client's to notice
				serve(conn)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// readRequest reads one request to its end.
func readRequest(conn net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err == nil {
		_, _ = io.Copy(io.Discard, req.Body) // it was sent, which is all that matters
	}
}

// Unsettled has to be exact: true where the service may have acted and its answer
// is missing, false where it cannot have acted or has said what it did.
func TestUnsettled(t *testing.T) {
	client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
	answering := func(answer string) func(net.Conn) {
		return func(conn net.Conn) {
			readRequest(conn)
			_, _ = io.WriteString(conn, answer) // a client that has gone is a failed test anyway
		}
	}
	tests := map[string]struct {
		serve     func(net.Conn) // nil for a port on which nobody listens
		https     bool
		unsettled bool
		message   string
	}{
		"ConnectionRefused":    {nil, false, false, "refused the connection"},
		"NotTLS":               {func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") }, true, false, "does not speak TLS"},
		"HungUpInTheHandshake": {func(net.Conn) {}, true, false, "could not be reached"},
		"HungUpAfterRequest":   {readRequest, false, true, "was lost before it answered"},
		"HungUpInTheHeaders":   {answering("HTTP/1.1 200 OK\r\nContent-Type: te"), false, true, "was lost before it answered"},
		"NotHTTP":              {answering("220 mail.example.com ESMTP\r\n"), false, true, "was lost before it answered"},
		"CutOff":               {answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), false, true, "was cut off"},
		"CutOffChunk":          {answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf"), false, true, "was cut off"},
		"CutOffRefusal":        {answering("HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\nhalf"), false, false, "was cut off"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			base := "http://127.0.0.1:1"
			if tt.serve != nil {
				base = rawServer(t, tt.serve)
			}
			if tt.https {
				base = strings.Replace(base, "http:", "https:", 1)
			}
			f := post(t, t.Context(), client, base)
			if f == nil || f.Code != fault.ServiceUnavailable || f.Unsettled != tt.unsettled || !strings.Contains(f.Message, tt.message) {
				t.Errorf("fault = %+v, want %s, unsettled %t, message with %q", f, fault.ServiceUnavailable, tt.unsettled, tt.message)
			}
		})
	}
}

// post sends a body and reads the answer; it gives the fault in which that ends.
func post(t testing.TB, ctx context.Context, client *http.Client, target string) *fault.Error { //nolint:revive // the context is what is tested
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader("order"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close() // the read said it all
	}
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("the error is no fault: %v", err)
	}
	return f
}

func TestInterrupted(t *testing.T) {
	reached := make(chan struct{}, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush() // a server of net/http can always flush
		}
		_, _ = io.Copy(io.Discard, r.Body) // only then does a server see that its client has gone
		reached <- struct{}{}
		<-r.Context().Done()
	})
	for protocol, start := range map[string]func(*testing.T) *httptest.Server{
		"HTTP1": func(*testing.T) *httptest.Server { return httptest.NewServer(handler) },
		"HTTP2": func(*testing.T) *httptest.Server {
			s := httptest.NewUnstartedServer(handler)
			s.EnableHTTP2 = true
			s.StartTLS()
			return s
		},
	} {
		for _, path := range []string{"/answer", "/body"} {
			t.Run(protocol+path, func(t *testing.T) {
				server := start(t)
				defer server.Close()
				cfg := outbound.Config{AllowNets: loopback}
				if server.Certificate() != nil {
					cfg.RootCAs = rootsOf(server)
				}
				client := newNetwork(t, cfg).Client(anywhere, connector.Credential{})
				ctx, cancel := context.WithCancel(t.Context())
				go func() { <-reached; cancel() }()
				f := post(t, ctx, client, server.URL+path)
				if f == nil || f.Code != fault.ServiceUnavailable || !f.Unsettled || !errors.Is(f, context.Canceled) {
					t.Errorf("fault = %+v, want %s, unsettled, by the cancelled context", f, fault.ServiceUnavailable)
				}
			})
		}
	}
}

func TestCancelledBefore(t *testing.T) {
	server, hits := countingServer(t)
	client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := post(t, ctx, client, server.URL)
	if f == nil || f.Code != fault.ServiceUnavailable || f.Unsettled || hits.Load() != 0 {
		t.Errorf("fault = %+v, hits = %d; want %s, settled", f, hits.Load(), fault.ServiceUnavailable)
	}
}

// Pooled connections that the peer has closed. A request that was not written is
// sent on another one; one that was is sent once, and lost.
func TestStaleConnection(t *testing.T) {
	var connections, requests atomic.Int64
	base := rawServer(t, func(conn net.Conn) {
		connections.Add(1)
		readRequest(conn)
		requests.Add(1)
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n") // and hangs up without saying so
	})
	client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
	var answered, lost int64
	for i := range 100 {
		f := post(t, t.Context(), client, base)
		switch {
		case f == nil:
			answered++
		case f.Unsettled:
			lost++
		default:
			t.Errorf("request %d: fault = %+v; nothing was sent, so it could have been sent again", i, f)
		}
	}
	if connections.Load() < 2 {
		t.Error("the server saw one connection; the test tests nothing")
	}
	if n := requests.Load(); n < answered || n > answered+lost {
		t.Errorf("the server saw %d requests; %d were answered and %d lost", n, answered, lost)
	}
}

func TestQuietTimeDropsConnections(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	n := newNetwork(t, outbound.Config{AllowNets: loopback})
	call := func() {
		c, _ := n.NewCall(anywhere, outbound.Task{})
		if f := get(t, c.HTTP, server.URL); f != nil {
			t.Fatal(f)
		}
	}
	call()
	call()
	if got := connections.Load(); got != 1 {
		t.Fatalf("two calls made %d connections, want one", got)
	}
	n.LastCallAt(time.Now().Add(-time.Minute))
	call()
	if got := connections.Load(); got != 2 {
		t.Errorf("after a minute's quiet there are %d connections, want a second one", got)
	}
}

func TestCertificates(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.Proto) })
	start := func(t *testing.T, config *tls.Config) *httptest.Server {
		s := httptest.NewUnstartedServer(handler)
		s.TLS = config
		s.EnableHTTP2 = true
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // it would report the handshakes that have to fail
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	t.Run("OK", func(t *testing.T) {
		s := start(t, nil)
		n := newNetwork(t, outbound.Config{AllowNets: loopback, RootCAs: rootsOf(s)})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := n.Client(anywhere, connector.Credential{}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }() // of a test
		if resp.ProtoMajor != 2 {
			t.Errorf("protocol = %s, want HTTP/2", resp.Proto)
		}
	})
	t.Run("ErrUnknownAuthority", func(t *testing.T) {
		s := start(t, nil)
		f := post(t, t.Context(), newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{}), s.URL)
		if f == nil || f.Code != fault.ServiceUnavailable || f.Unsettled || !strings.Contains(f.Message, "certificate") {
			t.Errorf("fault = %+v, want it to name the certificate", f)
		}
	})
	t.Run("ErrOldTLS", func(t *testing.T) {
		s := start(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		n := newNetwork(t, outbound.Config{AllowNets: loopback, RootCAs: rootsOf(s)})
		f := post(t, t.Context(), n.Client(anywhere, connector.Credential{}), s.URL)
		if f == nil || f.Code != fault.ServiceUnavailable || f.Unsettled {
			t.Errorf("fault = %+v, want TLS 1.1 to be refused", f)
		}
	})
}

func TestAnswerIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refusal" {
			w.WriteHeader(http.StatusBadRequest)
		}
		size := outbound.MaxAnswer
		if r.URL.Path != "/full" {
			size++
		}
		_, _ = w.Write(make([]byte, size)) // a client that stops reading is what is tested
	}))
	t.Cleanup(server.Close)
	client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
	tests := map[string]struct {
		path      string
		ok        bool
		unsettled bool
	}{
		"OK":              {"/full", true, false},
		"ErrTooLarge":     {"/more", false, true},
		"ErrLargeRefusal": {"/refusal", false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := post(t, t.Context(), client, server.URL+tt.path)
			if tt.ok {
				if f != nil {
					t.Errorf("fault = %v for an answer of %d bytes", f, outbound.MaxAnswer)
				}
				return
			}
			if f == nil || f.Code != fault.OutputTooLarge || f.Unsettled != tt.unsettled {
				t.Errorf("fault = %+v, want %s, unsettled %t", f, fault.OutputTooLarge, tt.unsettled)
			}
		})
	}
}
