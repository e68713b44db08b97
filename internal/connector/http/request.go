package httpconnector

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	method = schema.Field{
		Name: "method", Kind: schema.Choice, Title: "Method", Default: http.MethodGet,
		Choices: methods,
		Help:    "What to do with the address: GET reads, POST creates, PUT and PATCH change, DELETE removes.",
	}
	address = schema.Field{
		Name: "url", Kind: schema.Text, Title: "URL", Required: true, Escape: template.TargetURL, MaxLength: 8192,
		Placeholder: "https://api.example.com/orders",
		Help:        "The whole address, with https://. A variable cannot break out of its place in it.",
	}
	headers = schema.Field{
		Name: "headers", Kind: schema.Map, Title: "Headers", Escape: template.TargetHeader,
		Help: "Headers to send, by name. Put keys and tokens into a credential instead: it is encrypted and never shown.",
	}
	query = schema.Field{
		Name: "query", Kind: schema.Map, Title: "Query parameters",
		Help: "Added to the address after the question mark; they are encoded for you.",
	}
	body = schema.Field{
		Name: "body", Kind: schema.JSON, Title: "Body", EscapeBy: bodyTarget,
		Help: "What to send: for JSON an object or JSON text, for a form an object of its fields, for text the text. " +
			`A file in a multipart form is a field such as {"filename": "a.pdf", "content_type": "application/pdf", "content_base64": "..."}.`,
	}
	bodyType = schema.Field{
		Name: "body_type", Kind: schema.Choice, Title: "Body type", Default: bodyJSON,
		Choices: []string{bodyJSON, bodyForm, bodyMultipart, bodyText, bodyNone},
		Help:    "How the body is written. A Content-Type header of your own goes before the usual one.",
	}
	expectStatus = schema.Field{
		Name: "expect_status", Kind: schema.List, Title: "Expected status", Advanced: true, Placeholder: "2xx",
		Help:    "Which statuses are a success, such as 2xx or 200, 404. Any 2xx if empty; every other status fails the step.",
		Pattern: statusPattern, PatternHint: statusHint,
	}
	retryStatus = schema.Field{
		Name: "retry_status", Kind: schema.List, Title: "Retried status", Advanced: true, Placeholder: "409, 423",
		Help: "Which statuses mean \"not yet\": the step is tried again as often as its retry settings say, after the wait that the service asks for. " +
			"408, 425, 429 and 5xx are tried again in any case; but 504, where the service may have acted, only if that does no harm, or if it is named here. A status that is named here is no success, even a 202.",
		Pattern: statusPattern, PatternHint: statusHint,
	}
	redirects = schema.Field{
		Name: "redirects", Kind: schema.Choice, Title: "Redirects", Default: redirectsFollow, Advanced: true,
		Choices: []string{redirectsFollow, redirectsStop},
		Help:    "follow goes where a redirect leads, five times at most, and leaves the credential behind where that is another host. stop takes the redirect itself for the answer: name its status (3xx) as expected to use its Location header.",
	}
	responseType = schema.Field{
		Name: "response_type", Kind: schema.Choice, Title: "Response type", Default: responseAuto, Advanced: true,
		Choices: []string{responseAuto, responseJSON, responseText, responseBase64},
		Help:    "How the answer is read. auto looks at what it says it is; json fails the step where the answer is something else; base64 takes its bytes as they are, for files.",
	}
)

// What becomes of redirects.
const (
	redirectsFollow = "follow"
	redirectsStop   = "stop"
)

var request = connector.Action{
	Name:    "request",
	Title:   "Send a request",
	Summary: "Send an HTTP request and use its answer in later steps.",
	Input: schema.Fields{
		method, address, headers, query, body, bodyType, expectStatus, retryStatus, redirects, responseType,
		paging, pageItems, pageCursor, pageParameter, pageStart, maxPages,
	},
	Output: schema.Fields{
		{Name: "status", Kind: schema.Integer, Title: "Status", Required: true, Help: "The status of the answer, such as 200."},
		{Name: "headers", Kind: schema.Map, Title: "Headers", Required: true, Help: "The headers of the answer, by name in lower case. Several of one name are joined with commas, Set-Cookie with line breaks."},
		{Name: "body", Kind: schema.JSON, Title: "Body", Required: true, EncodedBy: "body_encoding", Help: "The answer: a JSON value where it is JSON, else text, which is empty where there is none."},
		{Name: "body_encoding", Kind: schema.Text, Title: "Body encoding", Help: "base64 where the body is neither JSON nor text; else it is missing."},
		{Name: "pages", Kind: schema.Integer, Title: "Pages", Help: "How many pages were read; only where pages are read."},
		{Name: "more", Kind: schema.Boolean, Title: "More", Help: "Whether there were more pages than were to be read; only where pages are read."},
	},
	Repeatable: repeatable,
	Run:        send,
	Examples:   examples,
}

// send calls the address. Which statuses are a success is the author's to say;
// any other becomes the fault that its status stands for.
func send(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	e, err := prepare(call)
	if err != nil {
		return nil, err
	}
	if in.Text(paging) != pagingNone {
		return e.pages(ctx)
	}
	resp, err := e.do(ctx, e.request)
	if err != nil {
		return nil, err
	}
	return output(resp, in.Text(responseType))
}

// exchange is the request of one step, ready to be sent, and how its answers are judged.
type exchange struct {
	call            *connector.Call
	service         rest.Service
	request         rest.Request
	expected, again statuses
}

func prepare(call *connector.Call) (exchange, error) {
	in := call.Input
	e := exchange{call: call, service: service, expected: readStatuses(in.List(expectStatus)), again: readStatuses(in.List(retryStatus))}
	if len(e.expected.ranges) == 0 {
		e.expected = success
	}
	e.service.KeepRedirects = in.Text(redirects) == redirectsStop
	target, err := readAddress(in.Text(address))
	if err != nil {
		return e, err
	}
	sent, err := readHeaders(in.Map(headers), credentialHeader(call.Credential))
	if err != nil {
		return e, err
	}
	content, contentType, err := encodeBody(in)
	if err != nil {
		return e, err
	}
	if in.Text(bodyType) == bodyMultipart && content != nil {
		delete(sent, "Content-Type") // it names the boundary, so the author's cannot be right
	}
	e.request = rest.Request{
		Method: in.Text(method), URL: target, Query: readQuery(in.Map(query)), Header: sent, Body: content, ContentType: contentType,
		Expect: func(status int) bool { return e.expected.include(status) && !e.again.include(status) },
	}
	return e, nil
}

func (e exchange) do(ctx context.Context, r rest.Request) (rest.Response, error) {
	resp, err := e.service.Do(ctx, e.call, r)
	if err == nil {
		return resp, nil
	}
	if resp.Status != 0 && e.again.include(resp.Status) {
		return resp, e.again.retried(resp, e.call.Now(), err)
	}
	return resp, e.expected.hint(resp, err)
}

// repeatable says whether sending twice does no more than sending once: because
// the method promises it, or because the author sends an idempotency key.
func repeatable(in schema.Input) bool {
	if slices.Contains(repeatableMethods, in.Text(method)) {
		return true
	}
	for name, value := range in.Map(headers) {
		if http.CanonicalHeaderKey(name) == "Idempotency-Key" && value != nil && value != "" {
			return true
		}
	}
	return false
}

// readAddress checks the address. What may be reached is for the network to say;
// here it only has to be one.
func readAddress(raw string) (string, error) {
	wrong := func(message, hint string) (string, error) {
		return "", fault.New(fault.InvalidInput, "%s", message).WithHint("%s", hint).At("/url", message)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return wrong("The URL cannot be read.", "It has to look like https://api.example.com/orders?limit=10.")
	case u.Scheme != "http" && u.Scheme != "https":
		return wrong("The URL has to begin with https:// or http://.", "It has to look like https://api.example.com/orders?limit=10.")
	case u.Hostname() == "":
		return wrong("The URL names no host.", "It has to look like https://api.example.com/orders?limit=10.")
	case u.User != nil:
		return wrong("The URL holds a user name or password.", "Put them into a credential of the type http_basic: there they are encrypted and never shown.")
	}
	u.Fragment, u.RawFragment = "", "" // never sent
	return u.String(), nil
}

func readQuery(raw map[string]any) url.Values {
	values := make(url.Values, len(raw))
	for name, value := range raw {
		if value != nil {
			values.Set(name, scalar(value))
		}
	}
	return values
}
