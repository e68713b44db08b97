package slack_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/slack"
)

// description is where Slack's own description of the Web API is, from the folder
// that holds the module's.
var description = filepath.Join("..", "..", "..", "..", "shared", "specs", "slack.json")

// methods are those that this connector calls.
var methods = []string{"/auth.test", "/chat.postMessage", "/chat.update", "/reactions.add", "/users.lookupByEmail", "/conversations.list"}

// operation is what the description says of one method, as far as it matters here.
type operation struct {
	Consumes   []string              `json:"consumes,omitempty"`
	Parameters []*openapi2.Parameter `json:"parameters"`
	Responses  map[string]struct {
		Schema struct {
			Properties struct {
				Error struct {
					Enum []string `json:"enum"`
				} `json:"error"`
			} `json:"properties"`
		} `json:"schema"`
	} `json:"responses"`
}

// readDescription reads the methods, or skips the test where the description is
// not there. The rest of it is left out: it has forms that no library reads.
func readDescription(t *testing.T) map[string]map[string]operation {
	t.Helper()
	raw, err := os.ReadFile(description)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("Slack's description of its API is not here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Paths map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	operations := map[string]map[string]operation{}
	for _, path := range methods {
		var byVerb map[string]operation
		if err := json.Unmarshal(all.Paths[path], &byVerb); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		operations[path] = byVerb
	}
	return operations
}

// newRouter makes OpenAPI 3 of the methods, to find and check requests with.
func newRouter(t *testing.T) routers.Router {
	t.Helper()
	router, err := gorillamux.NewRouter(newDocument(t))
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func newDocument(t *testing.T) *openapi3.T {
	t.Helper()
	v2 := openapi2.T{Swagger: "2.0", Info: openapi3.Info{Title: "Slack", Version: "1"}, Paths: map[string]*openapi2.PathItem{}}
	for path, byVerb := range readDescription(t) {
		item := &openapi2.PathItem{}
		for verb, o := range byVerb {
			// It asks for the token in each call's arguments. Slack has since moved
			// it to the Authorization header, which its documentation prefers.
			parameters := slices.DeleteFunc(o.Parameters, func(p *openapi2.Parameter) bool { return p.Name == "token" })
			answers := openapi2.NewResponsesWithCapacity(1)
			answers.Set("200", &openapi2.Response{Description: "An envelope."})
			item.SetOperation(strings.ToUpper(verb), &openapi2.Operation{Consumes: o.Consumes, Parameters: parameters, Responses: answers})
		}
		v2.Paths[path] = item
	}
	v3, err := openapi2conv.ToV3(&v2)
	if err != nil {
		t.Fatal(err)
	}
	v3.Servers = nil
	return v3
}

// TestContract holds every request of the examples, and some more, to Slack's
// own description.
func TestContract(t *testing.T) {
	router := newRouter(t)
	con := slack.New()
	credentialType, _ := con.CredentialType("slack_bot_token")
	t.Run("verify", func(t *testing.T) {
		upstream := startContract(t, router, connector.ExampleResponse{Body: whoami})
		call, _ := connectortest.Call(t, con, connectortest.Setup{CredentialType: credentialType.Name, Data: credential, Upstream: upstream})
		if _, err := credentialType.Verify(t.Context(), call); err != nil {
			t.Error(err)
		}
	})
	for _, action := range con.Actions {
		for _, example := range action.Examples {
			t.Run(action.Name+"/"+example.Title, func(t *testing.T) {
				upstream := startContract(t, router, example.Response)
				call, _ := connectortest.Call(t, con, connectortest.Setup{
					Action: action.Name, Config: example.Config, CredentialType: credentialType.Name, Data: credential, Upstream: upstream,
				})
				if _, err := action.Run(t.Context(), call); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// startContract starts a server that answers only what the description allows.
func startContract(t *testing.T, router routers.Router, answer connector.ExampleResponse) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ok bool
		if r.URL.Path, ok = strings.CutPrefix(r.URL.Path, "/api"); !ok {
			t.Errorf("%s is not under /api", r.URL.Path)
		}
		route, parameters, err := router.FindRoute(r)
		if err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
			return
		}
		input := &openapi3filter.RequestValidationInput{
			Request: r, PathParams: parameters, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
		}
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+credential["token"].(string) {
			t.Errorf("the token is sent as %q", got)
		}
		_, _ = w.Write([]byte(answer.Body)) // a client that has gone fails its own test
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestContractErrors sees that the table explains every code that Slack describes.
func TestContractErrors(t *testing.T) {
	known := slack.KnownCodes()
	known["already_reacted"] = true // counts as done
	for path, byVerb := range readDescription(t) {
		for _, o := range byVerb {
			codes := o.Responses["default"].Schema.Properties.Error.Enum
			if len(codes) == 0 {
				t.Errorf("%s describes no errors", path)
			}
			for _, code := range codes {
				if !known[code] {
					t.Errorf("%s may answer %s, which the table does not explain", path, code)
				}
			}
		}
	}
}
