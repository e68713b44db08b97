package ui_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"switchboard/functions/console/ui"
)

const script = "assets/index-AbCdEf12.js"

func handler(t *testing.T) http.Handler {
	t.Helper()
	h, err := ui.Handler(fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html><title>Switchboard</title>")},
		script:       {Data: []byte(strings.Repeat("export const a = 1;\n", 200))},
	}, ui.SignIn{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(ctx context.Context, h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, path, http.NoBody)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	h := handler(t)
	for _, tt := range []struct {
		name, method, path string
		status             int
		contentType, cache string
	}{
		{"Page", "GET", "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"PageOfTheApplication", "GET", "/workflows/wf_1/executions", 200, "text/html; charset=utf-8", "no-cache"},
		{"Asset", "GET", "/" + script, 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"Head", "HEAD", "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"ErrAssetOfAnotherBuild", "GET", "/assets/index-00000000.js", 404, "text/plain; charset=utf-8", ""},
		{"ErrNoSuchFile", "GET", "/robots.txt", 404, "text/plain; charset=utf-8", ""},
		{"ErrOutside", "GET", "/../main.go", 404, "text/plain; charset=utf-8", ""},
		{"ErrMethod", "POST", "/", 405, "text/plain; charset=utf-8", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := get(t.Context(), h, tt.method, tt.path)
			if got.Code != tt.status || got.Header().Get("Content-Type") != tt.contentType || got.Header().Get("Cache-Control") != tt.cache {
				t.Errorf("%d %s %q", got.Code, got.Header().Get("Content-Type"), got.Header().Get("Cache-Control"))
			}
			policy := got.Header().Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("Content-Security-Policy: %s", policy)
			}
		})
	}
}

func TestHandlerCompresses(t *testing.T) {
	h := handler(t)
	plain := get(t.Context(), h, "GET", "/"+script, "Accept-Encoding", "br, gzip;q=0").Body.String()
	got := get(t.Context(), h, "GET", "/"+script, "Accept-Encoding", "deflate, gzip;q=0.8")
	if got.Header().Get("Content-Encoding") != "gzip" || got.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("Content-Encoding %q, Vary %q", got.Header().Get("Content-Encoding"), got.Header().Get("Vary"))
	}
	r, err := gzip.NewReader(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(r)
	if err != nil || string(unpacked) != plain {
		t.Errorf("unpacked it is another file: %v", err)
	}
}

func TestHandlerKnowsWhatTheBrowserHas(t *testing.T) {
	h := handler(t)
	first := get(t.Context(), h, "GET", "/")
	if got := get(t.Context(), h, "GET", "/", "If-None-Match", first.Header().Get("ETag")); got.Code != http.StatusNotModified {
		t.Errorf("status %d", got.Code)
	}
}

func TestHandlerErrNoPage(t *testing.T) {
	if _, err := ui.Handler(fstest.MapFS{"other.html": {}}, ui.SignIn{}); err == nil {
		t.Error("files without index.html were taken")
	}
}

func TestBeside(t *testing.T) {
	answering := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	}
	h := ui.Beside(answering("api"), answering("console"))
	for _, tt := range []struct{ method, path, want string }{
		{"GET", "/", "console"},
		{"GET", "/agents/agt_1/workflows", "console"},
		{"GET", "/v1", "api"},
		{"GET", "/v1/agents", "api"},
		{"GET", "/v10", "console"},
		{"POST", "/hooks/secret", "api"},
		{"GET", "/hooks/secret", "api"},
		{"GET", "/approvals/token", "api"},
		{"GET", "/healthz", "api"},
		{"GET", "/openapi.json", "api"},
		{"DELETE", "/agents", "api"},
	} {
		if body := get(t.Context(), h, tt.method, tt.path).Body.String(); body != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.method, tt.path, body, tt.want)
		}
	}
}
