// Package mototest runs moto, an implementation of AWS's services in Python, for tests
// of the packages that talk to them. What moto does otherwise than AWS, those tests say.
package mototest

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Region and Account are where everything in moto is.
const (
	Region  = "eu-central-1"
	Account = "123456789012"
)

// Start runs moto's server until the test ends, and gives its address. It skips the
// test where moto is not installed; see Missing.
func Start(t testing.TB) (address string) {
	t.Helper()
	server := find(t)
	return run(t, func(port string) *exec.Cmd {
		return exec.CommandContext(t.Context(), server, "-H", "127.0.0.1", "-p", port)
	})
}

// StartScript is Start for a script that changes moto before it runs its server. It
// runs in moto's Python; its arguments are the port, and then these.
func StartScript(t testing.TB, script string, args ...string) (address string) {
	t.Helper()
	python := filepath.Join(filepath.Dir(find(t)), "python3")
	return run(t, func(port string) *exec.Cmd {
		return exec.CommandContext(t.Context(), python, append([]string{script, port}, args...)...)
	})
}

// Missing skips a test that needs a part which is not installed;
// SWITCHBOARD_TEST_PEERS=required makes that a failure.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// Credentials are those that moto takes, as it takes any.
func Credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})
}

func find(t testing.TB) (server string) {
	t.Helper()
	server = os.Getenv("SWITCHBOARD_MOTO")
	if server == "" {
		server = "moto_server"
	}
	path, err := exec.LookPath(server)
	if err != nil {
		Missing(t, "moto is not installed: pip install 'moto[server]', or set SWITCHBOARD_MOTO to its moto_server: %v", err)
	}
	return path
}

func run(t testing.TB, command func(port string) *exec.Cmd) (address string) {
	t.Helper()
	port := freePort(t)
	cmd := command(port)
	cmd.Env = append(os.Environ(), "AWS_DEFAULT_REGION="+Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
	var log bytes.Buffer
	cmd.Stderr = &log
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // the test's context has killed it
		if t.Failed() {
			t.Logf("moto's last words:\n%s", log.Bytes()[max(0, log.Len()-3000):])
		}
	})
	address = "http://127.0.0.1:" + port
	awaitAnswer(t, address+"/moto-api/")
	return address
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func awaitAnswer(t testing.TB, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v", url, context.Cause(ctx))
		case <-again.C:
		}
	}
}
