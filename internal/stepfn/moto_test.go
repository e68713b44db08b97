package stepfn_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	"switchboard/internal/mototest"
	"switchboard/internal/stepfn"
)

// here is where the state machines of the tests are.
var here = stepfn.Machines{Partition: "aws", Region: mototest.Region, Account: mototest.Account, Prefix: "sb"}

const role = "arn:aws:iam::123456789012:role/machines"

// newClient returns a client as a function would have it, but for the address, and
// for the time between retries.
func newClient(address string, options ...func(*sfn.Options)) *sfn.Client {
	return sfn.New(sfn.Options{
		Region: here.Region, BaseEndpoint: aws.String(address),
		Credentials: mototest.Credentials(),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	}, options...)
}

// startMoto runs moto's Step Functions with testdata/peer.py, whose Lambda functions
// are all invoke, and gives its address.
func startMoto(t *testing.T) string {
	t.Helper()
	evaluator := filepath.Join("..", "asl", "testdata", "peer", "jsonata.js")
	if _, err := os.Stat(filepath.Join(filepath.Dir(evaluator), "node_modules", "jsonata")); err != nil {
		mototest.Missing(t, "the reference implementation of JSONata is not installed: run npm ci in internal/asl/testdata/peer")
	}
	if _, err := exec.LookPath("node"); err != nil {
		mototest.Missing(t, "moto needs node for JSONata: %v", err)
	}
	functions := httptest.NewServer(http.HandlerFunc(serveFunctions))
	t.Cleanup(functions.Close)
	return mototest.StartScript(t, filepath.Join("testdata", "peer.py"), evaluator, functions.URL)
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
