package smtp_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"switchboard/internal/connector"
)

const (
	user   = "alerts@example.com"
	pass   = "canary-2f7Q-password"
	sender = "Example Alerts <alerts@example.com>"
)

// mailServer is a real mail server in the test's process. Its funcs, where set,
// say what it refuses.
type mailServer struct {
	*gosmtp.Server
	config     *tls.Config // for security tls and starttls
	security   string      // "" means none
	mechanisms []string    // of AUTH; empty offers none
	mail, rcpt func(address string) error
	data       func() error

	port int

	mu          sync.Mutex
	connections int
	delivered   []delivery
	commands    []string // MAIL, RCPT, DATA and AUTH as they came
}

// delivery is a message that the server took.
type delivery struct {
	from    string
	to      []string
	content string
	utf8    bool
}

// startMailServer starts a server; configure may change it before.
func startMailServer(t testing.TB, configure func(*mailServer)) *mailServer {
	t.Helper()
	s := &mailServer{mechanisms: []string{sasl.Plain, sasl.Login}}
	s.Server = gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.connections++
		return &mailSession{server: s}, nil
	}))
	s.Domain = "mail.example.com"
	s.AllowInsecureAuth = true
	s.ErrorLog = log.New(io.Discard, "", 0)
	if configure != nil {
		configure(s)
	}
	listener := listen(t)
	s.port = listener.Addr().(*net.TCPAddr).Port
	switch s.security {
	case "tls":
		listener = tls.NewListener(listener, s.config)
	case "starttls":
		s.TLSConfig = s.config
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(listener) // returns when the test closes it
	}()
	t.Cleanup(func() {
		_ = s.Close()
		_ = listener.Close() // which the server may not have seen yet
		<-done
	})
	return s
}

func (s *mailServer) noted(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, command)
}

func (s *mailServer) seen() (connections int, commands []string, delivered []delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections, append([]string(nil), s.commands...), append([]delivery(nil), s.delivered...)
}

// only gives the one message that was delivered.
func (s *mailServer) only(t testing.TB) delivery {
	t.Helper()
	_, _, delivered := s.seen()
	if len(delivered) != 1 {
		t.Fatalf("%d messages were delivered, want 1", len(delivered))
	}
	return delivered[0]
}

type mailSession struct {
	server *mailServer
	now    delivery
}

func (s *mailSession) AuthMechanisms() []string { return s.server.mechanisms }

func (s *mailSession) Auth(mechanism string) (sasl.Server, error) {
	s.server.noted("AUTH " + mechanism)
	check := func(u, p string) error {
		if u != user || p != pass {
			return gosmtp.ErrAuthFailed
		}
		return nil
	}
	if mechanism == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, u, p string) error { return check(u, p) }), nil
}

func (s *mailSession) Mail(from string, opts *gosmtp.MailOptions) error {
	s.server.noted("MAIL " + from)
	s.now = delivery{from: from, utf8: opts.UTF8}
	return answer(s.server.mail, from)
}

func (s *mailSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.server.noted("RCPT " + to)
	if err := answer(s.server.rcpt, to); err != nil {
		return err
	}
	s.now.to = append(s.now.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	s.server.noted("DATA")
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.data != nil {
		if err := s.server.data(); err != nil {
			return err
		}
	}
	s.now.content = string(content)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.delivered = append(s.server.delivered, s.now)
	return nil
}

func (s *mailSession) Reset()        { s.now = delivery{} }
func (s *mailSession) Logout() error { return nil }

func answer(refuse func(string) error, address string) error {
	if refuse == nil {
		return nil
	}
	return refuse(address)
}

// loginServer is the server's side of AUTH LOGIN, which go-sasl has no more.
type loginServer struct {
	check func(user, pass string) error
	user  string
	step  int
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.user, string(response))
	}
}

func reply(code int, text string) *gosmtp.SMTPError {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.NoEnhancedCode, Message: text}
}

// narrow is a size of socket buffers, in bytes, that a large message does not fit:
// its writer has to wait for its reader.
const narrow = 16 << 10

// onDial makes connections narrow on the client's side too, and tells of each.
func onDial(dialled func()) func(*connector.Call) {
	return func(call *connector.Call) {
		dial := call.Dial
		call.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetWriteBuffer(narrow)
			}
			dialled()
			return conn, err
		}
	}
}

// largeBody does not fit narrow buffers.
var largeBody = strings.Repeat("a line of the message\n", 1<<15)

// peer is the other end of a connection to a server that a test plays line by line.
type peer struct {
	net.Conn
	lines *bufio.Reader
}

// startScript starts a server that plays the same script on each connection and
// then closes it. It gives the port.
func startScript(t testing.TB, script func(p *peer)) int {
	t.Helper()
	listener := listen(t)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.(*net.TCPConn).SetReadBuffer(narrow)
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				script(&peer{Conn: conn, lines: bufio.NewReader(conn)})
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return listener.Addr().(*net.TCPAddr).Port
}

// say writes lines; a client that has gone is what some scripts are about.
func (p *peer) say(lines ...string) {
	for _, l := range lines {
		_, _ = io.WriteString(p.Conn, l+"\r\n")
	}
}

// hear reads a line, "" when the client has gone.
func (p *peer) hear() string {
	line, _ := p.lines.ReadString('\n')
	return line
}

// greet plays the beginning of a conversation without encryption and sign-in.
func (p *peer) greet() {
	p.say("220 mail.example.com ready")
	p.hear() // EHLO
	p.say("250 mail.example.com")
}

// upToDATA plays a conversation until DATA was said.
func (p *peer) upToDATA() {
	p.greet()
	p.hear() // MAIL
	p.say("250 sender ok")
	p.hear() // RCPT
	p.say("250 recipient ok")
	p.hear()
}

// take plays a conversation up to and including the end of the message.
func (p *peer) take() {
	p.upToDATA()
	p.say("354 go on")
	for {
		if line := p.hear(); line == ".\r\n" || line == "" {
			return
		}
	}
}

// offerStartTLS plays a conversation until STARTTLS was said.
func (p *peer) offerStartTLS() {
	p.say("220 hello")
	p.hear()
	p.say("250-mail.example.com", "250 STARTTLS")
	p.hear()
}

// offerAuth plays a conversation up to the point where the client signs in.
func (p *peer) offerAuth() {
	p.say("220 hello")
	p.hear()
	p.say("250-mail.example.com", "250 AUTH PLAIN")
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// certificate makes a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t testing.TB, notAfter time.Time) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example.com"},
		NotBefore: notAfter.Add(-24 * time.Hour), NotAfter: notAfter, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"mail.example.com"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, pool
}
