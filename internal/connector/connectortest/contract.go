package connectortest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"switchboard/internal/connector"
)

// Contract is what an OpenAPI file says about a service: which requests it takes,
// and with what it answers. Examples that we made up prove little alone; held to
// the vendor's own file, or to one written from the vendor's documentation, they do.
type Contract struct {
	base   string
	router routers.Router
}

// VendorFile gives the path of a vendor's own OpenAPI file. These are large, so
// they are kept beside the module; where they are missing the test is skipped.
func VendorFile(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("there is no go.mod above the test")
		}
	}
	file := filepath.Join(dir, "..", "shared", "specs", name)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("the vendor's OpenAPI file is not here: %v", err)
	}
	return file
}

// ReadContract reads an OpenAPI file of version 3 or 2, in JSON or YAML. base is
// what the service's paths begin with and the file leaves to its server URL, such
// as /api; "" for nothing. Only the paths named are kept, or all when none is.
func ReadContract(t testing.TB, file, base string, paths ...string) *Contract {
	t.Helper()
	c, err := readContract(file, base, paths)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readContract(file, base string, paths []string) (*Contract, error) {
	doc, err := readDocument(file)
	if err != nil {
		return nil, fmt.Errorf("reading contract: %w", err)
	}
	for _, p := range paths {
		if doc.Paths.Value(p) == nil {
			return nil, fmt.Errorf("reading contract: %s has no path %s", file, p)
		}
	}
	for name, item := range doc.Paths.Map() {
		if len(paths) > 0 && !slices.Contains(paths, name) {
			doc.Paths.Delete(name)
		}
		item.Servers = nil
	}
	doc.Servers = nil // requests go to a test server, not to the vendor
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("reading contract: %w", err)
	}
	return &Contract{base: base, router: router}, nil
}

func readDocument(file string) (*openapi3.T, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var version struct{ Swagger string }
	if json.Unmarshal(b, &version) == nil && version.Swagger != "" {
		var old openapi2.T
		if err := json.Unmarshal(b, &old); err != nil {
			return nil, err
		}
		return openapi2conv.ToV3(&old)
	}
	return openapi3.NewLoader().LoadFromData(b)
}

// Hold runs every example of the connector, and Verify, and holds each request and
// each answer to the contract. calls names the actions, and verify/<credential
// type>, that the contract is about; nil means all.
func (c *Contract) Hold(t *testing.T, con connector.Connector, calls []string, opts ...Option) {
	t.Helper()
	s := newSuite(con, opts...)
	about := func(name string) bool { return calls == nil || slices.Contains(calls, name) }
	held := 0
	for _, ct := range con.CredentialTypes {
		answer, ok := s.verifyAnswers[ct.Name]
		if name := "verify/" + ct.Name; ok && ct.Verify != nil && about(name) {
			held++
			t.Run(name, func(t *testing.T) { c.holdVerify(t, s, ct, answer) })
		}
	}
	for _, a := range con.Actions {
		if !about(a.Name) {
			continue
		}
		held++
		for i, e := range a.Examples {
			t.Run(fmt.Sprintf("%s/example_%d", a.Name, i+1), func(t *testing.T) { c.holdExample(t, s, a, e) })
		}
	}
	if held == 0 || (calls != nil && held != len(calls)) {
		t.Errorf("%d calls were held to the contract, of %s", held, strings.Join(calls, ", "))
	}
}

func (c *Contract) holdVerify(t *testing.T, s *suite, ct connector.CredentialType, answer connector.ExampleResponse) {
	h := &held{contract: c, suite: s, answer: answer}
	call := h.serve(t, Setup{CredentialType: ct.Name})
	if _, err := ct.Verify(t.Context(), call); err != nil {
		t.Error(err)
	}
	h.report(t)
}

func (c *Contract) holdExample(t *testing.T, s *suite, a connector.Action, e connector.Example) {
	h := &held{contract: c, suite: s, action: a.Name, answer: e.Response}
	call := h.serve(t, Setup{Action: a.Name, Config: e.Config, CredentialType: s.exampleType()})
	if _, err := a.Run(t.Context(), call); err != nil {
		t.Error(err)
	}
	h.report(t)
}

// held is a service that holds what it gets, and what it answers, to a contract.
type held struct {
	contract *Contract
	suite    *suite
	action   string // "" for Verify
	answer   connector.ExampleResponse

	mu       sync.Mutex
	requests int
	broken   []error
}

func (h *held) serve(t *testing.T, setup Setup) *connector.Call {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	setup.Upstream = server.URL + prefix
	if setup.CredentialType != "" {
		setup.Data, _ = h.suite.credentialData(setup.CredentialType)
	}
	call, _ := Call(t, h.suite.con, setup)
	return call
}

// ServeHTTP implements http.Handler.
func (h *held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target, _ := strings.CutPrefix(r.RequestURI, prefix)
	path, _, _ := strings.Cut(target, "?")
	answer := h.answer
	for _, also := range h.suite.also {
		if h.action != "" && also.action == h.action && also.method == r.Method && also.path == path {
			answer = also.answer
		}
	}
	recorded := httptest.NewRecorder()
	write(recorded, answer)
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = h.contract.check(r, target, body, recorded)
	}
	h.mu.Lock()
	h.requests++
	if err != nil {
		h.broken = append(h.broken, fmt.Errorf("%s %s: %w", r.Method, target, err))
	}
	h.mu.Unlock()
	write(w, answer)
}

func (h *held) report(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, err := range h.broken {
		t.Error(err)
	}
	if h.requests == 0 {
		t.Error("no request was made")
	}
}

// check holds a request, and the answer to it, to the contract.
func (c *Contract) check(r *http.Request, target string, body []byte, answer *httptest.ResponseRecorder) error {
	target, ok := strings.CutPrefix(target, c.base)
	if !ok {
		return fmt.Errorf("the path does not begin with %s", c.base)
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return err
	}
	req := r.Clone(r.Context())
	req.URL, req.Body = u, io.NopCloser(bytes.NewReader(body))
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		return fmt.Errorf("the contract does not know it: %w", err)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		// Whether a token is good is not for a file to say.
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	var errs []error
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		errs = append(errs, fmt.Errorf("the request breaks the contract: %w", err))
	}
	options := *in.Options
	options.ExcludeResponseBody = answer.Code == http.StatusNoContent // of which some files describe the body all the same
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: answer.Code, Header: answer.Header(),
		Body: io.NopCloser(answer.Body), Options: &options,
	}
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		errs = append(errs, fmt.Errorf("the answer that the example shows breaks the contract: %w", err))
	}
	return errors.Join(errs...)
}
