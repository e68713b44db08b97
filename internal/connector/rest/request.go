package rest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// Path joins segments to a path, each escaped, so that none can reach beyond its
// place: Path("v3", "contacts", "a/b") is /v3/contacts/a%2Fb.
func Path(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// Bearer sends a token in the Authorization header.
func Bearer(token schema.Field) func(*http.Request, *connector.Call) {
	return func(r *http.Request, call *connector.Call) {
		r.Header.Set("Authorization", "Bearer "+call.Credential.Data.Text(token))
	}
}

// Basic sends user and password in the Authorization header.
func Basic(user, password schema.Field) func(*http.Request, *connector.Call) {
	return func(r *http.Request, call *connector.Call) {
		SetBasic(r, call, call.Credential.Data.Text(user), call.Credential.Data.Text(password))
	}
}

// Header sends a secret in a header of its own.
func Header(name string, value schema.Field) func(*http.Request, *connector.Call) {
	return func(r *http.Request, call *connector.Call) {
		r.Header.Set(name, call.Credential.Data.Text(value))
	}
}

// SetBasic sends user and password, for services that want something added to
// one of them, and hides the form in which they travel.
func SetBasic(r *http.Request, call *connector.Call, user, password string) {
	pair := user + ":" + password
	call.Hide(pair)
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
}

// Address gives the URL to call in place of target: the same one, or, where an
// upstream is set, that with target's path and query.
func Address(call *connector.Call, target *url.URL) *url.URL {
	if call.Upstream == nil {
		return target
	}
	return under(call.Upstream, target.EscapedPath(), target.RawQuery)
}

// under appends an escaped path to a base.
func under(base *url.URL, path, query string) *url.URL {
	u := &url.URL{Scheme: base.Scheme, Host: base.Host, RawQuery: query}
	raw := strings.TrimSuffix(base.EscapedPath(), "/") + path
	if decoded, err := url.PathUnescape(raw); err == nil {
		u.Path, u.RawPath = decoded, raw // RawPath is used only where it says more than Path
	} else {
		u.Path = raw
	}
	return u
}

// build makes the HTTP request.
func (s Service) build(ctx context.Context, call *connector.Call, r Request) (*http.Request, error) {
	target, err := s.target(call, r)
	if err != nil {
		return nil, err
	}
	body, contentType, err := r.body()
	if err != nil {
		return nil, err
	}
	method := r.Method
	if method == "" {
		method = http.MethodGet
		if body != nil {
			method = http.MethodPost
		}
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, "", reader)
	if err != nil {
		return nil, fault.New(fault.InvalidInput, "%q is not a method of HTTP.", method).Because(err)
	}
	req.URL, req.Host = target, target.Host
	req.Header.Set("User-Agent", UserAgent)
	for name, value := range s.Header {
		req.Header.Set(name, value)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if s.Authorize != nil && !call.Credential.IsZero() {
		s.Authorize(req, call)
	}
	return req, nil
}

// target gives the URL to call.
func (s Service) target(call *connector.Call, r Request) (*url.URL, error) {
	if r.URL != "" {
		u, err := url.Parse(r.URL)
		if err != nil {
			return nil, fault.New(fault.InvalidInput, "The address cannot be read.").
				WithHint("It has to look like https://api.example.com/orders?limit=10.").Because(err)
		}
		u.RawQuery = joinQuery(u.RawQuery, r.Query)
		return Address(call, u), nil
	}
	if !closed(r.Path) {
		return nil, fault.New(fault.InvalidInput, "A value that becomes part of the address is empty, %q or %q.", ".", "..").
			WithHint("Check the ids and names of this step: with such a value the call would go to another place of %s.", s.Title)
	}
	base := call.Upstream
	if base == nil {
		raw := s.Base
		if s.BaseOf != nil {
			raw = s.BaseOf(call.Credential)
		}
		var err error
		if base, err = url.Parse(raw); err != nil || base.Host == "" {
			return nil, fault.New(fault.InvalidInput, "The address of %s in the credential cannot be read.", s.Title).
				WithHint("It has to look like https://example.com.").Because(err)
		}
	}
	return under(base, r.Path, joinQuery(base.RawQuery, r.Query)), nil
}

func joinQuery(raw string, more url.Values) string {
	switch {
	case len(more) == 0:
		return raw
	case raw == "":
		return more.Encode()
	default:
		return raw + "&" + more.Encode()
	}
}

// closed says whether a path stays where it was put: no segment is missing, and
// none climbs up, not even for a server that unescapes before it splits.
func closed(path string) bool {
	if path == "" {
		return true
	}
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") {
		return false
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return false
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// body encodes what the request sends; nil means nothing.
func (r Request) body() (body []byte, contentType string, err error) {
	switch {
	case r.JSON != nil:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r.JSON); err != nil {
			return nil, "", fault.New(fault.InvalidInput, "The values of this step cannot be written as JSON.").Because(err)
		}
		return bytes.TrimSuffix(b.Bytes(), []byte("\n")), "application/json", nil
	case r.Form != nil:
		return []byte(r.Form.Encode()), "application/x-www-form-urlencoded", nil
	default:
		return r.Body, r.ContentType, nil
	}
}
