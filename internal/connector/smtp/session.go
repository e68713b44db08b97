package smtp

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/letter"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

const (
	// longest is how long a conversation may take where the caller sets no earlier end.
	longest = 2 * time.Minute
	// goodbye is how long a server is given to answer QUIT; nothing depends on it.
	goodbye = 2 * time.Second
	// mostHeard is how many bytes a server may send. Replies are short; the rest is
	// for certificates and many recipients.
	mostHeard = 512 << 10
)

// server is where mail is handed in, and how the connection to it is protected.
type server struct {
	host     string
	port     int
	security string
	words    func(string) string // makes the server's text fit to be shown
}

// serverOf reads the credential. An upstream replaces host and port; its scheme
// smtp, smtps or smtp+starttls also says how it is protected (none, tls,
// starttls), with another scheme that stays as the credential has it.
func serverOf(call *connector.Call) server {
	data := call.Credential.Data
	s := server{
		host: data.Text(host), port: data.Int(port), security: data.Text(security),
		words: func(text string) string { return rest.Words(call, text) },
	}
	if up := call.Upstream; up != nil {
		s.host = up.Hostname()
		s.port, _ = strconv.Atoi(up.Port())
		switch up.Scheme {
		case "smtp":
			s.security = securityNone
		case "smtps":
			s.security = securityTLS
		case "smtp+starttls":
			s.security = securityStartTLS
		}
	}
	if s.port == 0 {
		s.port = map[string]int{securityTLS: 465, securityStartTLS: 587, securityNone: 25}[s.security]
	}
	return s
}

func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// session is one conversation with a server, signed in.
type session struct {
	server
	client *gosmtp.Client
	conn   net.Conn
	// unwatch ends the watch on the context; it says whether the context was still alive.
	unwatch func() bool
}

// connect opens a conversation: connection, encryption, sign-in.
func (m mailer) connect(ctx context.Context, call *connector.Call, sender mail.Address) (*session, error) {
	s := &session{server: serverOf(call)}
	conn, err := call.Dial(ctx, "tcp", s.address())
	if err != nil {
		return nil, s.explain(ctx, connecting, err)
	}
	s.conn = &bounded{Conn: conn, left: mostHeard}
	// The client knows no context; a deadline in the past makes it give up at once.
	s.unwatch = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	if err := m.greet(ctx, s, sender); err != nil {
		s.close()
		return nil, err
	}
	if err := s.signIn(ctx, call); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// greet goes as far as the encrypted connection.
func (m mailer) greet(ctx context.Context, s *session, sender mail.Address) error {
	config := &tls.Config{ServerName: s.host, RootCAs: m.roots, MinVersion: tls.VersionTLS12}
	conn := s.conn
	if s.security == securityTLS {
		encrypted := tls.Client(conn, config)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return s.explain(ctx, securing, err)
		}
		conn = encrypted
	}
	client, err := gosmtp.NewClient(conn, s.host)
	if err != nil {
		return s.explain(ctx, greeting, err)
	}
	s.client = client
	// A name of our own would tell where we run, and some servers refuse
	// "localhost"; the sender's domain is true and is in the message anyway.
	_, domain := letter.Split(sender)
	if err := client.Hello(domain); err != nil {
		return s.explain(ctx, greeting, err)
	}
	if s.security != securityStartTLS {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return fault.New(fault.InvalidInput, "The mail server %s does not offer STARTTLS.", s.address()).
			WithHint("If the port is 465, choose security tls. Nothing was sent: a declared encryption is never left out.")
	}
	if err := client.StartTLS(config); err != nil {
		return s.explain(ctx, securing, err)
	}
	return nil
}

// signIn proves who we are, where the credential has a user name. What the user
// chose as security is in place by now; with "none" the password goes as it is.
//
// It speaks by itself because the client, once refused, sends "*" and waits for
// the answer to that, which a server in doubt may never give.
func (s *session) signIn(ctx context.Context, call *connector.Call) error {
	user, secret := call.Credential.Data.Text(username), call.Credential.Data.Secret(password)
	switch {
	case user == "" && secret.IsZero():
		return nil
	case user == "":
		return fault.New(fault.InvalidInput, "The credential has a password, but no user name.").
			WithHint("Enter the user name, which is often the whole email address; or remove both for a relay without sign-in.")
	case secret.IsZero():
		return fault.New(fault.InvalidInput, "The credential has a user name, but no password.").
			WithHint("Enter the password; or remove both for a relay without sign-in.")
	}
	// What PLAIN sends is the password in a form that is not found by looking for the password.
	call.Hide("\x00" + user + "\x00" + secret.Reveal())

	offered, list := s.client.Extension("AUTH")
	if !offered {
		return fault.New(fault.InvalidInput, "The mail server %s offers no sign-in on this connection.", s.address()).
			WithHint("Servers often offer it only with encryption, or only on port 587 or 465. For a relay without sign-in, leave user name and password empty.")
	}
	var lines []string
	switch mechanisms := strings.Fields(strings.ToUpper(list)); {
	case slices.Contains(mechanisms, "PLAIN"):
		lines = []string{"AUTH PLAIN " + encode("\x00"+user+"\x00"+secret.Reveal())}
	case slices.Contains(mechanisms, "LOGIN"):
		lines = []string{"AUTH LOGIN", encode(user), encode(secret.Reveal())}
	default:
		return fault.New(fault.AuthFailed, "The mail server %s offers only these ways to sign in: %s.", s.address(), s.words(list)).
			WithHint("PLAIN or LOGIN is needed. Providers that want OAuth have a connector of their own, such as Gmail, or app passwords.")
	}
	for i, line := range lines {
		want := 334 // go on
		if i == len(lines)-1 {
			want = 235 // signed in
		}
		if err := s.command(want, line); err != nil {
			return s.explain(ctx, signingIn, err)
		}
	}
	return nil
}

// command sends a line and expects a reply with this code.
func (s *session) command(want int, line string) error {
	text := s.client.Text
	id, err := text.Cmd("%s", line)
	if err != nil {
		return err
	}
	text.StartResponse(id)
	defer text.EndResponse(id)
	_, _, err = text.ReadResponse(want)
	return err
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// close says goodbye where the conversation is in order, and ends the connection.
// It must not be polite in the middle of a message: the next command would end it.
func (s *session) close() {
	if s.unwatch() && s.client != nil && s.client.HasConnection() {
		_ = s.conn.SetDeadline(time.Now().Add(goodbye))
		_ = s.client.Quit()
	}
	_ = s.conn.Close()
}

// drop ends the connection without a word.
func (s *session) drop() {
	_ = s.client.Close()
}

// bounded is a connection over which a server may not send without end.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, fault.New(fault.BadResponse, "The mail server sent more than mail servers do.").
			WithHint("Check host and port.")
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
