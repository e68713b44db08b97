package mqtt_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/mqtt"
	"switchboard/internal/fault"
)

// mosquitto is the broker that most people run (Debian: mosquitto), with one user,
// who may read and write below open/ and only read below readonly/.
type mosquitto struct {
	plain, secure, webSocket string // addresses
	roots                    *x509.CertPool
}

// startMosquitto starts one that ends with the test. The test is skipped without it,
// which SWITCHBOARD_TEST_PEERS=required forbids.
func startMosquitto(t *testing.T) *mosquitto {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/mosquitto") // which is not on everybody's PATH
	}
	if err != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatalf("mosquitto is not installed: %v", err)
		}
		t.Skip("mosquitto is not installed: apt-get install mosquitto")
	}
	dir := t.TempDir()
	passwords := filepath.Join(dir, "passwords")
	if out, err := exec.CommandContext(t.Context(), "mosquitto_passwd", "-b", "-c", passwords, user, pass).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v\n%s", err, out)
	}
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	rules := write("rules", "user "+user+"\ntopic readwrite open/#\ntopic read readonly/#\n")
	m := &mosquitto{roots: x509.NewCertPool()}
	certificate, key := m.certify(t)
	plain, secure, webSocket := freePort(t), freePort(t), freePort(t)
	config := write("mosquitto.conf", fmt.Sprintf(`user root
per_listener_settings false
allow_anonymous false
password_file %s
acl_file %s
listener %d 127.0.0.1
listener %d 127.0.0.1
certfile %s
keyfile %s
listener %d 127.0.0.1
protocol websockets
`, passwords, rules, plain, secure, write("cert.pem", certificate), write("key.pem", key), webSocket))
	m.plain = "mqtt://127.0.0.1:" + strconv.Itoa(plain)
	m.secure = "mqtts://127.0.0.1:" + strconv.Itoa(secure)
	m.webSocket = "ws://127.0.0.1:" + strconv.Itoa(webSocket)

	server := exec.CommandContext(t.Context(), path, "-c", config)
	connectortest.StartPeer(t, server, true, func(line string) bool { return strings.HasSuffix(line, "running") })
	return m
}

// certify lends the certificate of a test server.
func (m *mosquitto) certify(t *testing.T) (certificate, key string) {
	t.Helper()
	lender := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(lender.Close)
	m.roots.AddCert(lender.Certificate())
	lent := lender.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(lent.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lent.Certificate[0]})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// TestMosquitto publishes and waits for messages in all the ways that the connector has.
func TestMosquitto(t *testing.T) {
	m := startMosquitto(t)
	con := mqtt.NewTrusting(m.roots)
	for way, address := range map[string]string{"mqtt": m.plain, "mqtts": m.secure, "ws": m.webSocket} {
		for qos := range 3 {
			t.Run(fmt.Sprintf("OKRetained/%s/%d", way, qos), func(t *testing.T) {
				broker := map[string]any{"broker_url": address}
				topic := fmt.Sprintf("open/%s/%d/lamp", way, qos)
				if _, _, err := run(t.Context(), t, con, "publish", broker, map[string]any{"topic": topic, "payload": map[string]any{"on": true}, "qos": qos, "retain": true}); err != nil {
					t.Fatal(err)
				}
				for _, filter := range []string{topic, fmt.Sprintf("open/+/%d/+", qos), fmt.Sprintf("open/%s/%d/#", way, qos)} {
					out, _, err := run(t.Context(), t, con, "subscribe_once", broker, map[string]any{"topic": filter, "qos": qos, "timeout_seconds": 30})
					if err != nil || out["payload"] != `{"on":true}` || out["retained"] != true {
						t.Errorf("%s: output = %v, error = %v", filter, out, err)
					}
				}
			})
		}
	}
	t.Run("OKLive", func(t *testing.T) { // a message that is published while one waits for it
		broker := map[string]any{"broker_url": m.plain}
		other := map[string]any{"broker_url": m.plain, "client_id": "other"} // or the broker would take the two for one
		stop, published := make(chan struct{}), make(chan error, 1)
		go func() { // until it is heard: when the other one has subscribed nobody outside can tell
			var err error
			for err == nil {
				select {
				case <-stop:
					published <- nil
					return
				default:
				}
				_, _, err = run(t.Context(), t, con, "publish", other, map[string]any{"topic": "open/live", "payload": "x", "qos": 2})
			}
			published <- err
		}()
		out, _, err := run(t.Context(), t, con, "subscribe_once", broker, map[string]any{"topic": "open/live", "qos": 2, "timeout_seconds": 60})
		close(stop)
		if err != nil || out["payload"] != "x" || out["retained"] != false {
			t.Errorf("output = %v, error = %v", out, err)
		}
		if err := <-published; err != nil {
			t.Error(err)
		}
	})
	t.Run("OKVerify", func(t *testing.T) {
		if _, who, err := run(t.Context(), t, con, "", map[string]any{"broker_url": m.secure}, nil); err != nil || !strings.HasPrefix(who.Name, user+" at 127.0.0.1:") {
			t.Errorf("identity = %+v, error = %v", who, err)
		}
	})
	t.Run("ErrPassword", func(t *testing.T) {
		_, _, err := run(t.Context(), t, con, "", map[string]any{"broker_url": m.plain, "password": "another"}, nil)
		connectortest.Refusal{Code: fault.AuthFailed, Message: strings.TrimPrefix(m.plain, "mqtt://") + " refused: Not authorized...", Hint: "password"}.Check(t, err)
	})
	t.Run("ErrNotAllowed", func(t *testing.T) {
		_, _, err := run(t.Context(), t, con, "publish", map[string]any{"broker_url": m.plain}, map[string]any{"topic": "readonly/x", "qos": 1})
		if f := fault.Of(err); f.Code != fault.AuthFailed || !strings.Contains(f.Hint, "rules") {
			t.Errorf("error = %+v", f)
		}
	})
	t.Run("ErrNothingCame", func(t *testing.T) {
		_, _, err := run(t.Context(), t, con, "subscribe_once", map[string]any{"broker_url": m.plain}, map[string]any{"topic": "open/silent", "timeout_seconds": 1})
		connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "No message came within 1s.", Hint: "retain"}.Check(t, err)
	})
	t.Run("ErrUntrusted", func(t *testing.T) {
		_, _, err := run(t.Context(), t, mqtt.NewTrusting(x509.NewCertPool()), "", map[string]any{"broker_url": m.secure}, nil)
		if f := fault.Of(err); f.Code != fault.ServiceUnavailable || !strings.Contains(f.Message, "certificate") {
			t.Errorf("error = %+v", f)
		}
	})
	t.Run("ErrTLSOnPlainPort", func(t *testing.T) {
		_, _, err := run(t.Context(), t, con, "", map[string]any{"broker_url": strings.Replace(m.plain, "mqtt:", "mqtts:", 1)}, nil)
		if f := fault.Of(err); f.Code != fault.ServiceUnavailable || !strings.Contains(f.Hint, "8883") { // it hangs up without a word
			t.Errorf("error = %+v", f)
		}
	})
}
