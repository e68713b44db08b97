package smtp_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/smtp"
	"switchboard/internal/fault"
)

func TestVerify(t *testing.T) {
	config, roots := certificate(t, time.Now().Add(time.Hour))
	t.Run("OK", func(t *testing.T) {
		for _, security := range []string{"tls", "starttls", "none"} {
			t.Run(security, func(t *testing.T) {
				server := startMailServer(t, func(s *mailServer) { s.security, s.config = security, config })
				identity, err := verify(t.Context(), t, smtp.NewTrusting(roots), account(server.port, map[string]any{"security": security}))
				if err != nil {
					t.Fatal(err)
				}
				want := connector.Identity{Name: "alerts@example.com", Detail: identity.Detail}
				if diff := cmp.Diff(want, identity); diff != "" || identity.Detail["security"] != security {
					t.Errorf("identity = %v (-want +got):\n%s", identity, diff)
				}
				if _, commands, delivered := server.seen(); len(delivered) > 0 || cmp.Diff([]string{"AUTH PLAIN"}, commands) != "" {
					t.Errorf("the server was told %v and took %v, want a sign-in alone", commands, delivered)
				}
			})
		}
	})
	t.Run("ErrWrongPassword", func(t *testing.T) {
		server := startMailServer(t, nil)
		_, err := verify(t.Context(), t, smtp.New(), account(server.port, map[string]any{"username": "eve@example.com"}))
		wantFault{code: fault.AuthFailed, says: "535", hints: "app password"}.check(t, err)
	})
	t.Run("ErrNoSignOfLife", func(t *testing.T) {
		port := startScript(t, func(p *peer) { p.greet(); p.hear(); p.say("421 going down"); p.hear() })
		_, err := verify(t.Context(), t, smtp.New(), account(port, anonymous))
		wantFault{code: fault.ServiceUnavailable, says: "421 going down"}.check(t, err)
	})
	t.Run("ErrNoSender", func(t *testing.T) {
		server := startMailServer(t, nil)
		_, err := verify(t.Context(), t, smtp.New(), account(server.port, map[string]any{"from": nil, "username": "apikey"}))
		wantFault{code: fault.InvalidInput, says: `"apikey"`, hints: "From"}.check(t, err)
	})
}
