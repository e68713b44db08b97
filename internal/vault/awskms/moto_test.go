package awskms_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// startMoto runs moto's server and gives its address. It skips the test where moto
// is not installed, which SWITCHBOARD_TEST_PEERS=required forbids.
func startMoto(t *testing.T) string {
	t.Helper()
	server := os.Getenv("SWITCHBOARD_MOTO")
	if server == "" {
		server = "moto_server"
	}
	path, err := exec.LookPath(server)
	if err != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatalf("moto is not installed: %v", err)
		}
		t.Skip("moto is not installed: pip install 'moto[server]', or set SWITCHBOARD_MOTO to its moto_server")
	}
	port := freePort(t)
	cmd := exec.CommandContext(t.Context(), path, "-H", "127.0.0.1", "-p", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has killed it
	address := "http://127.0.0.1:" + port
	awaitAnswer(t, address+"/moto-api/")
	return address
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
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

func awaitAnswer(t *testing.T, url string) {
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
			res.Body.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v", url, context.Cause(ctx))
		case <-again.C:
		}
	}
}

// newClient returns a client as a function would have it, but for the address.
func newClient(address string, options ...func(*kms.Options)) *kms.Client {
	return kms.New(kms.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(address),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}, options...)
}
