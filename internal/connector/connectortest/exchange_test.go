package connectortest

import (
	"net/http"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

func TestExchange(t *testing.T) {
	setup := Setup{Action: "create", Config: map[string]any{"name": "blue"}}
	e := setup.Run(t, thingsConnector(), Answer(connector.ExampleResponse{Status: 201, Body: `{"id": "t_2"}`}))
	if e.Err != nil || e.Output["id"] != "t_2" {
		t.Fatalf("output = %v, error = %v", e.Output, e.Err)
	}
	if len(e.Sent) != 1 || e.Sent[0].Method != http.MethodPost || e.Sent[0].Target != "/v1/things" || e.Sent[0].Body != `{"name":"blue"}` || e.Sent[0].Header.Get("Idempotency-Key") != Key {
		t.Errorf("sent = %+v", e.Sent)
	}
	if e := (Setup{}).Run(t, thingsConnector(), Answer(connector.ExampleResponse{Body: `{"name": "Ada"}`})); e.Err != nil || e.Identity.Name != "Ada" {
		t.Errorf("identity = %v, error = %v", e.Identity, e.Err)
	}
}

// watched notes whether a check has failed the test.
type watched struct {
	testing.TB
	failed bool
}

func (w *watched) Helper()               {}
func (w *watched) Errorf(string, ...any) { w.failed = true }

func TestRefusal(t *testing.T) {
	err := error((&fault.Error{Code: fault.RateLimited, Message: "Things answered 429: slow down", Hint: "Ask for less.", RetryAfter: time.Second}).At("/name", "Too many."))
	good := Refusal{Code: fault.RateLimited, Message: "Things answered 429...", Hint: "Ask", Pointer: "/name", Wait: time.Second}
	tests := map[string]struct {
		change func(*Refusal)
		err    error
		ok     bool
	}{
		"OK":            {func(*Refusal) {}, err, true},
		"OKWhole":       {func(r *Refusal) { r.Message = "Things answered 429: slow down" }, err, true},
		"ErrCode":       {func(r *Refusal) { r.Code = fault.AuthFailed }, err, false},
		"ErrMessage":    {func(r *Refusal) { r.Message = "Things answered 429" }, err, false},
		"ErrHint":       {func(r *Refusal) { r.Hint = "Wait" }, err, false},
		"ErrPointer":    {func(r *Refusal) { r.Pointer = "" }, err, false},
		"ErrWait":       {func(r *Refusal) { r.Wait = 0 }, err, false},
		"ErrUnsettled":  {func(r *Refusal) { r.Unsettled = true }, err, false},
		"ErrOtherError": {func(*Refusal) {}, http.ErrAbortHandler, false},
		"ErrNoError":    {func(*Refusal) {}, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want, w := good, &watched{TB: t}
			tt.change(&want)
			if want.Check(w, tt.err); w.failed == tt.ok {
				t.Errorf("failed = %t, want %t", w.failed, !tt.ok)
			}
		})
	}
}
