package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/webhook"
	"switchboard/internal/fault"
	"switchboard/internal/secret"
)

const (
	encodedSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	rawSecret     = "a plain text of more than 24 bytes"
)

// delivery is a webhook as it arrived.
type delivery struct {
	header http.Header
	body   []byte
}

// deliver sends an event to a receiver that answers with the handler.
func deliver(t *testing.T, secretText string, now time.Time, config map[string]any, answer http.HandlerFunc) (delivery, connector.Output, error) {
	t.Helper()
	var got delivery
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = delivery{header: r.Header, body: body}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	full := map[string]any{"url": server.URL + "/hook", "event": "order.created", "payload": map[string]any{"text": "<ü> & \u2028", "n": json.Number("9007199254740993")}}
	for name, value := range config {
		full[name] = value
	}
	con := webhook.New()
	call, _ := connectortest.Call(t, con, connectortest.Setup{
		Action: "send", Config: full, CredentialType: "webhook_secret", Data: map[string]any{"secret": secretText},
	})
	call.Now = func() time.Time { return now }
	action, ok := con.Action("send")
	if !ok {
		t.Fatal("there is no action send")
	}
	out, err := action.Run(t.Context(), call)
	return got, out, err
}

func ok(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }

func TestSend(t *testing.T) {
	now := time.Date(2026, time.March, 1, 12, 0, 0, 999, time.FixedZone("", 3600))
	got, out, err := deliver(t, rawSecret, now, nil, ok)
	if err != nil {
		t.Fatal(err)
	}
	id := "msg_" + connectortest.Key
	if out["status"] != 202 || out["id"] != id {
		t.Errorf("output = %v", out)
	}
	if want := `{"type":"order.created","timestamp":"2026-03-01T11:00:00Z","data":{"n":9007199254740993,"text":"<ü> & \u2028"}}`; string(got.body) != want {
		t.Errorf("body = %s\nwant   %s", got.body, want)
	}
	mac := hmac.New(sha256.New, []byte(rawSecret))
	mac.Write([]byte(id + ".1772362800." + string(got.body)))
	for name, want := range map[string]string{
		"webhook-id": id, "webhook-timestamp": "1772362800", "content-type": "application/json",
		"webhook-signature": "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, got.header.Get(name), want)
		}
	}
}

func TestRefusals(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	tests := map[string]struct {
		secret string
		config map[string]any
		answer http.HandlerFunc
		code   fault.Code
		hint   string
	}{
		"ErrGone":  {rawSecret, nil, status(http.StatusGone), fault.ServiceNotFound, "no longer wants"},
		"ErrClock": {rawSecret, nil, status(http.StatusUnauthorized), fault.AuthFailed, "same secret"},
		"ErrRedirect": {rawSecret, nil, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusPermanentRedirect)
		}, fault.UnexpectedStatus, "do not follow redirects"},
		"ErrSecret":   {"whsec_not base64!", nil, ok, fault.InvalidInput, "Copy the secret again"},
		"ErrNoSecret": {"whsec_", nil, ok, fault.InvalidInput, "Copy the secret again"},
		"ErrScheme":   {rawSecret, map[string]any{"url": "mailto:ada@example.com"}, ok, fault.InvalidInput, "https://"},
		"ErrNoHost":   {rawSecret, map[string]any{"url": "/hook"}, ok, fault.InvalidInput, "https://"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := deliver(t, tt.secret, time.Now(), tt.config, tt.answer)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != tt.code || !strings.Contains(f.Hint, tt.hint) {
				t.Errorf("error = %+v, want %s with the hint %q", err, tt.code, tt.hint)
			}
		})
	}
}

// The vector that the specification's own libraries are tested with.
func TestPublishedVector(t *testing.T) {
	key, err := webhook.SigningKey(secret.New(encodedSecret))
	if err != nil {
		t.Fatal(err)
	}
	got := webhook.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature = %s, want %s", got, want)
	}
}

// What we send has to pass the library that receivers use.
func TestStandardWebhooksLibrary(t *testing.T) {
	dir := filepath.Join("testdata", "standardwebhooks")
	node := requirePeer(t, dir)
	tests := map[string]struct {
		secret, checkedWith string
		raw, tampered       bool
		at                  time.Time
		want                string // of the error; "" for genuine
	}{
		"OKBase64":       {encodedSecret, encodedSecret, false, false, time.Now(), ""},
		"OKPadded":       {"whsec_c2hvcnQ=", "whsec_c2hvcnQ=", false, false, time.Now(), ""},
		"OKRaw":          {rawSecret, rawSecret, true, false, time.Now(), ""},
		"ErrOtherSecret": {encodedSecret, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false, false, time.Now(), "No matching signature"},
		"ErrTampered":    {encodedSecret, encodedSecret, false, true, time.Now(), "No matching signature"},
		"ErrOld":         {encodedSecret, encodedSecret, false, false, time.Now().Add(-time.Hour), "too old"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, _, err := deliver(t, tt.secret, tt.at, nil, ok)
			if err != nil {
				t.Fatal(err)
			}
			body := string(got.body)
			if tt.tampered {
				body = strings.Replace(body, "order.created", "order.deleted", 1)
			}
			headers := map[string]string{}
			for name := range got.header {
				headers[name] = got.header.Get(name)
			}
			question, err := json.Marshal(map[string]any{"secret": tt.checkedWith, "raw": tt.raw, "headers": headers, "body": body})
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), node, "verify.js")
			cmd.Dir, cmd.Stdin, cmd.Stderr = dir, bytes.NewReader(question), os.Stderr
			printed, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var answer struct {
				Error   string
				Payload struct{ Type string }
			}
			if err := json.Unmarshal(printed, &answer); err != nil {
				t.Fatal(err)
			}
			if tt.want == "" && (answer.Error != "" || answer.Payload.Type != "order.created") {
				t.Errorf("the library answers %s", printed)
			}
			if tt.want != "" && !strings.Contains(answer.Error, tt.want) {
				t.Errorf("the library answers %s, want the error %q", printed, tt.want)
			}
		})
	}
}

// requirePeer gives node where it and the library are installed.
func requirePeer(t *testing.T, dir string) (node string) {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
		missing = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("node is not installed: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "standardwebhooks")); err != nil {
		missing("the library is not installed; run npm ci in %s: %v", dir, err)
	}
	return node
}
