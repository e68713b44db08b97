// Package lambdahost is what every Lambda function of Switchboard has in common, so
// that a function's main only says which parts it joins.
//
// Run wires the function once, without a call to AWS, and then answers invocations.
// What each of them has is here, in one place:
//
//   - Logs are JSON lines with the invocation's id, the account, the function and its
//     version. One line ends each invocation; it is a metric, too (Embedded Metric
//     Format), so nothing has to be sent anywhere.
//   - A fault becomes the function's failure under the fault's own code. The runtime's
//     library would name the Go type of the outermost error, so a wrapped error would
//     be called wrapError, and a state machine's Retry and Catch would miss it.
//   - A panic is a failure like others; the next invocation is answered as usual.
//   - The work is cut off shortly before Lambda would, so that what is under way can
//     still be settled and told.
//   - The trace of X-Ray goes on into every call to AWS: the SDK takes it from where
//     the runtime's library puts it.
//
// HTTP makes a function of an http.Handler behind an HTTP API of API Gateway.
// A wiring that fails, as where settings are missing, is reported to Lambda once,
// with everything that is missing.
package lambdahost

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// Handler answers an invocation. A fault is its failure's name and message.
type Handler func(ctx context.Context, payload []byte) ([]byte, error)

// Task makes a function of what a state machine calls. Its lines have the request on
// whose behalf that runs, which every task's payload names.
func Task(run func(ctx context.Context, payload []byte) (json.RawMessage, error)) Handler {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var of struct {
			Request string `json:"request"`
		}
		_ = json.Unmarshal(payload, &of) // what cannot be read is run's to refuse
		return run(ForRequest(ctx, of.Request), payload)
	}
}

// Host is what a function is wired from.
type Host struct {
	// Log writes to the function's log. Lines that are written with an invocation's
	// context tell its id and account.
	Log *slog.Logger

	lookup  func(string) (string, bool)
	missing []string
	now     func() time.Time
	warm    atomic.Bool // it has answered before
}

// newHost returns a host with these surroundings.
func newHost(lookup func(string) (string, bool), out io.Writer) *Host {
	h := &Host{lookup: lookup, now: time.Now}
	h.Log = newLog(out, h.function(), h.version())
	return h
}

// Run wires the function and answers its invocations until Lambda ends the process.
func Run(wire func(*Host) (Handler, error)) {
	h := newHost(os.LookupEnv, os.Stdout)
	slog.SetDefault(h.Log) // the runtime's library writes to the standard log
	handler, err := h.wired(wire)
	if err != nil {
		h.refuse(err)
		os.Exit(1)
	}
	lambda.Start(function{h, handler})
}

// wired runs the wiring, and tells what it found missing.
func (h *Host) wired(wire func(*Host) (Handler, error)) (Handler, error) {
	handler, err := wire(h)
	if missing := h.missingSettings(); missing != nil {
		return nil, missing // whatever else is wrong follows from it
	}
	return handler, err
}

func (h *Host) function() string { return h.Optional("AWS_LAMBDA_FUNCTION_NAME") }
func (h *Host) version() string  { return h.Optional("AWS_LAMBDA_FUNCTION_VERSION") }
