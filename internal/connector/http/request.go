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
		Choices: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions},
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
		Help: "What to send: for JSON an object or JSON text, for a form an object of its fields, for text the text.",
	}
	bodyType = schema.Field{
		Name: "body_type", Kind: schema.Choice, Title: "Body type", Default: bodyJSON,
		Choices: []string{bodyJSON, bodyForm, bodyText, bodyNone},
		Help:    "How the body is written. A Content-Type header of your own goes before the usual one.",
	}
	expectStatus = schema.Field{
		Name: "expect_status", Kind: schema.List, Title: "Expected status", Advanced: true, Placeholder: "2xx",
		Help:    "Which statuses are a success, such as 2xx or 200, 404. Any 2xx if empty; every other status fails the step.",
		Pattern: statusPattern, PatternHint: "A status (200), a class (2xx), a range (200-204) or several of them with commas between.",
	}
)

var request = connector.Action{
	Name:    "request",
	Title:   "Send a request",
	Summary: "Send an HTTP request and use its answer in later steps.",
	Input:   schema.Fields{method, address, headers, query, body, bodyType, expectStatus},
	Output: schema.Fields{
		{Name: "status", Kind: schema.Integer, Title: "Status", Required: true, Help: "The status of the answer, such as 200."},
		{Name: "headers", Kind: schema.Map, Title: "Headers", Required: true, Help: "The headers of the answer, by name in lower case. Several of one name are joined with commas, Set-Cookie with line breaks."},
		{Name: "body", Kind: schema.JSON, Title: "Body", Required: true, Help: "The answer: a JSON value where it is JSON, else text, which is empty where there is none."},
		{Name: "body_encoding", Kind: schema.Text, Title: "Body encoding", Help: "base64 where the body is neither JSON nor text; else it is missing."},
	},
	Repeatable: repeatable,
	Run:        send,
	Examples:   examples,
}

// send calls the address. Which statuses are a success is the author's to say;
// any other becomes the fault that its status stands for.
func send(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	target, err := readAddress(in.Text(address))
	if err != nil {
		return nil, err
	}
	sent, err := readHeaders(in.Map(headers), credentialHeader(call.Credential))
	if err != nil {
		return nil, err
	}
	content, contentType, err := encodeBody(in)
	if err != nil {
		return nil, err
	}
	expected := readStatuses(in.List(expectStatus))
	resp, err := service.Do(ctx, call, rest.Request{
		Method: in.Text(method), URL: target, Query: readQuery(in.Map(query)), Header: sent,
		Body: content, ContentType: contentType, Expect: expected.include,
	})
	if err != nil {
		return nil, expected.hint(resp, err)
	}
	return output(resp), nil
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
