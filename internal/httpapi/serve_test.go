package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/httpapi"
	"switchboard/internal/oauth"
)

func TestAuthentication(t *testing.T) {
	w := newWorld(t)
	t.Run("ErrNoToken", func(t *testing.T) {
		w := w.in(t)
		for _, authorization := range []string{"", "Bearer", "Bearer ", "Basic " + ownToken, ownToken, "Bearer wrong"} {
			got := w.do(request{method: http.MethodGet, path: "/v1/agents", token: "-", header: []string{"Authorization", authorization}}).
				wantProblem(http.StatusUnauthorized, "unauthorized")
			if challenge := got.header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer ") {
				t.Errorf("%q: WWW-Authenticate = %q", authorization, challenge)
			}
		}
	})
	t.Run("EveryRouteBelowV1AsksForIt", func(t *testing.T) {
		w := w.in(t)
		for _, name := range append([]string{"GET /v1/nothing", "DELETE /v1/agents"}, contract...) {
			method, path, _ := strings.Cut(name, " ")
			if strings.HasPrefix(path, "/v1/") && path != oauth.CallbackPath {
				w.do(request{method: method, path: parameter.ReplaceAllString(path, "x"), token: "-"}).wantProblem(http.StatusUnauthorized, "unauthorized")
			}
		}
	})
	t.Run("TheSchemesCaseDoesNotMatter", func(t *testing.T) {
		w.in(t).do(request{method: http.MethodGet, path: "/v1/agents", token: "-", header: []string{"Authorization", "bearer  " + ownToken}}).want(http.StatusOK)
	})
	t.Run("MountedWithoutIt", func(t *testing.T) {
		mux := http.NewServeMux()
		httpapi.Agents{Service: w.cfg.Agents}.Mount(humago.New(mux, huma.DefaultConfig("", "")))
		if got := call(t, mux, http.MethodGet, "/v1/agents", "Authorization", "Bearer "+ownToken); got.status != http.StatusUnauthorized {
			t.Errorf("status = %d, want 401: %s", got.status, got.body)
		}
	})
}

func TestRouting(t *testing.T) {
	w := newWorld(t)
	t.Run("ErrNotFound", func(t *testing.T) {
		w := w.in(t)
		for _, path := range []string{"/v1/nothing", "/v1/agents/", "/v1/agents/a/b/c", "/", "/v1", "/docs", "/schemas/Agent.json", "/openapi.yaml", "/v1//nothing"} {
			w.get(path).wantProblem(http.StatusNotFound, "not_found")
		}
	})
	t.Run("ErrMethod", func(t *testing.T) {
		w := w.in(t)
		for path, allow := range map[string]string{
			"/v1/agents": "GET, HEAD, POST", "/v1/agents/agt_1": "DELETE, GET, HEAD, PATCH", "/v1/workflows/wf_1/publish": "POST",
			"/healthz": "GET, HEAD", "/openapi.json": "GET, HEAD",
			"/v1/credentials/verify": "POST", "/v1/workflows/check": "POST", "/v1/credentials/cred_1": "DELETE, GET, HEAD, PATCH",
		} {
			got := w.do(request{method: "REPORT", path: path}).wantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
			if got.header.Get("Allow") != allow {
				t.Errorf("%s: Allow = %q, want %q", path, got.header.Get("Allow"), allow)
			}
		}
	})
	t.Run("Head", func(t *testing.T) {
		w := w.in(t)
		for _, path := range []string{"/v1/agents", "/openapi.json", "/healthz"} {
			if got := w.do(request{method: http.MethodHead, path: path}).want(http.StatusOK); len(got.body) > 0 {
				t.Errorf("%s: HEAD has a body: %s", path, got.body)
			}
		}
	})
	t.Run("Headers", func(t *testing.T) {
		w := w.in(t)
		for _, path := range []string{"/v1/agents", "/v1/nothing", "/hooks/none"} {
			got := w.get(path)
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			} {
				if got.header.Get(name) != want {
					t.Errorf("%s: %s = %q, want %q", path, name, got.header.Get(name), want)
				}
			}
		}
		if a, b := w.get("/v1/agents").header.Get("X-Request-Id"), w.get("/v1/agents").header.Get("X-Request-Id"); a == "" || a == b {
			t.Errorf("request ids %q and %q", a, b)
		}
	})
	t.Run("AnyAccept", func(t *testing.T) {
		w := w.in(t)
		for _, accept := range []string{"text/html", "application/xml", "*/*", "application/json"} {
			got := w.do(request{method: http.MethodGet, path: "/v1/agents", header: []string{"Accept", accept}}).want(http.StatusOK)
			if ct := got.header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("Accept %s: content type %q", accept, ct)
			}
		}
	})
}

func TestHealth(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		w := newWorld(t)
		w.do(request{method: http.MethodGet, path: "/openapi.json", token: "-"}).want(http.StatusOK)
		w.do(request{method: http.MethodGet, path: "/healthz", token: "-"}).want(http.StatusOK)
	})
	t.Run("ErrNotReady", func(t *testing.T) {
		w := newWorld(t, func(c *httpapi.Config) {
			c.Health = func(context.Context) error { return errors.New("canary-cause") }
		})
		got := w.get("/healthz").wantProblem(http.StatusServiceUnavailable, "unavailable")
		if strings.Contains(string(got.body), "canary-cause") || !strings.Contains(w.log.String(), "canary-cause") {
			t.Errorf("the cause belongs into the log, not the answer: %s", got.body)
		}
	})
}

// faulty is a resource whose routes go wrong.
type faulty struct{}

func (faulty) Mount(api huma.API) {
	type nothing struct{}
	routes := map[string]func(context.Context, *nothing) (*nothing, error){
		"/v1/panics":  func(context.Context, *nothing) (*nothing, error) { panic("canary-panic") },
		"/v1/unknown": func(context.Context, *nothing) (*nothing, error) { return nil, errors.New("canary-cause") },
	}
	for path, handle := range routes {
		huma.Register(api, huma.Operation{OperationID: path, Method: http.MethodGet, Path: path}, handle)
	}
	huma.Register(api, huma.Operation{OperationID: "halfway", Method: http.MethodGet, Path: "/v1/halfway"}, func(context.Context, *nothing) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			_, _ = ctx.BodyWriter().Write(bytes.Repeat([]byte("x"), 64<<10))
			panic("canary-halfway")
		}}, nil
	})
}

func serveFaulty(authenticate func(context.Context, string) (account.Principal, error)) (http.Handler, *logBuffer) {
	log := &logBuffer{}
	return httpapi.Serve(httpapi.Options{Authenticate: authenticate, Log: slog.New(slog.NewJSONHandler(log, nil))}, faulty{}), log
}

func TestFailures(t *testing.T) {
	token := []string{"Authorization", "Bearer " + ownToken}
	t.Run("Panic", func(t *testing.T) {
		h, log := serveFaulty(authenticate)
		got := call(t, h, http.MethodGet, "/v1/panics", token...).wantProblem(http.StatusInternalServerError, "internal")
		if strings.Contains(string(got.body), "canary") || strings.Contains(string(got.body), ".go:") {
			t.Errorf("the answer tells of the panic: %s", got.body)
		}
		for _, want := range []string{"canary-panic", "serve_test.go", got.header.Get("X-Request-Id")} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, log)
			}
		}
	})
	t.Run("PanicHalfwayCutsTheConnection", func(t *testing.T) {
		h, log := serveFaulty(authenticate)
		server := httptest.NewServer(h)
		defer server.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/halfway", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+ownToken)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.ReadAll(res.Body); err == nil {
			t.Error("the half of an answer looks like a whole one")
		}
		server.Close()
		if !strings.Contains(log.String(), "canary-halfway") {
			t.Errorf("the log lacks the panic:\n%s", log)
		}
	})
	t.Run("Internal", func(t *testing.T) {
		h, log := serveFaulty(func(context.Context, string) (account.Principal, error) {
			return account.Principal{}, errors.New("canary-cause")
		})
		got := call(t, h, http.MethodGet, "/v1/panics", token...).wantProblem(http.StatusInternalServerError, "internal")
		if strings.Contains(string(got.body), "canary") {
			t.Errorf("the answer tells the cause: %s", got.body)
		}
		line := lastLine(t, log)
		if line["level"] != "ERROR" || line["error"] != "canary-cause" || line["request_id"] != got.header.Get("X-Request-Id") {
			t.Errorf("log line = %v", line)
		}
	})
	t.Run("NotAFault", func(t *testing.T) {
		h, _ := serveFaulty(authenticate)
		got := call(t, h, http.MethodGet, "/v1/unknown", token...).wantProblem(http.StatusInternalServerError, "internal")
		if strings.Contains(string(got.body), "canary") {
			t.Errorf("the answer tells the cause: %s", got.body)
		}
	})
	t.Run("RetryAfter", func(t *testing.T) {
		h, _ := serveFaulty(func(context.Context, string) (account.Principal, error) {
			f := fault.New(fault.TooManyRequests, "Too many requests.")
			f.RetryAfter = 1500 * time.Millisecond
			return account.Principal{}, f
		})
		got := call(t, h, http.MethodGet, "/v1/panics", token...).wantProblem(http.StatusTooManyRequests, "too_many_requests")
		if after := got.header.Get("Retry-After"); after != "2" {
			t.Errorf("Retry-After = %q, want 2", after)
		}
	})
	t.Run("StorageFull", func(t *testing.T) {
		h, log := serveFaulty(func(context.Context, string) (account.Principal, error) {
			return account.Principal{}, fault.New(fault.StorageFull, "The disk is full.")
		})
		call(t, h, http.MethodGet, "/v1/panics", token...).wantProblem(http.StatusInsufficientStorage, "storage_full").wantAt("/detail", `"The disk is full."`)
		if line := lastLine(t, log); line["level"] != "WARN" {
			t.Errorf("log line = %v", line)
		}
	})
}

func TestLog(t *testing.T) {
	w := newWorld(t)
	w.get("/v1/agents/agt_none").want(http.StatusNotFound)
	line := lastLine(t, w.log)
	for name, want := range map[string]any{
		"method": "GET", "route": "/v1/agents/{id}", "status": 404.0, "code": "not_found", "account": "acc_own", "actor": "owner", "level": "INFO",
	} {
		if line[name] != want {
			t.Errorf("%s = %v, want %v", name, line[name], want)
		}
	}
	w.get("/v1/agents")
	if line := lastLine(t, w.log); line["status"] != 200.0 || line["duration"] == nil || line["bytes"] == 0.0 {
		t.Errorf("log line = %v", line)
	}
	w.get("/hooks/canary-secret/more")
	if line := lastLine(t, w.log); line["route"] != "none" || strings.Contains(w.log.String(), "canary-secret") {
		t.Errorf("log line = %v", line)
	}
}

// TestClientThatGoesAway holds that half a request neither hangs nor counts as our failure.
func TestClientThatGoesAway(t *testing.T) {
	w := newWorld(t)
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /v1/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+ownToken+"\r\nContent-Length: 100\r\n\r\n{\"name\""); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("status = %d, want 400", res.StatusCode)
	}
	if strings.Contains(w.log.String(), `"ERROR"`) {
		t.Errorf("it is logged as an error of ours:\n%s", w.log)
	}
}

// lastLine is the last line about a request in the log.
func lastLine(t *testing.T, log *logBuffer) map[string]any {
	t.Helper()
	var last map[string]any
	for line := range strings.Lines(log.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if v["msg"] == "request" {
			last = v
		}
	}
	return last
}
