package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"switchboard/internal/account"
)

// description is the served OpenAPI document, to hold answers against.
type description struct {
	text       []byte
	root       map[string]any
	compiler   *jsonschema.Compiler
	operations []operation

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	seen    map[string]bool // operations that were answered with success
}

type operation struct {
	name    string // POST /v1/agents
	method  string
	path    *regexp.Regexp
	literal int    // the parts of the path that are no parameters
	pointer string // to the operation
	object  struct {
		Role        account.Role `json:"x-role"`
		AgentKey    bool         `json:"x-agent-key"`
		RequestBody *struct {
			Content map[string]struct{ Schema any }
		}
		Responses map[string]struct {
			Content map[string]any
		}
	}
}

// undescribed is what is there for operators and for reading the description itself.
var undescribed = []string{"/healthz", "/readyz", "/metrics", "/openapi.json"}

var parameter = regexp.MustCompile(`\{[a-z_]+\}`)

func readDescription(t testing.TB, base string) *description {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/openapi.json", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	d := &description{text: text.Bytes(), schemas: map[string]*jsonschema.Schema{}, seen: map[string]bool{}, compiler: jsonschema.NewCompiler()}
	d.compiler.AssertFormat()
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(d.text))
	if err != nil {
		t.Fatalf("/openapi.json: %v", err)
	}
	if err := d.compiler.AddResource("mem:///openapi.json", root); err != nil {
		t.Fatal(err)
	}
	d.root, _ = root.(map[string]any)
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(d.text, &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, object := range methods {
			o := operation{
				name: strings.ToUpper(method) + " " + path, method: strings.ToUpper(method),
				path:    regexp.MustCompile("^" + parameter.ReplaceAllString(path, "[^/]+") + "$"),
				literal: strings.Count(path, "/") - strings.Count(path, "{"),
				pointer: "/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + method,
			}
			if err := json.Unmarshal(object, &o.object); err != nil {
				t.Fatal(err)
			}
			d.operations = append(d.operations, o)
		}
	}
	return d
}

// names lists the operations.
func (d *description) names() []string {
	var names []string
	for _, o := range d.operations {
		names = append(names, o.name)
	}
	slices.Sort(names)
	return names
}

func (d *description) find(method, path string) (operation, bool) {
	var found operation
	ok := false
	for _, o := range d.operations {
		if o.method == method && o.path.MatchString(path) && (!ok || o.literal > found.literal) {
			found, ok = o, true
		}
	}
	return found, ok
}

// check fails the test where an answer, or the body of a request that succeeded, is
// not as described.
func (d *description) check(t testing.TB, r *http.Request, body string, a response) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	o, ok := d.find(r.Method, r.URL.Path)
	if !ok {
		if a.status < http.StatusBadRequest && r.Method != http.MethodHead && !slices.Contains(undescribed, r.URL.Path) {
			t.Errorf("%s %s answered %d but is not described", r.Method, r.URL.Path, a.status)
		}
		return
	}
	status := fmt.Sprint(a.status)
	described, ok := o.object.Responses[status]
	if !ok {
		if a.status < http.StatusBadRequest {
			t.Errorf("%s: status %d is not described", o.name, a.status)
		}
		status = "default"
		described = o.object.Responses[status]
	}
	if a.status < http.StatusMultipleChoices {
		d.seen[o.name] = true
		if body != "" && o.object.RequestBody != nil && o.object.RequestBody.Content["application/json"].Schema != nil {
			d.validate(t, o.name+" request", o.pointer+"/requestBody/content/application~1json/schema", []byte(body))
		}
	}
	mediaType := a.header.Get("Content-Type")
	switch _, ok := described.Content[mediaType]; {
	case len(a.body) == 0 && len(described.Content) == 0:
	case !ok:
		t.Errorf("%s: status %s with content type %q is not described, but %v", o.name, status, mediaType, slices.Collect(maps.Keys(described.Content)))
	case strings.HasPrefix(mediaType, "text/html"), mediaType == "application/jsonl": // a page is for people, lines are many documents
	default:
		d.validate(t, o.name+" "+status, o.pointer+"/responses/"+status+"/content/"+strings.ReplaceAll(mediaType, "/", "~1")+"/schema", a.body)
	}
}

// schema gives the compiled schema at a pointer.
func (d *description) schema(t testing.TB, what, pointer string) *jsonschema.Schema {
	t.Helper()
	s := d.schemas[pointer]
	if s == nil {
		var err error
		if s, err = d.compiler.Compile("mem:///openapi.json#" + pointer); err != nil {
			t.Fatalf("%s: compiling the schema: %v", what, err)
		}
		d.schemas[pointer] = s
	}
	return s
}

// allows says whether the body of a request is as described.
func (d *description) allows(t testing.TB, method, path, body string) bool {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	o, ok := d.find(method, path)
	if !ok {
		t.Fatalf("%s %s is not described", method, path)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return d.schema(t, o.name, o.pointer+"/requestBody/content/application~1json/schema").Validate(v) == nil
}

func (d *description) validate(t testing.TB, what, pointer string, body []byte) {
	t.Helper()
	s := d.schema(t, what, pointer)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Errorf("%s: not JSON: %v: %s", what, err, body)
		return
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%s is not as described: %v\n%s", what, err, body)
	}
}

// unseen lists the operations that no test has seen succeed.
func (d *description) unseen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(d.names(), func(name string) bool { return d.seen[name] })
}
