package main_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailbox is a mail server that keeps what it gets.
type mailbox struct {
	mu    sync.Mutex
	mails []string
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &mailSession{m}, nil }

type mailSession struct{ box *mailbox }

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "ada@example.com" || password != "correct horse" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *mailSession) Reset()                               {}
func (s *mailSession) Logout() error                        { return nil }

func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails = append(s.box.mails, string(text))
	return nil
}

func serveMail(t *testing.T) (*mailbox, string) {
	t.Helper()
	box := &mailbox{}
	server := smtp.NewServer(box)
	server.AllowInsecureAuth = true
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return box, port
}

var tourBlock = regexp.MustCompile("(?s)<!-- tour(: settings)? -->\n```sh\n(.*?)```")

// TestReadmeTour runs the README's commands as they stand there, but for the
// settings that are the reader's own.
func TestReadmeTour(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the tour is made of curl commands, and curl is not installed")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```sh\ngo run ./infra/local\n```") {
		t.Error("the README does not say how to run it")
	}
	box, port := serveMail(t)
	p := start(t, t.TempDir())
	script := "set -euo pipefail\n"
	settings := 0
	for _, block := range tourBlock.FindAllStringSubmatch(string(readme), -1) {
		if block[1] == "" {
			script += block[2]
			continue
		}
		settings++
		for _, name := range []string{"URL", "TOKEN", "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_USER", "SMTP_PASSWORD", "MAIL_FROM", "MAIL_TO"} {
			if !strings.Contains(block[2], name+"=") {
				t.Errorf("the settings do not name %s", name)
			}
		}
		script += fmt.Sprintf("export URL=%s TOKEN=%s SMTP_HOST=127.0.0.1 SMTP_PORT=%s SMTP_SECURITY=none SMTP_USER=ada@example.com SMTP_PASSWORD='correct horse' MAIL_FROM=ada@example.com MAIL_TO=bob@example.com\n", p.url, p.token, port)
	}
	if settings != 1 {
		t.Fatalf("the README has %d blocks of settings, want one", settings)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "bash", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, p.stderr)
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	if len(box.mails) != 1 || !strings.Contains(box.mails[0], "Subject: Order A-1042") || !strings.Contains(box.mails[0], "1250.5 EUR") {
		t.Errorf("the mails are %q\n%s", box.mails, out)
	}
	for _, want := range []string{`"ok":true`, `"diagnostics":[]`, `"mailed":"`, `"status":"succeeded"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output does not hold %s:\n%s", want, out)
		}
	}
}

var operateBlock = regexp.MustCompile("(?s)<!-- operate -->\n```sh\n(.*?)```")

// TestReadmeOperate runs the README's commands of the data folder, with the built
// command for go run.
func TestReadmeOperate(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := operateBlock.FindStringSubmatch(string(readme))
	if block == nil {
		t.Fatal("the README has no block of commands")
	}
	folder := t.TempDir()
	p := start(t, filepath.Join(folder, ".switchboard"))
	p.must(t, "POST", "/v1/credentials", map[string]any{"type": "http_bearer", "data": map[string]any{"token": serviceToken}}, nil)
	p.kill() // a rotation under a running stack waits for half a minute before it lets the old key go
	cmd := exec.CommandContext(t.Context(), "bash", "-c", "set -euo pipefail\n"+strings.ReplaceAll(block[1], "go run ./infra/local", binary))
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"Backed up to switchboard-backup.tgz", "Restored restored as of", "Done. The old key is out of .switchboard/key", "Exported to workflows.json", "nothing was."} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output does not hold %q:\n%s", want, out)
		}
	}
	start(t, filepath.Join(folder, "restored"))
}
