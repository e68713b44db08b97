package connectortest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// expectation is what a failure of the service has to become.
type expectation struct {
	code       fault.Code
	retryAfter time.Duration
	unsettled  bool
	words      string // what the message has to quote
}

func (want expectation) compare(got *fault.Error) error {
	var f findings
	f.expect(got.Code == want.code, "the code is %s, want %s (%s)", got.Code, want.code, got.Error())
	f.expect(want.retryAfter == 0 || got.RetryAfter == want.retryAfter, "RetryAfter is %s, want %s", got.RetryAfter, want.retryAfter)
	f.expect(got.Unsettled == want.unsettled, "Unsettled is %t, want %t (%s)", got.Unsettled, want.unsettled, got.Error())
	f.expect(strings.Contains(got.Message, want.words), "the service's own words %q are missing in the message: %s", want.words, got.Message)
	f.expect(!strings.ContainsAny(got.Message, "\r\n") && len(got.Message) <= 1000, "the message is long or has several lines: %s", got.Message)
	return errors.Join(f...)
}

// statuses are the refusals that every service may answer, and what each means.
var statuses = []struct {
	name   string
	status int
	code   fault.Code
	header map[string]string
	wait   time.Duration
}{
	{"400", 400, fault.InvalidInput, nil, 0},
	{"401", 401, fault.AuthFailed, nil, 0},
	{"403", 403, fault.AuthFailed, nil, 0},
	{"404", 404, fault.ServiceNotFound, nil, 0},
	{"409", 409, fault.ServiceConflict, nil, 0},
	{"422", 422, fault.InvalidInput, nil, 0},
	{"429_seconds", 429, fault.RateLimited, map[string]string{"Retry-After": "7"}, 7 * time.Second},
	{"429_date", 429, fault.RateLimited, map[string]string{"Retry-After": Now().Add(11 * time.Second).Format(http.TimeFormat)}, 11 * time.Second},
	{"500", 500, fault.ServiceUnavailable, nil, 0},
	{"503", 503, fault.ServiceUnavailable, nil, 0},
}

// refusal gives the answer with which the service refuses. Its text holds words,
// and then all that the request carried, as careless services do.
func (s *suite) refusal(action string, status int, words string, r *http.Request) connector.ExampleResponse {
	text := words + "\n" + carried(r)
	if s.refusals != nil {
		if answer, ok := s.refusals(action, status, text); ok {
			return answer
		}
	}
	body, _ := json.Marshal(map[string]string{"message": text}) // texts always encode
	return connector.ExampleResponse{Status: status, Body: string(body)}
}

func (s *suite) failureChecks(a connector.Action) []check {
	run := func(ctx context.Context, call *connector.Call) error { _, err := a.Run(ctx, call); return err }
	return s.failuresOf(&a, s.exampleType(), a.Examples[0], run)
}

// failuresOf lets the service fail in every way. a is nil for Verify.
func (s *suite) failuresOf(a *connector.Action, credentialType string, good connector.Example, run func(context.Context, *connector.Call) error) []check {
	name, action := "verify/"+credentialType, ""
	if a != nil {
		name, action = a.Name, a.Name
	}
	var checks []check
	add := func(kind string, want expectation, answer http.HandlerFunc) {
		checks = append(checks, check{name + "/" + kind, func(ctx context.Context) error {
			sc, err := s.scene(a, good.Config, credentialType, answer)
			if err != nil {
				return err
			}
			defer sc.close()
			return sc.fails(ctx, run, want)
		}})
	}
	for _, st := range statuses {
		words := "Complaint no. " + strconv.Itoa(st.status)
		want := expectation{code: st.code, retryAfter: st.wait}
		if s.quotes(action, st.status, words) {
			want.words = words
		}
		add(st.name, want, func(w http.ResponseWriter, r *http.Request) {
			answer := s.refusal(action, st.status, words, r)
			for header, value := range st.header {
				w.Header().Set(header, value)
			}
			write(w, answer)
		})
	}
	unavailable := expectation{code: fault.ServiceUnavailable, unsettled: true}
	add("no_answer", unavailable, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	add("cut_off", unavailable, cutOff(good.Response))
	add("oversized", expectation{code: fault.OutputTooLarge, unsettled: true}, oversized)
	if looksLikeJSON(good.Response.Body) {
		add("not_json", expectation{code: fault.BadResponse, unsettled: true}, answerWith(connector.ExampleResponse{
			Header: map[string]string{"Content-Type": "text/html"}, Body: "<html><title>Log in to the guest network</title></html>",
		}))
	}
	return append(checks,
		check{name + "/refused_connection", func(ctx context.Context) error { return s.checkRefusedConnection(ctx, a, credentialType, good, run) }},
		check{name + "/timeout", func(ctx context.Context) error {
			return s.checkInterrupted(ctx, a, credentialType, good, run, context.DeadlineExceeded)
		}},
		check{name + "/cancelled", func(ctx context.Context) error {
			return s.checkInterrupted(ctx, a, credentialType, good, run, context.Canceled)
		}},
		check{name + "/cancelled_before", func(ctx context.Context) error { return s.checkCancelledBefore(ctx, a, credentialType, good, run) }},
	)
}

// quotes says whether the service has words of its own in a refusal; some answer
// with a bare code.
func (s *suite) quotes(action string, status int, words string) bool {
	probe := &http.Request{RequestURI: "/", Header: http.Header{}}
	return strings.Contains(s.refusal(action, status, words, probe).Body, words)
}

// cutOff answers well, and then goes away before the announced end.
func cutOff(good connector.ExampleResponse) http.HandlerFunc {
	if good.Body == "" { // such as a 204, which has no body that could be cut off
		good.Status, good.Body = http.StatusOK, "{"
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(good.Body)+100))
		write(w, good)
		_ = http.NewResponseController(w).Flush() // a server of net/http can always flush
		panic(http.ErrAbortHandler)
	}
}

// oversized answers with more than is read: 11 MB of JSON.
func oversized(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	chunk := strings.Repeat("x", 1<<20)
	_, _ = io.WriteString(w, `{"filler":"`)
	for range 11 {
		if _, err := io.WriteString(w, chunk); err != nil {
			return // the client has seen enough
		}
	}
	_, _ = io.WriteString(w, `"}`)
}

func (s *suite) checkRefusedConnection(ctx context.Context, a *connector.Action, credentialType string, good connector.Example, run func(context.Context, *connector.Call) error) error {
	sc, err := s.scene(a, good.Config, credentialType, answerWith(good.Response))
	if err != nil {
		return err
	}
	sc.close()
	return sc.fails(ctx, run, expectation{code: fault.ServiceUnavailable})
}

// checkInterrupted ends the context as soon as the service has the request.
func (s *suite) checkInterrupted(ctx context.Context, a *connector.Action, credentialType string, good connector.Example, run func(context.Context, *connector.Call) error, cause error) error {
	ending := endingContext{Context: ctx, ended: make(chan struct{}), cause: cause}
	reached := make(chan struct{}, 16)
	sc, err := s.scene(a, good.Config, credentialType, func(_ http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		<-r.Context().Done()
	})
	if err != nil {
		return err
	}
	defer sc.close()
	go func() {
		select {
		case <-reached:
		case <-ctx.Done():
		}
		close(ending.ended)
	}()
	return sc.fails(ending, run, expectation{code: fault.ServiceUnavailable, unsettled: true})
}

func (s *suite) checkCancelledBefore(ctx context.Context, a *connector.Action, credentialType string, good connector.Example, run func(context.Context, *connector.Call) error) error {
	sc, err := s.scene(a, good.Config, credentialType, answerWith(good.Response))
	if err != nil {
		return err
	}
	defer sc.close()
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if err := sc.fails(ctx, run, expectation{code: fault.ServiceUnavailable}); err != nil {
		return err
	}
	if n := len(sc.received()); n != 0 {
		return fmt.Errorf("the service received %d requests of a call that was cancelled before", n)
	}
	return nil
}

// endingContext ends with a cause of choice at a moment of choice: a deadline that
// passes exactly when the request has arrived needs no waiting and no luck.
type endingContext struct {
	context.Context
	ended chan struct{}
	cause error
}

func (c endingContext) Done() <-chan struct{} { return c.ended }

func (c endingContext) Err() error {
	select {
	case <-c.ended:
		return c.cause
	default:
		return nil
	}
}

// inTime runs f, and gives up on it when it does not heed its context.
func inTime(ctx context.Context, patience time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return fmt.Errorf("it went on for %s after its context had ended", patience)
	}
}
