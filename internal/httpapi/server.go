// Package httpapi is the HTTP API. A handler decodes a request, calls one service
// with the caller as an argument, and encodes what comes back; rules live in the
// services.
//
// What every route must have stands in one place each, so that a new route cannot
// forget it: Serve lets nobody in below /v1 without a token, answers what no route
// answers, survives a panic and writes the log; mount reads bodies within limits;
// problemOf makes every failure, huma's own included, the same problem document.
//
// Each resource has a type and a file of its own. New serves all of them; a Lambda
// serves only its own, by Serve.
package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/internal/account"
	"switchboard/internal/agent"
	"switchboard/internal/apikey"
	"switchboard/internal/approval"
	"switchboard/internal/audit"
	"switchboard/internal/bundle"
	"switchboard/internal/connector"
	"switchboard/internal/credential"
	"switchboard/internal/event"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/hook"
	"switchboard/internal/member"
	"switchboard/internal/oauth"
	"switchboard/internal/quota"
	"switchboard/internal/usage"
	"switchboard/internal/workflow"
)

// Config is what the whole API is made of.
type Config struct {
	Agents      *agent.Service
	Credentials *credential.Service
	Workflows   *workflow.Service
	Executions  *execution.Service
	Hooks       *hook.Service
	Approvals   *approval.Service
	Events      event.Bus
	Counts      Counts
	OAuth       *oauth.Service
	Options     *credential.Options
	APIKeys     *apikey.Service
	Members     *member.Service
	Audit       audit.Repository
	Usage       *usage.Service
	Bundles     *bundle.Service
	Catalog     *connector.Catalog
	Quotas      quota.Settings

	// Authenticate tells who holds a bearer token. Fault: Unauthorized.
	Authenticate func(ctx context.Context, bearer string) (account.Principal, error)
	Owners       Owners                          // nil refuses keys of one agent
	PublicURL    string                          // what webhook URLs start with
	Health       func(ctx context.Context) error // nil means always healthy
	Checks       []Check                         // of the parts, for /readyz
	Metrics      func(to io.Writer) error        // nil means that there is no /metrics
	Log          *slog.Logger                    // nil means none
}

// New serves the whole API.
func New(c Config) http.Handler {
	return Serve(Options{Authenticate: c.Authenticate, Owners: c.Owners, PublicURL: c.PublicURL, Health: c.Health, Checks: c.Checks, Metrics: c.Metrics, Log: c.Log},
		Catalog{Connectors: c.Catalog, Grants: c.OAuth},
		Agents{c.Agents},
		Credentials{Service: c.Credentials, Missed: c.Workflows.Missed},
		Integrations{c.Credentials},
		Workflows{Service: c.Workflows, PublicURL: c.PublicURL},
		Executions{c.Executions},
		Trials{c.Executions},
		Hooks{c.Hooks},
		Approvals{Service: c.Approvals, Authenticate: c.Authenticate},
		Events{c.Events, c.Counts},
		OAuth{c.OAuth},
		FieldOptions{c.Options},
		Quotas{c.Quotas},
		APIKeys{c.APIKeys},
		Members{c.Members},
		Me{},
		Audit{c.Audit},
		Usage{c.Usage},
		Bundles{c.Bundles},
	)
}

// Options are what a handler needs whatever it serves; see Config.
type Options struct {
	Authenticate func(ctx context.Context, bearer string) (account.Principal, error)
	Owners       Owners
	PublicURL    string
	Health       func(ctx context.Context) error
	Checks       []Check
	Metrics      func(to io.Writer) error
	Log          *slog.Logger
}

// Resource is a set of routes that belong together.
type Resource interface {
	Mount(api huma.API)
}

// Serve serves some resources, with their description at /openapi.json.
func Serve(o Options, resources ...Resource) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Options: o, mux: http.NewServeMux()}
	api := humago.New(s.mux, apiConfig(o.PublicURL))
	for _, r := range resources {
		r.Mount(api)
	}
	s.paths = api.OpenAPI().Paths
	s.mux.HandleFunc("GET /openapi.json", describe(api))
	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.HandleFunc("GET /readyz", s.ready)
	if o.Metrics != nil {
		s.mux.HandleFunc("GET /metrics", s.metrics)
	}
	return s
}

type server struct {
	Options
	mux   *http.ServeMux
	paths map[string]*huma.PathItem // as they are described
}

// securityScheme is the name of the bearer token in the description.
const securityScheme = "bearer"

func apiConfig(publicURL string) huma.Config {
	const schemas = "#/components/schemas/"
	registry := huma.NewMapRegistry(schemas, schemaName)
	registerProblem(registry)
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Switchboard", Version: "1",
				Description: "Connect services once, draw workflows, run them. Every failure is a problem document (RFC 9457) whose `code` programs may act on.",
			},
			Servers: []*huma.Server{{URL: publicURL}},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					securityScheme: {Type: "http", Scheme: "bearer", Description: "A token or an API key of the account."},
				},
			},
		},
		// "json" stands for every media type that ends in +json.
		Formats:       map[string]huma.Format{mediaJSON: format, "json": format},
		DefaultFormat: mediaJSON,
		Transformers:  []huma.Transformer{problemOfHuma},
	}
}

// describe serves the OpenAPI document.
func describe(api huma.API) http.HandlerFunc {
	document := sync.OnceValues(func() ([]byte, error) { return json.Marshal(api.OpenAPI()) })
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := document()
		if err != nil {
			writeProblem(w, r, err)
			return
		}
		w.Header().Set("Content-Type", mediaJSON)
		_, _ = w.Write(text) // an error means that the client has gone
	}
}

func (s *server) health(w http.ResponseWriter, r *http.Request) {
	if s.Health != nil {
		if err := s.Health(r.Context()); err != nil {
			writeProblem(w, r, fault.New(fault.Unavailable, "Switchboard is not ready.").Because(err))
			return
		}
	}
	writeJSON(w, http.StatusOK, mediaJSON, map[string]string{"status": "ok"})
}

// route answers a request: below /v1 only to callers with a token, whether or not
// there is anything at the address. Where a browser is sent back to from a service,
// the state in the address says whose it is.
func (s *server) route(w http.ResponseWriter, r *http.Request, pattern string) {
	if strings.HasPrefix(r.URL.Path, "/v1/") && r.URL.Path != oauth.CallbackPath {
		caller, err := s.authenticate(r)
		if err != nil {
			writeProblem(w, r, err)
			return
		}
		ctx := account.WithPrincipal(r.Context(), caller)
		r = r.WithContext(context.WithValue(ctx, ownersKey{}, s.Owners))
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			writeProblem(w, r, fault.New(fault.BadRequest, "The address has a query that is not valid.").
				WithHint("Write %%25 for a percent sign, and & between parameters.").Because(err))
			return
		}
		if name := s.wrongly(query, r); name != "" {
			writeProblem(w, r, fault.New(fault.ValidationFailed, "The request is not valid.").At("/query/"+name, "must not be empty; leave it out instead"))
			return
		}
	}
	if pattern == "" {
		s.unrouted(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// unrouted answers what no route answers: the mux knows whether another method
// would have been one.
func (s *server) unrouted(w http.ResponseWriter, r *http.Request) {
	answer, _ := s.mux.Handler(r)
	probe := headerOnly{}
	answer.ServeHTTP(probe, r)
	if allow := http.Header(probe).Get("Allow"); allow != "" {
		if described := s.allowed(r.URL.Path); described != "" {
			allow = described
		}
		w.Header().Set("Allow", allow)
		writeProblem(w, r, fault.New(fault.MethodNotAllowed, "This address does not take %s.", r.Method).WithHint("It takes %s.", allow))
		return
	}
	writeProblem(w, r, fault.NotFoundf("There is nothing at this address.").WithHint("See /openapi.json for what there is."))
}

// wrongly names a parameter that is given as nothing though its value has a form; "" if
// there is none. To huma that is as if it were not given.
func (s *server) wrongly(query url.Values, r *http.Request) string {
	for name, values := range query {
		if values[0] != "" {
			continue
		}
		for _, p := range s.operation(r).Parameters {
			if p.In == "query" && p.Name == name && !mayBeEmpty(p.Schema) {
				return name
			}
		}
	}
	return ""
}

func mayBeEmpty(s *huma.Schema) bool {
	return s.Type == huma.TypeString && s.Format == "" && (s.Enum == nil || slices.Contains(s.Enum, any(""))) && (s.MinLength == nil || *s.MinLength == 0)
}

// operation is what a request asks for, as it is described.
func (s *server) operation(r *http.Request) *huma.Operation {
	if item := s.described(r.URL.Path); item != nil {
		if operation := operations(item)[r.Method]; operation != nil {
			return operation
		}
	}
	return &huma.Operation{}
}

// described is the address of a path. The mux counts other patterns, too, that the
// path fits: /v1/credentials/{id} for /v1/credentials/verify.
func (s *server) described(path string) *huma.PathItem {
	item, most := (*huma.PathItem)(nil), -1
	for described, candidate := range s.paths {
		if literal, fits := fitsPath(described, path); fits && literal > most {
			item, most = candidate, literal
		}
	}
	return item
}

func operations(item *huma.PathItem) map[string]*huma.Operation {
	return map[string]*huma.Operation{
		http.MethodDelete: item.Delete, http.MethodGet: item.Get, http.MethodHead: item.Get, http.MethodPatch: item.Patch,
		http.MethodPost: item.Post, http.MethodPut: item.Put,
	}
}

// allowed lists the methods of an address.
func (s *server) allowed(path string) string {
	item := s.described(path)
	if item == nil {
		return ""
	}
	var methods []string
	for method, operation := range operations(item) {
		if operation != nil {
			methods = append(methods, method)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// fitsPath compares a path with a described one, and counts the parts that are the same.
func fitsPath(described, path string) (literal int, fits bool) {
	want, got := strings.Split(described, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for i, part := range want {
		switch {
		case part == got[i]:
			literal++
		case !strings.HasPrefix(part, "{"):
			return 0, false
		}
	}
	return literal, true
}

// headerOnly is a ResponseWriter that keeps nothing but the header.
type headerOnly http.Header

func (h headerOnly) Header() http.Header         { return http.Header(h) }
func (h headerOnly) Write(b []byte) (int, error) { return len(b), nil }
func (h headerOnly) WriteHeader(int)             {}
