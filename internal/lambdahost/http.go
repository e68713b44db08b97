package lambdahost

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"switchboard/internal/fault"
)

// HTTP makes a function of an HTTP handler. Its events are those of an HTTP API of
// API Gateway, in payload format 2.0. Whatever goes wrong is an answer: a function
// that fails would only be an empty 500 to the caller.
//
// Source: API Gateway developer guide, "AWS Lambda proxy integrations for HTTP APIs".
func (h *Host) HTTP(handler http.Handler) Handler {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		r, err := requestOf(ctx, payload)
		if err != nil {
			return encode(ctx, problem(ctx, err))
		}
		return encode(ctx, h.serve(handler, r))
	}
}

// serve has the handler answer. For one that panics the answer is ours.
func (h *Host) serve(handler http.Handler, r *http.Request) (answer events.APIGatewayV2HTTPResponse) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(r.Context(), "request panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			answer = problem(r.Context(), fmt.Errorf("panicked: %v", p))
		}
	}()
	w := &recorder{header: http.Header{}}
	handler.ServeHTTP(w, r)
	return w.answer()
}

func requestOf(ctx context.Context, payload []byte) (*http.Request, error) {
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &e); err != nil || e.RequestContext.HTTP.Method == "" {
		return nil, fault.New(fault.BadRequest, "This is no request of an HTTP API in payload format 2.0.").Because(err)
	}
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, fault.New(fault.BadRequest, "The body is not valid base64.").Because(err)
		}
	}
	if a := e.RequestContext.Authorizer; a != nil && a.Lambda != nil {
		ctx = withCaller(ctx, a.Lambda)
	}
	r, err := http.NewRequestWithContext(ctx, e.RequestContext.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, fault.New(fault.BadRequest, "The request's method is not one of HTTP.").Because(err)
	}
	r.URL = addressOf(e)
	r.RequestURI = r.URL.RequestURI()
	r.Header = headerOf(e)
	r.Host = e.RequestContext.DomainName
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
		r.Header.Del("Host")
	}
	r.RemoteAddr = e.RequestContext.HTTP.SourceIP
	if r.ContentLength == 0 {
		r.Body = http.NoBody
	}
	return r, nil
}

// addressOf gives path and query, without the stage, which stands before the path
// unless it is the $default one. A path comes escaped or, where API Gateway has
// unescaped it, as it is.
func addressOf(e events.APIGatewayV2HTTPRequest) *url.URL {
	path := e.RawPath
	if stage := e.RequestContext.Stage; stage != "" && stage != "$default" {
		if rest, ok := strings.CutPrefix(path, "/"+stage); ok && (rest == "" || rest[0] == '/') {
			path = rest
		}
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	u := &url.URL{Path: path, RawQuery: e.RawQueryString}
	if unescaped, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = unescaped, path
	}
	return u
}

// headerOf takes the headers, of which several of one name come as one, and the
// cookies, which come apart.
func headerOf(e events.APIGatewayV2HTTPRequest) http.Header {
	h := make(http.Header, len(e.Headers)+1)
	for name, value := range e.Headers {
		h.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		h.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	return h
}

// maxAnswer is what Lambda takes as an answer, in bytes of JSON.
const maxAnswer = 6 << 20

// encode writes the answer as the event's.
func encode(ctx context.Context, answer events.APIGatewayV2HTTPResponse) ([]byte, error) {
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	if len(text) > maxAnswer {
		return encode(ctx, problem(ctx, fault.New(fault.Internal, "The answer has %d bytes; at most %d can be sent.", len(text), maxAnswer).
			WithHint("Ask for less at once, for example with limit.")))
	}
	if i := invocationOf(ctx); i != nil && answer.StatusCode >= http.StatusInternalServerError {
		i.fail(failureIn(answer))
	}
	return text, nil
}

// failureIn names a failure of ours by its code, which the answer tells.
func failureIn(answer events.APIGatewayV2HTTPResponse) string {
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal([]byte(answer.Body), &p)
	return cmp.Or(p.Code, string(fault.Internal))
}

// problem is the answer for what goes wrong around the handler, as the API words its
// own problems (RFC 9457).
func problem(ctx context.Context, err error) events.APIGatewayV2HTTPResponse {
	f := fault.Of(err)
	status := f.Code.Means().Status
	w := &recorder{header: http.Header{"Content-Type": {"application/problem+json"}, "Cache-Control": {"no-store"}}}
	w.WriteHeader(status)
	body := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "code": f.Code, "detail": f.Message}
	if f.Hint != "" {
		body["hint"] = f.Hint
	}
	if i := invocationOf(ctx); i != nil && i.id != "" {
		body["instance"] = "urn:uuid:" + i.id
	}
	// Texts and numbers can always be written.
	_ = json.NewEncoder(&w.body).Encode(body)
	return w.answer()
}
