package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// request is one call of the API. Header names and values come in pairs.
type request struct {
	method, path string
	body         any    // marshalled, unless it is a string
	token        string // "" means the account's own, "-" none
	header       []string
}

// response is what came back.
type response struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// do sends a request. Every answer has to be as /openapi.json describes it.
func (w *world) do(r request) response {
	w.Helper()
	var body io.Reader
	text, isText := r.body.(string)
	switch {
	case isText:
		body = strings.NewReader(text)
	case r.body != nil:
		b, err := json.Marshal(r.body)
		if err != nil {
			w.Fatal(err)
		}
		body, text = bytes.NewReader(b), string(b)
	}
	req, err := http.NewRequestWithContext(w.Context(), r.method, w.url+r.path, body)
	if err != nil {
		w.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	switch r.token {
	case "":
		req.Header.Set("Authorization", "Bearer "+ownToken)
	case "-":
	default:
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	for i := 0; i+1 < len(r.header); i += 2 {
		req.Header.Set(r.header[i], r.header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	defer res.Body.Close()
	answer := response{t: w.TB, status: res.StatusCode, header: res.Header}
	if answer.body, err = io.ReadAll(res.Body); err != nil {
		w.Fatalf("%s %s: reading the answer: %v", r.method, r.path, err)
	}
	w.spec.check(w.TB, req, text, answer)
	return answer
}

func (w *world) get(path string) response {
	w.Helper()
	return w.do(request{method: http.MethodGet, path: path})
}

func (w *world) post(path string, body any, header ...string) response {
	w.Helper()
	return w.do(request{method: http.MethodPost, path: path, body: body, header: header})
}

func (w *world) put(path string, body any, header ...string) response {
	w.Helper()
	return w.do(request{method: http.MethodPut, path: path, body: body, header: header})
}

func (w *world) delete(path string) response {
	w.Helper()
	return w.do(request{method: http.MethodDelete, path: path})
}

// want fails the test unless the answer has the status.
func (r response) want(status int) response {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status = %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// wantProblem fails the test unless the answer is a problem with the status and code.
func (r response) wantProblem(status int, code string) response {
	r.t.Helper()
	r.want(status)
	if ct := r.header.Get("Content-Type"); ct != "application/problem+json" {
		r.t.Errorf("content type = %q, want application/problem+json", ct)
	}
	p := r.object()
	if p["code"] != code || p["status"] != json.Number(jsonText(status)) || p["title"] != http.StatusText(status) || p["type"] != "about:blank" {
		r.t.Errorf("problem = %s, want code %s with status %d", r.body, code, status)
	}
	if p["detail"] == "" {
		r.t.Errorf("problem without a detail: %s", r.body)
	}
	if id := r.header.Get("X-Request-Id"); id == "" || p["instance"] != "urn:uuid:"+id {
		r.t.Errorf("instance = %v, want the request id %q", p["instance"], id)
	}
	return r
}

// wantField fails the test unless the problem names the pointer.
func (r response) wantField(pointer string) response {
	r.t.Helper()
	fields, _ := r.object()["errors"].([]any)
	for _, f := range fields {
		if m, _ := f.(map[string]any); m["pointer"] == pointer {
			return r
		}
	}
	r.t.Errorf("no error at %q: %s", pointer, r.body)
	return r
}

func (r response) object() map[string]any {
	r.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		r.t.Fatalf("answer is no JSON object: %v: %s", err, r.body)
	}
	return v
}

// at gives the value at a JSON pointer as JSON text, "" where there is none.
func (r response) at(pointer string) string {
	r.t.Helper()
	var v any = r.object()
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch parent := v.(type) {
		case map[string]any:
			member, ok := parent[token]
			if !ok {
				return ""
			}
			v = member
		case []any:
			i, err := json.Number(token).Int64()
			if err != nil || int(i) >= len(parent) {
				return ""
			}
			v = parent[i]
		default:
			return ""
		}
	}
	return jsonText(v)
}

// text gives the text at a pointer.
func (r response) text(pointer string) string {
	r.t.Helper()
	var s string
	if err := json.Unmarshal([]byte(r.at(pointer)), &s); err != nil {
		r.t.Fatalf("no text at %s: %s", pointer, r.body)
	}
	return s
}

// wantAt compares the value at a pointer with JSON text.
func (r response) wantAt(pointer, want string) response {
	r.t.Helper()
	if got := r.at(pointer); got != want {
		r.t.Errorf("%s = %s, want %s\n%s", pointer, got, want, r.body)
	}
	return r
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// call calls a handler without a server. Header names and values come in pairs.
func call(t testing.TB, h http.Handler, method, path string, header ...string) response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return response{t: t, status: rec.Code, header: rec.Result().Header, body: rec.Body.Bytes()}
}
