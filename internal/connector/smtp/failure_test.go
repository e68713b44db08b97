package smtp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/smtp"
	"switchboard/internal/fault"
)

func TestSendEmailSecurity(t *testing.T) {
	config, roots := certificate(t, time.Now().Add(time.Hour))
	for _, security := range []string{"tls", "starttls", "none"} {
		for _, mechanism := range []string{"PLAIN", "LOGIN"} {
			t.Run(security+"/"+mechanism, func(t *testing.T) {
				server := startMailServer(t, func(s *mailServer) {
					s.security, s.config, s.mechanisms = security, config, []string{mechanism}
					s.AllowInsecureAuth = security != "starttls" // go-smtp then offers AUTH only after the switch
				})
				if _, err := send(t.Context(), t, smtp.NewTrusting(roots), account(server.port, map[string]any{"security": security}), letter(nil)); err != nil {
					t.Fatal(err)
				}
				server.only(t)
				if _, commands, _ := server.seen(); commands[0] != "AUTH "+mechanism {
					t.Errorf("commands = %v, want AUTH %s first", commands, mechanism)
				}
			})
		}
	}
	t.Run("NoSignIn", func(t *testing.T) {
		server := startMailServer(t, func(s *mailServer) { s.mechanisms = nil })
		if _, err := send(t.Context(), t, smtp.New(), account(server.port, anonymous), letter(nil)); err != nil {
			t.Fatal(err)
		}
		server.only(t)
	})
}

func TestUpstreamReplacesServerAndSecurity(t *testing.T) {
	config, roots := certificate(t, time.Now().Add(time.Hour))
	for scheme, security := range map[string]string{"smtp": "none", "smtps": "tls", "smtp+starttls": "starttls", "tcp": "none"} {
		t.Run(scheme, func(t *testing.T) {
			server := startMailServer(t, func(s *mailServer) { s.security, s.config = security, config })
			con := smtp.NewTrusting(roots)
			credential := map[string]any{"host": "smtp.example.com", "security": "none", "from": user}
			if scheme == "smtp" {
				credential["security"] = "tls"
			}
			call, _ := connectortest.Call(t, con, connectortest.Setup{
				Action: "send_email", Config: letter(nil), CredentialType: "smtp", Data: credential,
				Upstream: fmt.Sprintf("%s://127.0.0.1:%d", scheme, server.port),
			})
			action, _ := con.Action("send_email")
			if _, err := action.Run(t.Context(), call); err != nil {
				t.Fatal(err)
			}
			server.only(t)
		})
	}
}

func TestUsualPorts(t *testing.T) {
	for security, want := range map[string]string{"tls": "smtp.example.com:465", "starttls": "smtp.example.com:587", "none": "smtp.example.com:25"} {
		t.Run(security, func(t *testing.T) {
			con := smtp.New()
			call, _ := connectortest.Call(t, con, connectortest.Setup{CredentialType: "smtp", Data: map[string]any{"host": "smtp.example.com", "security": security, "from": user}})
			var dialled string
			call.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = address
				return nil, errors.New("not in this test")
			}
			credentialType, _ := con.CredentialType("smtp")
			if _, err := credentialType.Verify(t.Context(), call); err == nil {
				t.Error("Verify succeeded without a connection")
			}
			if dialled != want {
				t.Errorf("dialled %s, want %s", dialled, want)
			}
		})
	}
}

func TestSendEmailRefused(t *testing.T) {
	refuse := func(code int, text string) func(string) error {
		return func(string) error { return reply(code, text) }
	}
	tests := map[string]struct {
		server func(*mailServer)
		config map[string]any
		want   wantFault
	}{
		"WrongPassword": {
			server: func(*mailServer) {},
			want:   wantFault{code: fault.AuthFailed, says: "535 5.7.8 Authentication failed", hints: "app password"},
		},
		"SignInNeeded":   {server: func(s *mailServer) { s.mail = refuse(530, "Authentication required") }, want: wantFault{code: fault.AuthFailed, says: "530 Authentication required"}},
		"SenderLater":    {server: func(s *mailServer) { s.mail = refuse(451, "try again") }, want: wantFault{code: fault.ServiceUnavailable, says: "451 try again"}},
		"SenderRefused":  {server: func(s *mailServer) { s.mail = refuse(553, "not yours") }, want: wantFault{code: fault.InvalidInput, says: "553 not yours", hints: "From"}},
		"TooMuch":        {server: func(s *mailServer) { s.mail = refuse(552, "size") }, want: wantFault{code: fault.InvalidInput, says: "552 size", hints: "too large"}},
		"RecipientLater": {server: func(s *mailServer) { s.rcpt = refuse(450, "greylisted") }, want: wantFault{code: fault.ServiceUnavailable, says: "ann@example.org (450 greylisted)", pointers: []string{"/to"}}},
		"Relay":          {server: func(s *mailServer) { s.rcpt = refuse(530, "sign in first") }, want: wantFault{code: fault.AuthFailed, says: "530 sign in first"}},
		"Closing":        {server: func(s *mailServer) { s.rcpt = refuse(421, "too many connections") }, want: wantFault{code: fault.ServiceUnavailable, says: "421 too many connections"}},
		"ContentLater":   {server: func(s *mailServer) { s.data = func() error { return reply(452, "disk full") } }, want: wantFault{code: fault.ServiceUnavailable, says: "452 disk full"}},
		"ContentRefused": {server: func(s *mailServer) { s.data = func() error { return reply(554, "looks like spam") } }, want: wantFault{code: fault.InvalidInput, says: "554 looks like spam", hints: "spam"}},
		"ContentTooLarge": {
			server: func(s *mailServer) { s.data = func() error { return reply(552, "mailbox full") } },
			want:   wantFault{code: fault.InvalidInput, says: "552 mailbox full", hints: "too large"},
		},
		"LargerThanTheServerSays": {
			server: func(s *mailServer) { s.MaxMessageBytes = 1000 },
			config: map[string]any{"body": strings.Repeat("x", 2000)},
			want:   wantFault{code: fault.InvalidInput, says: "takes at most", hints: "link"},
		},
		"SomeRecipients": {
			server: func(s *mailServer) {
				s.rcpt = func(address string) error {
					switch address {
					case "bob@example.org":
						return reply(450, "greylisted")
					case "carol@example.org", "dave@example.org":
						return reply(550, "no such user")
					}
					return nil
				}
			},
			config: map[string]any{"to": []any{"ann@example.org", "bob@example.org"}, "cc": "carol@example.org", "bcc": "dave@example.org"},
			want: wantFault{
				code: fault.InvalidInput, says: "refused 3 of 4 recipients, so nothing was sent: bob@example.org (450 greylisted); carol@example.org (550 no such user)",
				hints: "Correct", pointers: []string{"/to/1", "/cc", "/bcc"},
			},
		},
		"OneMayBeTakenLater": { // nobody gets it now, or the next attempt would reach them twice
			server: func(s *mailServer) {
				s.rcpt = func(address string) error {
					if address == "bob@example.org" {
						return reply(450, "greylisted")
					}
					return nil
				}
			},
			config: map[string]any{"to": []any{"ann@example.org", "bob@example.org"}},
			want:   wantFault{code: fault.ServiceUnavailable, says: "refused 1 of 2 recipients, so nothing was sent: bob@example.org (450 greylisted)", pointers: []string{"/to/1"}},
		},
		"ManyRecipients": {
			server: func(s *mailServer) { s.rcpt = refuse(550, "no such user") },
			config: map[string]any{"to": "a@x.org, b@x.org, c@x.org, d@x.org, e@x.org, f@x.org, g@x.org"},
			want:   wantFault{code: fault.InvalidInput, says: "and 2 more"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := startMailServer(t, test.server)
			data := account(server.port, nil)
			if name == "WrongPassword" {
				data["password"] = "x-" + pass
			}
			_, err := send(t.Context(), t, smtp.New(), data, letter(test.config))
			test.want.check(t, err)
			if _, _, delivered := server.seen(); len(delivered) > 0 {
				t.Errorf("delivered = %v, want nothing", delivered)
			}
		})
	}
}

// The others get the message, and the output tells who did not.
func TestSomeRecipientsRefused(t *testing.T) {
	server := startMailServer(t, func(s *mailServer) {
		s.rcpt = func(address string) error {
			if strings.HasPrefix(address, "gone") {
				return reply(550, "no such user")
			}
			return nil
		}
	})
	out, err := send(t.Context(), t, smtp.New(), account(server.port, nil), letter(map[string]any{"to": []any{"ann@example.org", "gone@example.org"}, "bcc": "carol@example.org"}))
	if err != nil {
		t.Fatal(err)
	}
	want := connector.Output{
		"message_id": out["message_id"], "accepted": []any{"ann@example.org", "carol@example.org"},
		"refused": []any{map[string]any{"address": "gone@example.org", "reason": "550 no such user"}},
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if d := server.only(t); !slices.Equal(d.to, []string{"ann@example.org", "carol@example.org"}) {
		t.Errorf("it was delivered to %v", d.to)
	}
}

func TestSignInNotPossible(t *testing.T) {
	config, roots := certificate(t, time.Now().Add(time.Hour))
	tests := map[string]struct {
		server  func(*mailServer)
		account map[string]any
		want    wantFault
	}{
		"NoStartTLS": {server: nil, account: map[string]any{"security": "starttls"}, want: wantFault{code: fault.InvalidInput, says: "does not offer STARTTLS", hints: "465"}},
		"NoAuth":     {server: func(s *mailServer) { s.mechanisms = nil }, want: wantFault{code: fault.InvalidInput, says: "offers no sign-in", hints: "encryption"}},
		"NoKnownMechanism": {
			server: func(s *mailServer) { s.mechanisms = []string{"XOAUTH2", "GSSAPI"} },
			want:   wantFault{code: fault.AuthFailed, says: "XOAUTH2 GSSAPI", hints: "PLAIN or LOGIN"},
		},
		"NoPassword": {account: map[string]any{"password": nil}, want: wantFault{code: fault.InvalidInput, says: "no password", hints: "password"}},
		"NoUserName": {account: map[string]any{"username": nil}, want: wantFault{code: fault.InvalidInput, says: "no user name", hints: "user name"}},
		"TLSOnPlainPort": {
			account: map[string]any{"security": "tls"},
			want:    wantFault{code: fault.InvalidInput, says: "does not speak TLS", hints: "starttls"},
		},
		"StartTLSWithoutCertificate": {
			server:  func(s *mailServer) { s.security, s.config = "starttls", &tls.Config{MinVersion: tls.VersionTLS12} },
			account: map[string]any{"security": "starttls"},
			want:    wantFault{code: fault.ServiceUnavailable, says: "No encrypted connection", hints: "certificate"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := startMailServer(t, func(s *mailServer) {
				s.config = config
				if test.server != nil {
					test.server(s)
				}
			})
			_, err := send(t.Context(), t, smtp.NewTrusting(roots), account(server.port, test.account), letter(nil))
			test.want.check(t, err)
			if _, commands, _ := server.seen(); len(commands) > 0 {
				t.Errorf("the server was told %v, want nothing", commands)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	valid, roots := certificate(t, time.Now().Add(time.Hour))
	expired, expiredRoots := certificate(t, time.Now().Add(-time.Hour))
	tests := map[string]struct {
		config *tls.Config
		roots  *x509.CertPool
		host   string
		want   wantFault
	}{
		"AnotherName":      {config: valid, roots: roots, host: "localhost", want: wantFault{code: fault.ServiceUnavailable, says: "not for localhost", hints: "mail.example.com"}},
		"UnknownAuthority": {config: valid, roots: x509.NewCertPool(), host: "127.0.0.1", want: wantFault{code: fault.ServiceUnavailable, says: "known authority", hints: "self-signed"}},
		"Expired":          {config: expired, roots: expiredRoots, host: "127.0.0.1", want: wantFault{code: fault.ServiceUnavailable, says: "expired", hints: "renew"}},
	}
	for name, test := range tests {
		for _, security := range []string{"tls", "starttls"} {
			t.Run(name+"/"+security, func(t *testing.T) {
				server := startMailServer(t, func(s *mailServer) { s.security, s.config = security, test.config })
				_, err := verify(t.Context(), t, smtp.NewTrusting(test.roots), account(server.port, map[string]any{"host": test.host, "security": security}))
				test.want.check(t, err)
				if _, commands, _ := server.seen(); len(commands) > 0 {
					t.Errorf("the server was told %v, want nothing", commands)
				}
			})
		}
	}
}

func TestNoConnection(t *testing.T) {
	listener := listen(t)
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	t.Run("Refused", func(t *testing.T) {
		_, err := send(t.Context(), t, smtp.New(), account(port, nil), letter(nil))
		wantFault{code: fault.ServiceUnavailable, says: "refused the connection", hints: "465"}.check(t, err)
	})
	t.Run("NoSuchHost", func(t *testing.T) {
		_, err := send(t.Context(), t, smtp.New(), account(port, map[string]any{"host": "smtp.invalid"}), letter(nil))
		wantFault{code: fault.ServiceUnavailable, says: "smtp.invalid"}.check(t, err)
	})
	t.Run("Forbidden", func(t *testing.T) {
		_, err := send(t.Context(), t, smtp.New(), account(port, map[string]any{"host": "10.0.0.1"}), letter(nil))
		wantFault{code: fault.AddressNotAllowed, says: "10.0.0.1"}.check(t, err)
	})
}
