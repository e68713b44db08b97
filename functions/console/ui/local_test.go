package ui_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"switchboard/functions/console/ui"
)

// fakePrograms puts programs of these texts on the path, and nothing else.
func fakePrograms(t *testing.T, programs map[string]string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the programs are shell scripts")
	}
	dir := t.TempDir()
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// page waits for the build to end and gives the page that is then shown.
func page(t *testing.T, cache string) (status int, body string, log string) {
	t.Helper()
	var said strings.Builder
	l := ui.Start(t.Context(), &said, cache, ui.SignIn{})
	<-l.Done()
	got := get(t.Context(), l, "GET", "/agents")
	return got.Code, got.Body.String(), said.String()
}

const builds = `case "$1" in ci) ;; run) /bin/mkdir -p dist && echo '<title>built</title>' > dist/index.html ;; esac`

func TestLocal(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		cache := t.TempDir()
		fakePrograms(t, map[string]string{"node": "echo v22.12.0", "npm": builds})
		status, body, log := page(t, cache)
		if status != http.StatusOK || !strings.Contains(body, "<title>built</title>") || !strings.Contains(log, "console: built in") {
			t.Errorf("%d %s\n%s", status, body, log)
		}
		t.Run("BuiltOnce", func(t *testing.T) {
			fakePrograms(t, nil)
			if status, _, log := page(t, cache); status != http.StatusOK || log != "" {
				t.Errorf("%d, log %q", status, log)
			}
		})
	})
	for _, tt := range []struct {
		name     string
		programs map[string]string
		want     []string
	}{
		{"ErrNoNode", nil, []string{"The console needs Node.js", "20.19", "The API works without it"}},
		{"ErrOldNode", map[string]string{"node": "echo v18.20.0", "npm": builds}, []string{"The console needs Node.js", "v18.20.0"}},
		{"ErrNoNetwork", map[string]string{"node": "echo v20.19.0", "npm": "echo 'getaddrinfo <failed>'; exit 1"}, []string{"could not be built", "installing packages", "getaddrinfo &lt;failed&gt;"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cache := t.TempDir()
			fakePrograms(t, tt.programs)
			status, body, log := page(t, cache)
			if status != http.StatusServiceUnavailable || log == "" {
				t.Errorf("status %d, log %q", status, log)
			}
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("the page does not say %q:\n%s", want, body)
				}
			}
			if strings.Contains(body, `http-equiv="refresh"`) {
				t.Error("the page reloads although nothing will change")
			}
			if left, _ := os.ReadDir(cache); len(left) > 0 {
				t.Errorf("it left %s behind", left[0].Name())
			}
		})
	}
}

func TestLocalAnswersWhileItBuilds(t *testing.T) {
	cache := t.TempDir()
	fakePrograms(t, map[string]string{"node": "echo v22.12.0", "npm": "exec /bin/sleep 600"})
	ctx, cancel := context.WithCancel(t.Context())
	l := ui.Start(ctx, io.Discard, cache, ui.SignIn{})
	got := get(t.Context(), l, "GET", "/")
	if got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), `http-equiv="refresh"`) {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if got := get(t.Context(), l, "GET", "/waiting.css"); got.Code != http.StatusOK {
		t.Errorf("its style: %d", got.Code)
	}
	cancel()
	<-l.Done()
}
