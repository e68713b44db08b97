package smtp_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector/smtp"
)

// TestSendEmailToAiosmtpd sends to a mail server that somebody else wrote, in
// another language (Debian: python3-aiosmtpd).
func TestSendEmailToAiosmtpd(t *testing.T) {
	command := findAiosmtpd(t)
	listener := listen(t)
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	command = append(command, "-n", "-u", "-l", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), "-c", "aiosmtpd.handlers.Debugging", "stdout")
	server := exec.CommandContext(t.Context(), command[0], command[1:]...)
	server.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONIOENCODING=utf-8")
	printed, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	awaitPort(t, port)

	_, err = send(t.Context(), t, smtp.New(), account(port, anonymous), letter(map[string]any{
		"to": "Zoë <zoë@example.org>", "subject": "Größe", "body": "first\n.\n..\n.end\n",
		"attachments": []any{map[string]any{"filename": "試験.txt", "content_base64": "QUJD"}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	message := printedMessage(t, printed)
	for _, want := range []string{
		"Subject: =?UTF-8?q?Gr=C3=B6=C3=9Fe?=\n", "To: =?utf-8?q?Zo=C3=AB?= <zoë@example.org>\n", "\nfirst\n.\n..\n.end\n", "filename*=utf-8''%E8%A9%A6%E9%A8%93.txt\n", "\nQUJD\n",
	} {
		if !strings.Contains(message, want) {
			t.Errorf("the server printed\n%s\nwhich does not hold %q", message, want)
		}
	}
}

// findAiosmtpd gives the command, or skips the test where there is none.
func findAiosmtpd(t *testing.T) []string {
	t.Helper()
	if path, err := exec.LookPath("aiosmtpd"); err == nil {
		return []string{path}
	}
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import aiosmtpd").Run(); err == nil {
		return []string{"python3", "-m", "aiosmtpd"}
	}
	const missing = "aiosmtpd is not installed (Debian: apt-get install python3-aiosmtpd)"
	if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return nil
}

// awaitPort waits until something listens.
func awaitPort(t *testing.T, port int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("aiosmtpd did not start: %v", err)
		}
	}
}

// printedMessage reads the first message that the server prints.
func printedMessage(t *testing.T, printed io.Reader) string {
	t.Helper()
	var message strings.Builder
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		if strings.Contains(lines.Text(), "END MESSAGE") {
			return message.String()
		}
		message.WriteString(lines.Text() + "\n")
	}
	t.Fatalf("the server ended with %q", message.String())
	return ""
}
