package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"switchboard/internal/fault"
	"switchboard/internal/request"
)

// margin is how long before Lambda's deadline the work is cut off: time to write
// what has become of it, and to answer.
const margin = time.Second

// errDeadline is the cause of a context that ended by the margin.
var errDeadline = errors.New("the function's time is up")

// invocation is what is known of an invocation on its way.
type invocation struct {
	id      string
	trace   string // X-Ray
	started time.Time
	cold    bool

	mu      sync.Mutex
	account string
	request string // on whose behalf; see package request
	failure string // what its metric calls it; "" where it went well
}

type invocationKey struct{}

// invocationOf gives the invocation of a context; nil outside of one.
func invocationOf(ctx context.Context) *invocation {
	i, _ := ctx.Value(invocationKey{}).(*invocation)
	return i
}

// ForAccount notes whose invocation it is, for the log.
func ForAccount(ctx context.Context, account string) {
	if i := invocationOf(ctx); i != nil {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.account = account
	}
}

// ForRequest notes on whose behalf the invocation is, for the log, and gives a context
// for what is done.
func ForRequest(ctx context.Context, id string) context.Context {
	if i := invocationOf(ctx); i != nil && id != "" {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.request = id
	}
	return request.WithID(ctx, id)
}

func (i *invocation) fail(failure string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failure = failure
}

// requestID is the member of a line that names the request on whose behalf it was
// written: the same from the API to the connector. Lambda's own requestId is each
// invocation's.
const requestID = "request_id"

// describe adds the invocation to a line, unless the line says it already. The id
// is called as Lambda's own lines call it, so that one filter finds both.
func (i *invocation) describe(r *slog.Record) {
	i.mu.Lock()
	account, from := i.account, i.request
	i.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "account":
			account = ""
		case requestID:
			from = ""
		}
		return true
	})
	r.AddAttrs(slog.String("requestId", i.id))
	if from != "" {
		r.AddAttrs(slog.String(requestID, from))
	}
	if i.trace != "" {
		r.AddAttrs(slog.String("xrayTraceId", i.trace))
	}
	if account != "" {
		r.AddAttrs(slog.String("account", account))
	}
}

// function is a Handler as the runtime's library calls it.
type function struct {
	*Host
	handler Handler
}

// Invoke answers one invocation.
func (f function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	i := &invocation{started: f.now(), cold: !f.warm.Swap(true)}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		i.id = lc.AwsRequestID
	}
	i.trace, _ = ctx.Value("x-amzn-trace-id").(string)                 // the runtime library's key
	ctx = ForRequest(context.WithValue(ctx, invocationKey{}, i), i.id) // unless what is asked says otherwise
	ctx, cancel := beforeDeadline(ctx)
	defer cancel()
	answer, err := f.guarded(ctx, payload)
	f.finish(ctx, i, err)
	if err != nil {
		return nil, failureOf(err)
	}
	if answer == nil {
		answer = []byte("null") // an answer is JSON
	}
	return answer, nil
}

// beforeDeadline ends the work a margin before Lambda does, or at half of the time
// where that is little.
func beforeDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, deadline.Add(-min(margin, time.Until(deadline)/2)), errDeadline)
}

// guarded makes a failure of a panic.
func (f function) guarded(ctx context.Context, payload []byte) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			f.Log.ErrorContext(ctx, "invocation panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panicked: %v", p)
		}
	}()
	return f.handler(ctx, payload)
}

// failureOf is an error as the runtime's library passes it on: the fault's code is
// the name that Retry and Catch match, message and hint are for people, and the
// cause stays here.
func failureOf(err error) error {
	f := fault.Of(err)
	return messages.InvokeResponse_Error{Type: string(f.Code), Message: strings.TrimSpace(f.Message + "\n" + f.Hint)}
}

// finish writes the invocation's last line, which is its metric.
func (f function) finish(ctx context.Context, i *invocation, err error) {
	level := slog.LevelInfo
	i.mu.Lock()
	failure := i.failure
	i.mu.Unlock()
	took := f.now().Sub(i.started)
	attrs := []slog.Attr{slog.Bool("cold", i.cold)}
	if err != nil {
		code := fault.Of(err).Code
		failure = string(code)
		level = slog.LevelWarn
		if code == fault.Internal {
			level = slog.LevelError
		}
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	f.Log.LogAttrs(ctx, level, "invocation", append(attrs, metrics(f.now(), took, failure)...)...)
}
