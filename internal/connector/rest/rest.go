// Package rest is what the typed clients of HTTP APIs share: building a request,
// reading the answer, and turning a refusal into the fault that every
// connector promises, in the service's own words.
//
// A connector declares its Service once and calls Do with a Request per action:
//
//	var service = rest.Service{Title: "SendGrid", Base: "https://api.sendgrid.com", Authorize: rest.Bearer(apiKey)}
//	...
//	resp, err := service.Do(ctx, call, rest.Request{Path: rest.Path("v3", "mail", "send"), JSON: mail})
//
// It holds no state: connections, the guard against forbidden addresses and the
// bound on answers come with Call.HTTP. What happens on the way to the service
// (no connection, no answer in time, an answer cut off) is already a fault when
// it arrives here; this package adds what a status and a body mean.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// UserAgent is what every request says it comes from, in the form that the strictest service asks for.
const UserAgent = "Switchboard/1.0.0"

// maxRefusal is how much of a refusal's body is read: its words stand at the beginning.
const maxRefusal = 64 << 10

// Service says how the HTTP API of one vendor is spoken.
type Service struct {
	// Title is how messages call the service. "" where the action names the host:
	// then messages name that.
	Title string
	// Base comes before every path; BaseOf gives it where the credential names the
	// host. Call.Upstream replaces either.
	Base   string
	BaseOf func(connector.Credential) string
	// Authorize puts the credential on a request. nil sends none. An access token that
	// is got by OAuth goes by itself.
	Authorize func(*http.Request, *connector.Call)
	// Header is sent with every request, such as an API version.
	Header map[string]string
	// Explain reads the service's own error from a refusal; nil means CommonProblem.
	Explain func(Response) Problem
	// Refused says of an answer with a 2xx status that it is a refusal all the
	// same, as {"ok": false} is. Explain then has to give a code. nil means never.
	Refused func(Response) bool
	// KeepRedirects hands an answer that redirects to the caller as a refusal
	// instead of following it.
	KeepRedirects bool
}

// Request is one request to a service.
type Request struct {
	Method string // "" means GET without a body and POST with one
	Path   string // what follows the base, escaped: see Path
	URL    string // in place of base and path, where the action names the whole address
	Query  url.Values
	Header http.Header

	// At most one of these is sent as body.
	JSON        any
	Form        url.Values
	Body        []byte
	ContentType string // of Body

	// Expect says which statuses are no refusal; nil means every 2xx.
	Expect func(status int) bool
}

// Response is the answer of a service, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	subject  string
	received time.Time
}

// Do sends the request and reads the answer. Errors are faults with the codes of
// a task; Unsettled is set where the service may have acted and its answer
// did not come whole.
func (s Service) Do(ctx context.Context, call *connector.Call, r Request) (Response, error) {
	if call.Token != nil {
		return s.withToken(ctx, call, r)
	}
	return s.send(ctx, call, r, "")
}

// send sends the request once, with the access token, if there is one.
func (s Service) send(ctx context.Context, call *connector.Call, r Request, token string) (Response, error) {
	req, err := s.build(ctx, call, r)
	if err != nil {
		return Response{}, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := call.HTTP
	if s.KeepRedirects {
		keeping := *client
		keeping.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		client = &keeping
	}
	resp, err := client.Do(req)
	if err != nil {
		return Response{}, s.transportFault(req, err)
	}
	defer func() { _ = resp.Body.Close() }() // read to the end or given up; nothing to learn from it
	answer := Response{Status: resp.StatusCode, Header: resp.Header, subject: s.subject(req), received: call.Now()}
	expected := r.expects(resp.StatusCode)
	if answer.Body, err = read(resp, expected); err != nil {
		return Response{}, s.transportFault(req, err)
	}
	if !expected {
		return answer, s.refusal(call, answer, false)
	}
	if s.Refused != nil && s.Refused(answer) {
		return answer, s.refusal(call, answer, true)
	}
	return answer, nil
}

// JSON sends the request and decodes the answer, which has to be JSON, into into.
func (s Service) JSON(ctx context.Context, call *connector.Call, r Request, into any) (Response, error) {
	resp, err := s.Do(ctx, call, r)
	if err != nil {
		return resp, err
	}
	return resp, resp.Decode(into)
}

// Decode reads the body as one JSON value; numbers keep their digits (json.Number).
// A body that is something else is a fault with code BadResponse. It is unsettled:
// the service accepted the request, only what it did cannot be told.
func (r Response) Decode(into any) error {
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.UseNumber()
	err := dec.Decode(into)
	if err == nil {
		if _, trailing := dec.Token(); !errors.Is(trailing, io.EOF) {
			err = errors.New("there is more after the JSON value")
		}
	}
	if err == nil {
		return nil
	}
	f := fault.New(fault.BadResponse, "%s accepted the request, but its answer is not the JSON that was expected.", r.subject).Because(err)
	f.Unsettled = true
	return f
}

// read reads a body to its end. Of a refusal the beginning is enough: the status
// has settled it, whatever becomes of the rest.
func read(resp *http.Response, expected bool) ([]byte, error) {
	if !expected {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		return body, nil
	}
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 && n < 1<<20 {
		body.Grow(int(n) + bytes.MinRead) // room for the read that finds the end
	}
	_, err := body.ReadFrom(resp.Body)
	return body.Bytes(), err
}

// transportFault is the fault of a request that got no whole answer. The client
// wraps it in an error that quotes the URL, and with it what a query or a path
// may hold of a credential; that is left behind.
func (s Service) transportFault(req *http.Request, err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fault.New(fault.ServiceUnavailable, "%s could not be called.", s.subject(req)).Because(err)
}

func (s Service) subject(req *http.Request) string {
	if s.Title != "" {
		return s.Title
	}
	return req.URL.Hostname()
}

func (r Request) expects(status int) bool {
	if r.Expect != nil {
		return r.Expect(status)
	}
	return status/100 == 2
}
