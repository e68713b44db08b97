package ui_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"switchboard/functions/console/ui"
	"switchboard/internal/local"
	"switchboard/internal/secret"
	"switchboard/internal/task"
)

// missing skips the test where a part is not installed, which
// SWITCHBOARD_TEST_PEERS=required forbids.
func missing(t *testing.T, part string) {
	t.Helper()
	if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
		t.Fatal(part)
	}
	t.Skip(part)
}

// node finds Node.js and the packages of the console.
func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		missing(t, "Node.js is not installed")
	}
	if _, err := os.Stat(filepath.Join("node_modules", "playwright-core")); err != nil {
		missing(t, "the console's packages are not installed: run npm ci in functions/console/ui")
	}
	return path
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "Chromium is not installed")
	return ""
}

// TestLogic runs the console's own checks: its types, and the tests beside its source.
func TestLogic(t *testing.T) {
	path := node(t)
	for name, arguments := range map[string][]string{
		"Types": {"node_modules/typescript/bin/tsc", "--noEmit"},
		"Tests": {"node_modules/vitest/vitest.mjs", "run"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), path, arguments...)
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}

// TestJourney drives a browser through the console of a whole local stack, whose
// Slack is a stub. With SWITCHBOARD_TEST_SHOTS=<folder> it keeps a picture of every
// page in both themes.
func TestJourney(t *testing.T) {
	path, browser := node(t), chromium(t)
	files, err := ui.Build(t.Context(), t.Output(), "dist")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.Handler(files, ui.SignIn{})
	if err != nil {
		t.Fatal(err)
	}
	shots := os.Getenv("SWITCHBOARD_TEST_SHOTS")
	for _, tt := range []struct {
		name, script string
		messages     []string // what Slack was sent
	}{
		{"Mouse", "mouse.mjs", []string{"Order A-1042: 1250.5 EUR", "Order without id: 9000 EUR", "Order without id: 9000 EUR", "Order A-1044: 2000 EUR"}},
		{"Keyboard", "keyboard.mjs", []string{"Order from the keyboard"}},
		{"TriggersAndLoops", "more.mjs", nil},
		{"Connect", "connect.mjs", nil},
		{"Services", "services.mjs", nil},
		{"Executions", "runs.mjs", nil},
		{"Once", "once.mjs", nil},
		{"Unstored", "unstored.mjs", nil},
		{"Pages", "pages.mjs", nil},
		{"LargeWorkflow", "size.mjs", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // each has a stack and a browser of its own, and waits most of the time
			slack, shop := startSlack(t), startShop(t)
			google := startGoogle(t)
			address, token := startStack(t, pages, map[string]string{"slack": slack.URL, "gmail": google, "google_sheets": google, "salesforce": startSalesforce(t)}, ui.SignIn{})
			cmd := exec.CommandContext(t.Context(), path, filepath.Join("e2e", tt.script))
			cmd.Env = append(os.Environ(), "CONSOLE_URL="+address, "CONSOLE_TOKEN="+token, "CONSOLE_CHROMIUM="+browser, "CONSOLE_SHOTS="+shots, "CONSOLE_SHOP="+shop, "CONSOLE_GOOGLE="+google)
			said, err := cmd.CombinedOutput()
			t.Logf("%s", said)
			if err != nil {
				t.Errorf("the journey failed: %v", err)
			}
			if got := slack.texts(); !slices.Equal(got, tt.messages) {
				t.Errorf("Slack was sent %q, want %q", got, tt.messages)
			}
		})
	}
}

// TestFirstLoad holds what a browser loads before it shows anything to 300 kB.
func TestFirstLoad(t *testing.T) {
	node(t)
	files, err := ui.Build(t.Context(), t.Output(), "dist")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := ui.Handler(files, ui.SignIn{})
	if err != nil {
		t.Fatal(err)
	}
	page := get(t.Context(), pages, "GET", "/").Body.String()
	scripts := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+\.js)"`).FindAllStringSubmatch(page, -1)
	if len(scripts) == 0 {
		t.Fatalf("the page has no script:\n%s", page)
	}
	total := 0
	for _, s := range scripts {
		total += get(t.Context(), pages, "GET", s[1], "Accept-Encoding", "gzip").Body.Len()
	}
	if total > 300_000 {
		t.Errorf("%d bytes of scripts, compressed", total)
	}
}

// startStack runs a local stack with the console beside its API. People sign in to it
// as signIn says.
func startStack(t *testing.T, pages http.Handler, services map[string]string, signIn ui.SignIn) (address, token string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address = "http://" + server.Listener.Addr().String()
	upstreams := map[string]*url.URL{}
	for name, service := range services {
		upstream, err := url.Parse(service)
		if err != nil {
			t.Fatal(err)
		}
		upstreams[name] = upstream
	}
	stack, err := local.Open(t.Context(), local.Config{
		Data: t.TempDir(), PublicURL: address, Upstreams: upstreams,
		Apps:      map[string]task.App{"salesforce": {ClientID: "app-of-the-deployment", ClientSecret: secret.New("secret-of-the-deployment")}},
		AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: slog.New(slog.DiscardHandler),
		Issuer: signIn.Issuer, Audience: signIn.ClientID,
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = local.NewServer(ui.Beside(stack.Handler, pages), address, slog.New(slog.DiscardHandler)).Handler
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if err := stack.StopRunning(context.WithoutCancel(t.Context())); err != nil {
			t.Logf("stopping: %v", err)
		}
		if err := stack.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return address, stack.Token
}

// slackStub is what the journeys need of Slack: one token is right, and messages
// are kept.
type slackStub struct {
	*httptest.Server
	mu       sync.Mutex
	messages []string
}

func startSlack(t *testing.T) *slackStub {
	t.Helper()
	s := &slackStub{}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/auth.test", func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, r, `{"ok":true,"url":"https://acme.slack.com/","team":"Acme","user":"switchboard","team_id":"T1","user_id":"U1","bot_id":"B1"}`)
	})
	mux.HandleFunc("/api/conversations.list", func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, r, `{"ok":true,"channels":[{"id":"C0GENERAL","name":"general","is_member":true},{"id":"C0ORDERS","name":"orders","is_member":true},{"id":"C0RANDOM","name":"random"}]}`)
	})
	mux.HandleFunc("/api/chat.postMessage", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err == nil {
			s.mu.Lock()
			s.messages = append(s.messages, r.PostForm.Get("text"))
			s.mu.Unlock()
		}
		s.answer(w, r, `{"ok":true,"ts":"1717171717.000100","channel":"C024BE91L"}`)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// startShop serves what the executions of the journeys call, and gives its URL. Its
// stock cannot be counted until it is filled.
func startShop(t *testing.T) string {
	t.Helper()
	var filled atomic.Bool
	mux := http.NewServeMux()
	answer := func(pattern string, status func() int, body string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status())
			_, _ = io.WriteString(w, body)
		})
	}
	ok := func() int { return http.StatusOK }
	answer("/print", ok, `{"printed":true}`)
	answer("/stock/fill", func() int { filled.Store(true); return http.StatusOK }, `{}`)
	answer("/stock", func() int {
		if filled.Load() {
			return http.StatusOK
		}
		return http.StatusInternalServerError
	}, `{"pieces":3}`)
	var rows []string
	for i := range 10_000 {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"name":"Customer %d","mail":"customer%d@example.com","address":{"city":"Berlin","street":"Unter den Linden"}}`, i, i, i))
	}
	answer("/report", ok, `{"rows":[`+strings.Join(rows, ",")+`]}`)
	mux.HandleFunc("/drop", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func (s *slackStub) answer(w http.ResponseWriter, r *http.Request, body string) {
	_ = r.ParseForm() // a body that is no form has no token
	if !strings.Contains(r.Header.Get("Authorization")+r.PostForm.Get("token"), "xoxb-right") {
		body = `{"ok":false,"error":"invalid_auth"}`
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

func (s *slackStub) texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}
