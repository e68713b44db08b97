package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchboard/internal/account"
	"switchboard/internal/fault"
	"switchboard/internal/request"
)

// trace is what is noted of a request on its way, for the one line in the log.
type trace struct {
	id      string
	started time.Time
	caller  account.Principal
	failure error
	// execution is the one that the request started, by which the log leads on.
	execution string
}

type traceKey struct{}

// traceOf gives the trace of a request; outside of Serve an empty one.
func traceOf(ctx context.Context) *trace {
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		return t
	}
	return &trace{}
}

// ServeHTTP answers a request and writes the log.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := &trace{id: request.ID(r.Context()), started: time.Now()}
	if t.id == "" { // on AWS it is the invocation's
		t.id = uuid.Must(uuid.NewV7()).String()
	}
	r = r.WithContext(context.WithValue(request.WithID(r.Context(), t.id), traceKey{}, t))
	a := &answer{ResponseWriter: w}
	setHeaders(a.Header(), t.id, r.URL.Path)
	_, pattern := s.mux.Handler(r)
	defer func() {
		cut := s.recovered(recover(), a, r)
		s.logRequest(r, a, pattern)
		if cut {
			panic(http.ErrAbortHandler)
		}
	}()
	s.route(a, r, pattern)
}

// setHeaders sets what goes with every answer. Answers are data: no browser should
// guess their type, draw them, or tell others where they came from, and nobody
// should keep what an account owns.
func setHeaders(h http.Header, id, path string) {
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	if path != "/openapi.json" {
		h.Set("Cache-Control", "no-store")
	}
}

// recovered answers for a handler that panicked. It says whether the connection has
// to be cut, because half of another answer is on its way.
func (s *server) recovered(p any, a *answer, r *http.Request) (cut bool) {
	if p == nil {
		return false
	}
	if err, ok := p.(error); a.lost != nil || ok && errors.Is(err, http.ErrAbortHandler) {
		return true // nobody is listening any more
	}
	s.Log.ErrorContext(r.Context(), "request panicked", "request_id", traceOf(r.Context()).id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if a.status != 0 {
		return true
	}
	writeProblem(a, r, fmt.Errorf("panicked: %v", p))
	return false
}

// logRequest writes the line of a request. It names the route by its pattern: the
// path of a webhook is a secret.
func (s *server) logRequest(r *http.Request, a *answer, pattern string) {
	t := traceOf(r.Context())
	route := "none"
	if pattern != "" {
		route = pattern[strings.Index(pattern, " ")+1:]
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("request_id", t.id), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", a.status), slog.Int64("bytes", a.bytes), slog.Duration("duration", time.Since(t.started)),
	}
	if t.caller.Account != "" {
		attrs = append(attrs, slog.String("account", t.caller.Account), slog.String("actor", t.caller.Actor))
	}
	if t.execution != "" {
		attrs = append(attrs, slog.String("execution", t.execution))
	}
	if t.failure != nil {
		f := fault.Of(t.failure)
		attrs = append(attrs, slog.String("code", string(f.Code)))
		if f.Code.Means().Status >= http.StatusInternalServerError {
			level = slog.LevelWarn
			attrs = append(attrs, slog.String("error", t.failure.Error()))
		}
		if f.Code == fault.Internal {
			level = slog.LevelError
		}
	} else if route == "/healthz" {
		level = slog.LevelDebug
	}
	s.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// answer notes what becomes of a response.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
	lost   error // the client has gone
}

// WriteHeader sends the status, once.
func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	if status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	if err != nil {
		a.lost = err
	}
	return n, err
}

// Unwrap lets deadlines through to the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
