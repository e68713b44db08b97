package connectortest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// Sent is a request as it reached the service.
type Sent struct {
	Method string
	Target string // path and query, as sent
	Header http.Header
	Body   string
}

// Exchange is one call of a connector and all that the service was sent in it.
type Exchange struct {
	Sent     []Sent
	Output   connector.Output   // of an action
	Identity connector.Identity // of Verify
	Err      error
}

// Run has the action, or Verify, of the setup call a service that answers with the
// handler; it is for what a connector's own tests want to know besides the suite.
// Without a credential type the first one is meant, and without data it is made up
// as in the suite.
func (setup Setup) Run(t testing.TB, con connector.Connector, answer http.HandlerFunc) Exchange {
	t.Helper()
	var mu sync.Mutex
	var e Exchange
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a request: %v", err)
		}
		mu.Lock()
		e.Sent = append(e.Sent, Sent{Method: r.Method, Target: strings.TrimPrefix(r.RequestURI, prefix), Header: r.Header.Clone(), Body: string(body)})
		mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body)) // the handler may want to read it, too
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	s := newSuite(con)
	if setup.CredentialType == "" {
		setup.CredentialType = s.exampleType()
	}
	if setup.Data == nil {
		setup.Data, _ = s.credentialData(setup.CredentialType)
	}
	setup.Upstream = server.URL + prefix
	call, _ := Call(t, con, setup)
	var output connector.Output
	var identity connector.Identity
	var err error
	if action, ok := con.Action(setup.Action); ok {
		output, err = action.Run(t.Context(), call)
	} else {
		ct, _ := con.CredentialType(setup.CredentialType) // Call has found it
		identity, err = ct.Verify(t.Context(), call)
	}
	mu.Lock()
	defer mu.Unlock()
	e.Output, e.Identity, e.Err = output, identity, err
	return e
}

// Answer answers every request alike.
func Answer(response connector.ExampleResponse) http.HandlerFunc { return answerWith(response) }

// NoCall is for calls that have to be refused before the service hears of them.
func NoCall(t testing.TB) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the service was called: %s %s", r.Method, r.RequestURI)
	}
}

// Refusal is what an error should tell. Hint is a part of the hint; a Message that
// ends in "..." is only the beginning.
type Refusal struct {
	Code      fault.Code
	Message   string
	Hint      string
	Pointer   string // of the one field at fault; "" for none
	Wait      time.Duration
	Unsettled bool
}

// Check fails the test where the error tells something else.
func (want Refusal) Check(t testing.TB, err error) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Errorf("error = %v, want %s", err, want.Code)
		return
	}
	pointer := ""
	for _, field := range f.Fields {
		pointer += field.Pointer
	}
	beginning, isBeginning := strings.CutSuffix(want.Message, "...")
	if f.Code != want.Code || f.Unsettled != want.Unsettled || f.RetryAfter != want.Wait || pointer != want.Pointer ||
		(f.Message != want.Message && (!isBeginning || !strings.HasPrefix(f.Message, beginning))) || !strings.Contains(f.Hint, want.Hint) {
		t.Errorf("fault = %+v\nwant    %+v", *f, want)
	}
}
