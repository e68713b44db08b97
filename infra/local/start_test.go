package main_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStartErrors: whatever is wrong at the start is one line that says what to do.
func TestStartErrors(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := t.TempDir()
	start(t, busy)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	keyless := t.TempDir()
	start(t, keyless).kill()
	if err := os.Remove(filepath.Join(keyless, "key")); err != nil {
		t.Fatal(err)
	}
	emptied := t.TempDir()
	start(t, emptied).kill()
	if err := os.Truncate(filepath.Join(emptied, "switchboard.db"), 0); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "switchboard.db"), []byte(strings.Repeat("not a database ", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(damaged, "key"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string // what the line must say
	}{
		"UnknownFlag":     {[]string{"-nope"}, "-h lists the flags"},
		"Argument":        {[]string{"start"}, "no command \"start\""},
		"BadUpstream":     {[]string{"-upstream", "http"}, "NAME=URL"},
		"UnknownUpstream": {[]string{"-upstream", "htp=http://127.0.0.1:1"}, `Did you mean "http"?`},
		"BadNet":          {[]string{"-allow-net", "everything"}, "10.0.0.0/8"},
		"BadPublicURL":    {[]string{"-public-url", "example.com"}, "https://"},
		"TokensOfNobody":  {[]string{"-jwt-token-origin", "https://tokens.example.com"}, "-jwt-issuer"},
		"BadAddress":      {[]string{"-addr", "nowhere"}, "-addr takes host:port"},
		"PortInUse":       {[]string{"-addr", taken.Addr().String()}, "in use"},
		"FolderIsAFile":   {[]string{"-data", file}, "-data"},
		"FolderInUse":     {[]string{"-data", busy}, "another Switchboard"},
		"KeyMissing":      {[]string{"-data", keyless}, "backup"},
		"Damaged":         {[]string{"-data", damaged}, "damaged"},
		"Emptied":         {[]string{"-data", emptied}, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"-addr", "127.0.0.1:0", "-data", filepath.Join(t.TempDir(), "new")}, c.args...)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, binary, args...)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			err := cmd.Run()
			if cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("exit code %d (%v), want 1", cmd.ProcessState.ExitCode(), err)
			}
			if line := stderr.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, c.want) {
				t.Errorf("stderr is %q, want one line with %q", line, c.want)
			}
		})
	}
}

// TestFirstStart: whatever cuts the first start off, the next one goes on from there.
func TestFirstStart(t *testing.T) {
	t.Run("WithoutItsKey", func(t *testing.T) {
		data := t.TempDir()
		inTheWay := filepath.Join(data, "key", "x")
		if err := os.MkdirAll(inTheWay, 0o700); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), binary, "-addr", "127.0.0.1:0", "-data", data).CombinedOutput(); err == nil {
			t.Fatalf("it started without a key: %s", out)
		}
		if err := os.RemoveAll(filepath.Dir(inTheWay)); err != nil {
			t.Fatal(err)
		}
		start(t, data)
	})
	t.Run("Killed", func(t *testing.T) {
		for range 10 {
			data := filepath.Join(t.TempDir(), "data")
			cmd := exec.CommandContext(t.Context(), binary, "-addr", "127.0.0.1:0", "-data", data)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for { // somewhere between the first file and the last one
				if files, _ := os.ReadDir(data); len(files) > 0 {
					break
				}
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			start(t, data).kill()
		}
	})
	t.Run("WithoutItsToken", func(t *testing.T) {
		data := t.TempDir()
		start(t, data).kill()
		if err := os.Remove(filepath.Join(data, "token")); err != nil {
			t.Fatal(err)
		}
		start(t, data)
	})
}

func TestHelp(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), binary, "-h").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"-addr", "-data", "-token", "-upstream", "-allow-net", "-public-url", "backup", "restore", "rotate-key"} {
		if !strings.Contains(string(out), name) {
			t.Errorf("-h does not name %s:\n%s", name, out)
		}
	}
}

// TestSIGTERM stops cleanly within 5 seconds, with an execution under way that goes
// on at the next start.
func TestSIGTERM(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	workflow := p.publish(t, map[string]any{
		"name": "Wait", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{map[string]any{"id": "pause", "type": "wait", "config": map[string]any{"seconds": 2}}},
		"edges": []any{map[string]any{"from": "trigger", "to": "pause"}},
	})
	var x made
	p.must(t, "POST", "/v1/workflows/"+workflow+"/executions", map[string]any{}, &x)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v: %s", err, p.stderr)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it has not ended after 5 seconds")
	}
	again := start(t, data)
	if got := again.await(t, x.ID); got.Status != "succeeded" {
		t.Errorf("the execution ended as %+v", got)
	}
	if again.token != p.token {
		t.Error("the token is another one after the restart")
	}
}
