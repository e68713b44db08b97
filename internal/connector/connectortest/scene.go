package connectortest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/secret"
)

// prefix is a path that the suite's upstreams have, to see that it is kept.
const prefix = "/sandbox"

// loopback is where the suite's servers stand.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// Setup says which call to put together.
type Setup struct {
	Action         string // "" for Verify
	Config         map[string]any
	CredentialType string // "" for none
	Data           map[string]any
	Upstream       string // "" for the service itself
	Log            *slog.Logger
}

// Call puts together a call as in production, for a connector's own tests. The
// network allows loopback, where test servers stand.
func Call(t testing.TB, con connector.Connector, setup Setup) (*connector.Call, *secret.Redactor) {
	t.Helper()
	call, redactor, err := newCall(con, setup)
	if err != nil {
		t.Fatal(err)
	}
	return call, redactor
}

func newCall(con connector.Connector, setup Setup) (*connector.Call, *secret.Redactor, error) {
	cfg := outbound.Config{AllowNets: loopback}
	if setup.Upstream != "" {
		u, err := url.Parse(setup.Upstream)
		if err != nil {
			return nil, nil, fmt.Errorf("reading upstream: %w", err)
		}
		cfg.Upstreams = map[string]*url.URL{con.Name: u}
	}
	network, err := outbound.New(cfg)
	if err != nil {
		return nil, nil, err
	}
	task := outbound.Task{Key: Key, Now: Now, Log: setup.Log}
	if setup.Action != "" {
		action, ok := con.Action(setup.Action)
		if !ok {
			return nil, nil, fmt.Errorf("%s has no action %s", con.Name, setup.Action)
		}
		if task.Input, err = decode(action.Input, setup.Config); err != nil {
			return nil, nil, fmt.Errorf("reading config of %s: %w", setup.Action, err)
		}
	}
	if setup.CredentialType != "" {
		t, ok := con.CredentialType(setup.CredentialType)
		if !ok {
			return nil, nil, fmt.Errorf("%s takes no credential of type %s", con.Name, setup.CredentialType)
		}
		data, err := decode(t.Fields, setup.Data)
		if err != nil {
			return nil, nil, fmt.Errorf("reading data of %s: %w", setup.CredentialType, err)
		}
		task.Credential = connector.Credential{ID: "cred_test", Type: t.Name, Data: data}
	}
	call, redactor := network.NewCall(con, task)
	return call, redactor, nil
}

func decode(fields schema.Fields, raw map[string]any) (schema.Input, error) {
	in, problems := fields.Decode(raw)
	var errs []error
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("%s: %s", p.Pointer, p.Message))
	}
	return in, errors.Join(errs...)
}

// scene is one connector set up against a service that answers as told.
type scene struct {
	suite    *suite
	server   *httptest.Server
	call     *connector.Call
	redactor *secret.Redactor
	canaries []string
	log      *buffer

	mu       sync.Mutex
	requests []received // those that no Also answers
}

// received is a request as it reached the service.
type received struct {
	method, target string
	header         http.Header
	body           string
}

// scene starts a service and puts a call to it together. action is nil for Verify.
func (s *suite) scene(action *connector.Action, config map[string]any, credentialType string, answer http.HandlerFunc) (*scene, error) {
	sc := &scene{suite: s, log: &buffer{}}
	sc.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sc.serve(w, r, action, answer) }))
	setup := Setup{Config: config, CredentialType: credentialType, Upstream: sc.server.URL + prefix}
	setup.Log = slog.New(slog.NewTextHandler(sc.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if action != nil {
		setup.Action = action.Name
	}
	if credentialType != "" {
		setup.Data, sc.canaries = s.credentialData(credentialType)
	}
	var err error
	if sc.call, sc.redactor, err = newCall(s.con, setup); err != nil {
		sc.close()
		return nil, err
	}
	return sc, nil
}

func (sc *scene) close() {
	sc.server.CloseClientConnections()
	sc.server.Close()
}

func (sc *scene) serve(w http.ResponseWriter, r *http.Request, action *connector.Action, answer http.HandlerFunc) {
	target, ok := strings.CutPrefix(r.RequestURI, prefix)
	if !ok {
		http.Error(w, "the upstream's path prefix is missing: "+r.RequestURI, http.StatusTeapot)
		return
	}
	if action != nil {
		path, _, _ := strings.Cut(target, "?")
		for _, also := range sc.suite.also {
			if also.action == action.Name && also.method == r.Method && also.path == path {
				write(w, also.answer)
				return
			}
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone; there is nobody to answer
	}
	sc.mu.Lock()
	sc.requests = append(sc.requests, received{method: r.Method, target: target, header: r.Header.Clone(), body: string(body)})
	sc.mu.Unlock()
	answer(w, r)
}

func (sc *scene) received() []received {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return sc.requests
}

// fails runs the call and expects a fault of this kind, free of secrets.
func (sc *scene) fails(ctx context.Context, run func(context.Context, *connector.Call) error, want expectation) error {
	err := inTime(ctx, sc.suite.patience, func() error { return run(ctx, sc.call) })
	if err == nil {
		return fmt.Errorf("it succeeded; want %s", want.code)
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return fmt.Errorf("the error is no fault: %w", err)
	}
	return errors.Join(want.compare(f), sc.leaks(err))
}

// leaks looks for secrets in an error and the log.
func (sc *scene) leaks(err error) error {
	texts := map[string]string{"log": sc.log.String()}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		texts["message"], texts["hint"] = f.Message, f.Hint
		texts["fields"] = fmt.Sprint(f.Fields, f.Details)
	}
	if err != nil {
		texts["error text"] = err.Error()
	}
	return findLeaks(texts, sc.canaries)
}

func write(w http.ResponseWriter, answer connector.ExampleResponse) {
	for name, value := range answer.Header {
		w.Header().Set(name, value)
	}
	if w.Header().Get("Content-Type") == "" && looksLikeJSON(answer.Body) {
		w.Header().Set("Content-Type", "application/json")
	}
	if answer.Status != 0 {
		w.WriteHeader(answer.Status)
	}
	_, _ = io.WriteString(w, answer.Body) // a client that has gone is what some checks are about
}

// buffer is a log that may be written by several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
