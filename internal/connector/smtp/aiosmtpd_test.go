package smtp_test

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector/smtp"
	"switchboard/internal/fault"
)

// aiosmtpd is the server of testdata/server.py.
type aiosmtpd struct {
	port  int
	lines *bufio.Reader // what it prints
	roots *x509.CertPool
}

// took is a delivery as it prints it.
type took struct {
	From, User string
	To         []string
	Encrypted  bool
	Size       int
}

func startAiosmtpd(t *testing.T, security string, without ...string) *aiosmtpd {
	t.Helper()
	findAiosmtpd(t)
	python := "/usr/bin/python3" // Debian's own, for which its package is
	if exec.CommandContext(t.Context(), python, "-c", "import aiosmtpd").Run() != nil {
		python = "python3"
	}
	config, roots := certificate(t, time.Now().Add(time.Hour))
	key, err := x509.MarshalPKCS8PrivateKey(config.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, content []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	listener := listen(t)
	s := &aiosmtpd{port: listener.Addr().(*net.TCPAddr).Port, roots: roots}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	settings, err := json.Marshal(map[string]any{
		"port": s.port, "security": security, "user": user, "password": pass, "without": append([]string{}, without...),
		"certificate": write("cert.pem", "CERTIFICATE", config.Certificates[0].Certificate[0]), "key": write("key.pem", "PRIVATE KEY", key),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "server.py"), string(settings))
	printed, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = io.Discard // its log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	s.lines = bufio.NewReader(printed)
	if line, err := s.lines.ReadString('\n'); err != nil || line != "\"ready\"\n" {
		t.Fatalf("aiosmtpd said %q, %v", line, err)
	}
	return s
}

func (s *aiosmtpd) next(t *testing.T) took {
	t.Helper()
	line, err := s.lines.ReadBytes('\n')
	var d took
	if err == nil {
		err = json.Unmarshal(line, &d)
	}
	if err != nil {
		t.Fatalf("aiosmtpd said %q, %v", line, err)
	}
	return d
}

func TestAiosmtpd(t *testing.T) {
	for _, security := range []string{"tls", "starttls", "none"} {
		for mechanism, without := range map[string]string{"PLAIN": "LOGIN", "LOGIN": "PLAIN"} {
			t.Run("OK/"+security+"/"+mechanism, func(t *testing.T) {
				s := startAiosmtpd(t, security, without)
				out, err := send(t.Context(), t, smtp.NewTrusting(s.roots), account(s.port, map[string]any{"security": security}), letter(map[string]any{"to": []any{"ann@example.org", "bob@example.org"}}))
				if err != nil {
					t.Fatal(err)
				}
				d := s.next(t)
				if d.User != mechanism || d.Encrypted != (security != "none") || d.From != user || !slices.Equal(d.To, []string{"ann@example.org", "bob@example.org"}) || len(out["accepted"].([]any)) != 2 {
					t.Errorf("it took %+v; output = %v", d, out)
				}
			})
		}
	}
	s := startAiosmtpd(t, "starttls")
	for name, tt := range map[string]struct {
		data, config map[string]any
		want         fault.Code
		says         string
	}{
		"ErrPassword":     {map[string]any{"password": "another"}, nil, fault.AuthFailed, "535"},
		"ErrNoEncryption": {map[string]any{"security": "none"}, nil, fault.InvalidInput, ""},
		"ErrGone":         {nil, map[string]any{"to": "gone@example.org"}, fault.InvalidInput, "550 5.1.1 No such user"},
		"ErrFull":         {nil, map[string]any{"to": "full@example.org"}, fault.ServiceUnavailable, "452 4.2.2 Mailbox full"},
	} {
		t.Run(name, func(t *testing.T) {
			data := map[string]any{"security": "starttls"}
			for k, v := range tt.data {
				data[k] = v
			}
			_, err := send(t.Context(), t, smtp.NewTrusting(s.roots), account(s.port, data), letter(tt.config))
			if f := fault.Of(err); f.Code != tt.want || f.Unsettled || !strings.Contains(f.Message, tt.says) || f.Hint == "" {
				t.Errorf("error = %+v", f)
			}
		})
	}
	t.Run("SomeRecipients", func(t *testing.T) {
		out, err := send(t.Context(), t, smtp.NewTrusting(s.roots), account(s.port, map[string]any{"security": "starttls"}),
			letter(map[string]any{"to": []any{"ann@example.org", "gone@example.org"}}))
		if err != nil || !slices.Equal(s.next(t).To, []string{"ann@example.org"}) || fmt.Sprint(out["refused"]) != "[map[address:gone@example.org reason:550 5.1.1 No such user]]" {
			t.Errorf("output = %v, error = %v", out, err)
		}
	})
	t.Run("OKLargestAttachment", func(t *testing.T) {
		_, err := send(t.Context(), t, smtp.NewTrusting(s.roots), account(s.port, map[string]any{"security": "starttls"}), letter(map[string]any{
			"attachments": []any{map[string]any{"filename": "big.bin", "content_base64": strings.Repeat("QUJD", 10<<20/3)}},
		}))
		if err != nil {
			t.Fatal(err)
		}
		if d := s.next(t); d.Size < 13<<20 {
			t.Errorf("it took %d bytes", d.Size)
		}
	})
}
