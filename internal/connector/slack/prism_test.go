package slack_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/slack"
)

// prism is Stoplight's Prism as a proxy: it lets those requests through that fit
// Slack's description, and refuses the others.
type prism struct {
	url    string
	answer atomic.Pointer[connector.ExampleResponse] // what is behind it
	passed atomic.Int32                              // requests that it let through
}

func startPrism(t *testing.T) *prism {
	t.Helper()
	described := newDocument(t) // or the test is skipped: there is no description
	for path, item := range described.Paths.Map() {
		described.Paths.Delete(path)
		described.Paths.Set("/api"+path, item)
	}
	document, err := json.Marshal(described)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "slack.json")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("testdata", "prism")
	command := filepath.Join(dir, "node_modules", ".bin", "prism")
	if _, err := os.Stat(command); err != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatalf("Prism is not installed: %v", err)
		}
		t.Skipf("Prism is not installed: npm ci in internal/connector/slack/%s", dir)
	}
	p := &prism{}
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.passed.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(p.answer.Load().Body)) // a client that has gone fails its own test
	}))
	t.Cleanup(behind.Close)
	port := freePort(t)
	server := exec.CommandContext(t.Context(), command, "proxy", file, behind.URL, "--errors", "--port", port)
	connectortest.StartPeer(t, server, false, func(line string) bool { return strings.Contains(line, "Prism is listening") })
	p.url = "http://127.0.0.1:" + port
	return p
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestPrism sends the requests of all examples through Prism, which looks at more
// than kin-openapi does.
func TestPrism(t *testing.T) {
	p := startPrism(t)
	con := slack.New()
	send := func(t *testing.T, setup connectortest.Setup, answer connector.ExampleResponse, run func(context.Context, *connector.Call) error) error {
		t.Helper()
		p.answer.Store(&answer)
		setup.CredentialType, setup.Data, setup.Upstream = "slack_bot_token", credential, p.url
		call, _ := connectortest.Call(t, con, setup)
		before := p.passed.Load()
		err := run(t.Context(), call)
		if err == nil && p.passed.Load() == before {
			t.Error("nothing came through Prism")
		}
		return err
	}
	t.Run("verify", func(t *testing.T) {
		credentialType, _ := con.CredentialType("slack_bot_token")
		if err := send(t, connectortest.Setup{}, connector.ExampleResponse{Body: whoami}, func(ctx context.Context, call *connector.Call) error {
			_, err := credentialType.Verify(ctx, call)
			return err
		}); err != nil {
			t.Error(err)
		}
	})
	for _, action := range con.Actions {
		for _, example := range action.Examples {
			t.Run(action.Name+"/"+example.Title, func(t *testing.T) {
				if err := send(t, connectortest.Setup{Action: action.Name, Config: example.Config}, example.Response, func(ctx context.Context, call *connector.Call) error {
					_, err := action.Run(ctx, call)
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	t.Run("ErrNoChannel", func(t *testing.T) { // Prism does refuse what does not fit
		form := strings.NewReader("text=hi")
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/api/chat.postMessage", form)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(body), "channel") {
			t.Errorf("Prism answers %s %s, error = %v", resp.Status, body, err)
		}
	})
}
