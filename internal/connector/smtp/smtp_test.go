package smtp_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/smtp"
	"switchboard/internal/fault"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, smtp.New(), connectortest.WithoutHTTP("it speaks SMTP, which this package's tests do with servers of their own"))
}

// account is the credential for a server, with changes.
func account(port int, changes map[string]any) map[string]any {
	data := map[string]any{"host": "127.0.0.1", "port": port, "security": "none", "username": user, "password": pass, "from": sender}
	maps.Copy(data, changes)
	return data
}

// anonymous takes the sign-in out of an account.
var anonymous = map[string]any{"username": nil, "password": nil}

// letter is the config of a message, with changes.
func letter(changes map[string]any) map[string]any {
	config := map[string]any{"to": "ann@example.org", "subject": "Hello", "body": "Hello Ann"}
	maps.Copy(config, changes)
	return config
}

// send runs send_email as in production, with changes to the call. Whatever comes
// of it, the password must not be in it.
func send(ctx context.Context, t testing.TB, con connector.Connector, data, config map[string]any, changes ...func(*connector.Call)) (connector.Output, error) {
	t.Helper()
	var logged strings.Builder
	call, _ := connectortest.Call(t, con, connectortest.Setup{
		Action: "send_email", Config: config, CredentialType: "smtp", Data: data,
		Log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	for _, change := range changes {
		change(call)
	}
	action, _ := con.Action("send_email")
	out, err := action.Run(ctx, call)
	keepsPassword(t, fmt.Sprint(logged.String(), out), err)
	return out, err
}

// verify is Verify in the same way.
func verify(ctx context.Context, t testing.TB, con connector.Connector, data map[string]any) (connector.Identity, error) {
	t.Helper()
	call, _ := connectortest.Call(t, con, connectortest.Setup{CredentialType: "smtp", Data: data})
	credentialType, _ := con.CredentialType("smtp")
	identity, err := credentialType.Verify(ctx, call)
	keepsPassword(t, fmt.Sprint(identity), err)
	return identity, err
}

// keepsPassword looks for the password in all that comes out, in the forms in
// which it travels.
func keepsPassword(t testing.TB, shown string, err error) {
	t.Helper()
	if err != nil {
		shown += err.Error()
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		shown += f.Message + f.Hint + fmt.Sprint(f.Fields)
	}
	for _, form := range []string{pass, "\x00" + user + "\x00" + pass} {
		if strings.Contains(shown, form) || strings.Contains(shown, strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(form)), "=")) {
			t.Errorf("the password is shown: %s", shown)
		}
	}
}

// wantFault is what a failure looks like to the user.
type wantFault struct {
	code      fault.Code
	says      string // in the message
	hints     string // in the hint
	pointers  []string
	unsettled bool
}

func (want wantFault) check(t testing.TB, err error) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("error = %v, want a fault with code %s", err, want.code)
	}
	if f.Code != want.code {
		t.Errorf("code = %s, want %s (%v)", f.Code, want.code, err)
	}
	if !strings.Contains(f.Message, want.says) {
		t.Errorf("message = %q, want it to say %q", f.Message, want.says)
	}
	if f.Hint == "" || !strings.Contains(f.Hint, want.hints) {
		t.Errorf("hint = %q, want one that says %q", f.Hint, want.hints)
	}
	if f.Unsettled != want.unsettled {
		t.Errorf("unsettled = %t, want %t (%v)", f.Unsettled, want.unsettled, err)
	}
	if want.pointers == nil {
		return
	}
	var pointers []string
	for _, field := range f.Fields {
		pointers = append(pointers, field.Pointer)
	}
	if fmt.Sprint(pointers) != fmt.Sprint(want.pointers) {
		t.Errorf("fields at %v, want %v", pointers, want.pointers)
	}
}
