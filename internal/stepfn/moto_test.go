package stepfn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"switchboard/internal/asl/run"
	"switchboard/internal/stepfn"
)

// here is where the state machines of the tests are.
var here = stepfn.Machines{Partition: "aws", Region: "eu-central-1", Account: "123456789012", Prefix: "sb"}

const role = "arn:aws:iam::123456789012:role/machines"

// newClient returns a client as a function would have it, but for the address, and
// for the time between retries.
func newClient(address string, options ...func(*sfn.Options)) *sfn.Client {
	return sfn.New(sfn.Options{
		Region: here.Region, BaseEndpoint: aws.String(address),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	}, options...)
}

// startMoto runs moto's Step Functions with testdata/peer.py, whose Lambda functions
// are all invoke, and gives its address. It skips the test where a part is missing,
// which SWITCHBOARD_TEST_PEERS=required forbids.
func startMoto(t *testing.T) string {
	t.Helper()
	missing := func(format string, args ...any) {
		t.Helper()
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatalf(format, args...)
		}
		t.Skipf(format, args...)
	}
	server := os.Getenv("SWITCHBOARD_MOTO")
	if server == "" {
		server = "moto_server"
	}
	path, err := exec.LookPath(server)
	if err != nil {
		missing("moto is not installed: pip install 'moto[server]', or set SWITCHBOARD_MOTO to its moto_server: %v", err)
	}
	evaluator := filepath.Join("..", "asl", "testdata", "peer", "jsonata.js")
	if _, err := os.Stat(filepath.Join(filepath.Dir(evaluator), "node_modules", "jsonata")); err != nil {
		missing("the reference implementation of JSONata is not installed: run npm ci in internal/asl/testdata/peer")
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("moto needs node for JSONata: %v", err)
	}
	functions := httptest.NewServer(http.HandlerFunc(serveFunctions))
	t.Cleanup(functions.Close)
	port := freePort(t)
	python := filepath.Join(filepath.Dir(path), "python3") // the one that moto is installed for
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "peer.py"), port, evaluator, functions.URL)
	cmd.Env = append(os.Environ(), "AWS_DEFAULT_REGION="+here.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
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
	address := "http://127.0.0.1:" + port
	awaitAnswer(t, address+"/moto-api/")
	return address
}

// serveFunctions is all Lambda functions: see say.
func serveFunctions(w http.ResponseWriter, req *http.Request) {
	var call struct {
		Function string          `json:"function"`
		Payload  json.RawMessage `json:"payload"`
	}
	body, err := io.ReadAll(req.Body)
	if err == nil {
		err = json.Unmarshal(body, &call)
	}
	var out []byte
	if err == nil {
		out, err = say(req.Context(), run.Invocation{Function: call.Function, Payload: call.Payload})
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		out = []byte(fmt.Sprintf(`{"errorType":"Error","errorMessage":%q}`, err))
		if failed, ok := errors.AsType[*run.TaskError](err); ok {
			out = []byte(failed.Cause)
		}
	}
	_, _ = w.Write(out)
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
