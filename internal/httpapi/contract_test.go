package httpapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/httpapi"
	"switchboard/internal/oauth"
)

// contract is the routes that clients rely on, as they are promised.
var contract = []string{
	"GET /v1/connectors", "GET /v1/connectors/{name}", "POST /v1/connectors/http/import-curl",
	"GET /v1/credential-types", "GET /v1/credential-types/{type}",
	"POST /v1/agents", "GET /v1/agents", "GET /v1/agents/{id}", "PATCH /v1/agents/{id}", "DELETE /v1/agents/{id}",
	"POST /v1/credentials", "GET /v1/credentials", "GET /v1/credentials/{id}", "PATCH /v1/credentials/{id}", "DELETE /v1/credentials/{id}",
	"POST /v1/credentials/verify", "POST /v1/credentials/{id}/verify", "GET /v1/credentials/{id}/options",
	"GET /v1/agents/{id}/integrations",
	"PUT /v1/agents/{id}/links/{credential}", "DELETE /v1/agents/{id}/links/{credential}",
	"POST /v1/agents/{id}/workflows", "GET /v1/agents/{id}/workflows",
	"GET /v1/workflows/{id}", "PUT /v1/workflows/{id}", "DELETE /v1/workflows/{id}",
	"POST /v1/workflows/{id}/check", "POST /v1/workflows/check",
	"POST /v1/workflows/{id}/publish", "GET /v1/workflows/{id}/versions", "GET /v1/workflows/{id}/versions/{version}",
	"POST /v1/workflows/{id}/trial", "POST /v1/workflows/{id}/rollback", "POST /v1/workflows/{id}/unpublish",
	"GET /v1/workflows/{id}/definition",
	"POST /v1/workflows/{id}/executions", "GET /v1/workflows/{id}/executions",
	"GET /v1/executions/{id}", "POST /v1/executions/{id}/stop", "POST /v1/executions/{id}/redrive",
	"GET /v1/executions/{id}/values/{value}",
	"POST /v1/executions/{id}/replay",
	"POST /v1/workflows/{id}/executions/redrive", "POST /v1/workflows/{id}/executions/replay",
	"POST /v1/workflows/{id}/nodes/{node}/test",
	"POST /v1/events",
	"GET /v1/quotas",
	"POST /hooks/{secret}",
	"GET /v1/usage",
	"GET /v1/problems", "GET /v1/export", "POST /v1/import",
	"GET /v1/approvals", "GET /approvals/{token}", "POST /approvals/{token}",
	"POST /v1/api-keys", "GET /v1/api-keys", "DELETE /v1/api-keys/{id}",
	"POST /v1/members", "GET /v1/members", "PATCH /v1/members/{id}", "DELETE /v1/members/{id}",
	"GET /v1/me",
	"GET /v1/audit", "GET /v1/audit/export",
	"POST /v1/oauth/{credential_type}/authorize", "GET /v1/oauth/callback",
}

func TestDescription(t *testing.T) {
	w := newWorld(t)
	t.Run("HasTheRoutesOfTheContractAndNoOthers", func(t *testing.T) {
		want := slices.Sorted(slices.Values(contract))
		if diff := cmp.Diff(want, w.spec.names()); diff != "" {
			t.Errorf("operations (-contract +served):\n%s", diff)
		}
	})
	t.Run("EverySchemaIsOne", func(t *testing.T) {
		var doc struct {
			OpenAPI    string `json:"openapi"`
			Components struct {
				Schemas map[string]any `json:"schemas"`
			} `json:"components"`
		}
		if err := json.Unmarshal(w.spec.text, &doc); err != nil {
			t.Fatal(err)
		}
		if doc.OpenAPI != "3.1.0" || len(doc.Components.Schemas) == 0 {
			t.Errorf("openapi = %q with %d schemas", doc.OpenAPI, len(doc.Components.Schemas))
		}
		for name := range doc.Components.Schemas {
			if _, err := w.spec.compiler.Compile("mem:///openapi.json#/components/schemas/" + name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("AsksForATokenBelowV1Only", func(t *testing.T) {
		var doc struct {
			Paths map[string]map[string]struct {
				OperationID string                `json:"operationId"`
				Security    []map[string][]string `json:"security"`
				Summary     string                `json:"summary"`
			} `json:"paths"`
		}
		if err := json.Unmarshal(w.spec.text, &doc); err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for path, methods := range doc.Paths {
			for method, op := range methods {
				if (len(op.Security) > 0) != (strings.HasPrefix(path, "/v1/") && path != oauth.CallbackPath) {
					t.Errorf("%s %s: security = %v", method, path, op.Security)
				}
				if op.Summary == "" || op.OperationID == "" || ids[op.OperationID] {
					t.Errorf("%s %s has no summary, or no id of its own: %q", method, path, op.OperationID)
				}
				ids[op.OperationID] = true
			}
		}
	})
}

func TestServeOneResource(t *testing.T) {
	w := newWorld(t)
	alone := httpapi.Serve(httpapi.Options{Authenticate: authenticate, PublicURL: publicURL}, httpapi.Agents{Service: w.cfg.Agents})
	w.agent()
	if got := call(t, alone, http.MethodGet, "/v1/agents", "Authorization", "Bearer "+ownToken); got.status != http.StatusOK || got.at("/items/0/name") != `"Support"` {
		t.Errorf("agents: %d %s", got.status, got.body)
	}
	call(t, alone, http.MethodGet, "/v1/connectors", "Authorization", "Bearer "+ownToken).wantProblem(http.StatusNotFound, "not_found")
	if described := call(t, alone, http.MethodGet, "/openapi.json"); strings.Contains(string(described.body), "/v1/workflows") {
		t.Error("what is not served is described")
	}
}

// TestDescribedAsTaken: what the description allows is what the API takes, so that who
// writes requests by it does not learn of a rule from an answer.
func TestDescribedAsTaken(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	wf, _ := w.published(agent, `{"name": "Greet", "trigger": {"type": "manual"}, "nodes": [{"id": "greet", "type": "chat.post_message",
		"credential": "`+cred+`", "config": {"channel": "#x", "text": "Hi"}}], "edges": [{"from": "trigger", "to": "greet"}]}`)
	executions := "/v1/workflows/" + wf + "/executions"
	for _, c := range []struct{ name, method, path, taken, refused, pointer string }{
		{"StatusOfWhatIsRedriven", http.MethodPost, executions + "/redrive", `{"status": "stopped"}`, `{"status": "succeeded"}`, "/status"},
		{"StatusOfWhatIsReplayed", http.MethodPost, executions + "/replay", `{"status": "succeeded"}`, `{"status": "running"}`, "/status"},
		{"NameOfANewAgent", http.MethodPost, "/v1/agents", `{"name": " A "}`, `{"name": ""}`, "/name"},
		{"NameOfAnAgent", http.MethodPatch, "/v1/agents/" + agent, `{"name": null}`, `{"name": " "}`, "/name"},
		{"NameOfACredential", http.MethodPatch, "/v1/credentials/" + cred, `{"name": "B"}`, `{"name": ""}`, "/name"},
		{"NameOfAKey", http.MethodPost, "/v1/api-keys", `{"name": "K", "role": "viewer"}`, `{"name": "", "role": "viewer"}`, "/name"},
		{"Command", http.MethodPost, "/v1/connectors/http/import-curl", `{"curl": "curl https://api.example.com"}`, `{"curl": ""}`, "/curl"},
		{"CommandOfSpaces", http.MethodPost, "/v1/connectors/http/import-curl", `{"curl": " curl https://api.example.com"}`, `{"curl": " \n"}`, "/curl"},
		{"VersionOfATrial", http.MethodPost, executions, `{"version": null}`, `{"version": 0}`, "/version"},
		{"DetailOfAnEvent", http.MethodPost, "/v1/events", `{"source": "s", "detail_type": "t", "detail": {}}`, `{"source": "s", "detail_type": "t", "detail": null}`, "/detail"},
		{"VariablesOfATest", http.MethodPost, "/v1/workflows/" + wf + "/nodes/greet/test", `{"variables": {}}`, `{"variables": []}`, "/variables"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.in(t)
			if r := w.do(request{method: c.method, path: c.path, body: c.taken}); r.status >= http.StatusBadRequest {
				t.Errorf("%s is refused: %s", c.taken, r.body)
			}
			r := w.do(request{method: c.method, path: c.path, body: c.refused}).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField(c.pointer)
			if r.at("/errors/1") != "" {
				t.Errorf("more than one error: %s", r.body)
			}
			if !w.spec.allows(t, c.method, c.path, c.taken) {
				t.Errorf("the description does not allow %s", c.taken)
			}
			if w.spec.allows(t, c.method, c.path, c.refused) {
				t.Errorf("the description allows %s", c.refused)
			}
		})
	}
}
