package infra_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/humatest"

	"switchboard/infra/sam"
	"switchboard/internal/httpapi"
)

// route is a route of API Gateway.
type route struct {
	id, method, path string
	function         string // without the prefix
	authorized       bool
}

// routes reads those of the template.
func routes(t testing.TB, template *sam.Template) []route {
	t.Helper()
	ids := functions(t, template)
	var all []route
	for _, id := range template.OfType("AWS::ApiGatewayV2::Route") {
		p := template.Resources[id].Properties
		integration := strings.TrimSuffix(strings.TrimPrefix(sam.Text(p["Target"]), "integrations/${"), "}")
		alias := sam.Text(template.Resources[integration].Properties["IntegrationUri"])
		r := route{id: id, authorized: p["AuthorizationType"] == "CUSTOM" && sam.Text(p["AuthorizerId"]) == "${Authorizer}"}
		r.method, r.path, _ = strings.Cut(sam.Text(p["RouteKey"]), " ")
		for name, function := range ids {
			if alias == "${"+function+".Alias}" {
				r.function = name
			}
		}
		if r.function == "" {
			t.Errorf("%s leads to %s, which is no function's alias", id, alias)
		}
		all = append(all, r)
	}
	return all
}

var placeholder = regexp.MustCompile(`\{(\w+)(\+?)\}`)

// weight says how closely a route fits a request; 0 where it does not. API Gateway
// prefers a full match, then one by placeholders, then one by a greedy placeholder,
// then $default; of two greedy ones the longer, and a named method to ANY.
//
// Source: API Gateway developer guide, "Create routes for HTTP APIs in API Gateway".
func (r route) weight(method, path string) int {
	if r.method == "$default" {
		return 1
	}
	if r.method != "ANY" && r.method != method {
		return 0
	}
	score := 2 * (1 + len(r.path))
	if r.method != "ANY" {
		score++
	}
	quoted := placeholder.ReplaceAllStringFunc(r.path, func(p string) string {
		if strings.HasSuffix(p, "+}") {
			return ".+"
		}
		return "[^/]+"
	})
	switch {
	case !regexp.MustCompile("^" + quoted + "$").MatchString(path):
		return 0
	case strings.Contains(r.path, "+}"):
		return 1000 + score
	case strings.Contains(r.path, "{"):
		return 2000 + score
	default:
		return 3000 + score
	}
}

// serves gives the route that API Gateway takes.
func serves(all []route, method, path string) route {
	return slices.MaxFunc(all, func(a, b route) int { return a.weight(method, path) - b.weight(method, path) })
}

// resources are those of the HTTP API, by the name of their type.
var resources = map[string]httpapi.Resource{
	"APIKeys": httpapi.APIKeys{}, "Audit": httpapi.Audit{}, "Me": httpapi.Me{}, "Members": httpapi.Members{},
	"Agents": httpapi.Agents{}, "Approvals": httpapi.Approvals{}, "Bundles": httpapi.Bundles{}, "Catalog": httpapi.Catalog{}, "Credentials": httpapi.Credentials{}, "Events": httpapi.Events{},
	"Executions": httpapi.Executions{}, "FieldOptions": httpapi.FieldOptions{}, "Hooks": httpapi.Hooks{}, "Integrations": httpapi.Integrations{}, "OAuth": httpapi.OAuth{},
	"Quotas": httpapi.Quotas{}, "Trials": httpapi.Trials{},
	"Usage":     httpapi.Usage{},
	"Workflows": httpapi.Workflows{},
}

var mount = regexp.MustCompile(`^\(switchboard/internal/httpapi\.(\w+)\)\.Mount$`)

// TestRoutes sends every request of the API's own description where API Gateway would,
// and looks whether the function there has mounted what answers it.
func TestRoutes(t *testing.T) {
	template, programs := deployment(t), program(t)
	all := routes(t, template)
	mounted := map[string][]string{} // functions, by resource
	for name := range functions(t, template) {
		if strings.HasPrefix(name, "connector-") {
			continue
		}
		reached, err := programs.From("switchboard/functions/" + folder(name))
		if err != nil {
			t.Error(err)
			continue
		}
		for f := range reached.Functions {
			if m := mount.FindStringSubmatch(f); m != nil {
				mounted[m[1]] = append(mounted[m[1]], name)
			}
		}
	}
	for kind := range mounted {
		if resources[kind] == nil {
			t.Errorf("add httpapi.%s to resources", kind)
		}
	}
	for kind, resource := range resources {
		t.Run(kind, func(t *testing.T) {
			_, api := humatest.New(t)
			resource.Mount(api)
			for path, item := range api.OpenAPI().Paths {
				for method, operation := range operations(item) {
					checkRoute(t, all, mounted[kind], method, path, operation)
				}
			}
		})
	}
}

func operations(p *huma.PathItem) map[string]*huma.Operation {
	all := map[string]*huma.Operation{"GET": p.Get, "PUT": p.Put, "POST": p.Post, "DELETE": p.Delete, "PATCH": p.Patch}
	for method, operation := range all {
		if operation == nil {
			delete(all, method)
		}
	}
	return all
}

func checkRoute(t *testing.T, all []route, mounted []string, method, path string, operation *huma.Operation) {
	t.Helper()
	r := serves(all, method, placeholder.ReplaceAllString(path, "x1"))
	if !slices.Contains(mounted, r.function) {
		t.Errorf("%s %s goes to function %s by %s, and is served by %v", method, path, r.function, r.id, mounted)
	}
	if secured := len(operation.Security) > 0; secured != r.authorized {
		t.Errorf("%s %s: asks for a token: %t; %s has the authorizer: %t", method, path, secured, r.id, r.authorized)
	}
}

// TestRoutesWithoutToken lists what is open to everybody, so that nothing becomes so
// by an oversight.
func TestRoutesWithoutToken(t *testing.T) {
	open := []string{
		"$default", "ANY /approvals/{token}", "ANY /hooks/{secret}", "GET /healthz", "GET /openapi.json", "GET /v1/oauth/callback",
	}
	var got []string
	for _, r := range routes(t, deployment(t)) {
		if !r.authorized {
			got = append(got, strings.TrimSpace(r.method+" "+r.path))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, open) {
		t.Errorf("without a token: %q, want %q", got, open)
	}
}

// TestAuthorizers: API Gateway refuses a request without the header that is an
// authorizer's identity source, and asks the function for every request where there is
// none. So the API's has one, and that of links, which people without a login open, has
// not; and neither keeps an answer for the next caller.
func TestAuthorizers(t *testing.T) {
	template := deployment(t)
	for id, source := range map[string][]string{"Authorizer": {"$request.header.Authorization"}, "LinkAuthorizer": nil} {
		p := template.Resources[id].Properties
		var got []string
		for _, s := range anys(p["IdentitySource"]) {
			got = append(got, sam.Text(s))
		}
		if !slices.Equal(got, source) || p["AuthorizerResultTtlInSeconds"] != 0 || p["EnableSimpleResponses"] != true {
			t.Errorf("%s: identity source %v, want %v: %v", id, got, source, p)
		}
	}
	for _, r := range routes(t, template) {
		p := template.Resources[r.id].Properties
		if asks := p["AuthorizationType"] == "CUSTOM" && sam.Text(p["AuthorizerId"]) == "${LinkAuthorizer}"; asks != (r.path == "/approvals/{token}") {
			t.Errorf("%s has the authorizer of links: %t", r.id, asks)
		}
	}
}

func anys(v any) []any { l, _ := v.([]any); return l }

// TestAccessLog: the paths of webhooks and approvals are secrets, which no log holds.
func TestAccessLog(t *testing.T) {
	settings, _ := deployment(t).Resources["ApiStage"].Properties["AccessLogSettings"].(map[string]any)
	format := sam.Text(settings["Format"])
	if !strings.Contains(format, "$context.routeKey") {
		t.Errorf("the access log does not tell the route: %s", format)
	}
	for _, secret := range []string{"$context.path", "$context.protocol", "$context.requestOverride", "$context.customDomain"} {
		if strings.Contains(format, secret) {
			t.Errorf("the access log holds %s", secret)
		}
	}
}
