package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"switchboard/internal/account"
	"switchboard/internal/httpapi"
)

// TestRoles tries every role on every route, as the description says who may use it.
func TestRoles(t *testing.T) {
	w := newWorld(t)
	tried := 0
	for _, o := range w.spec.ofAccounts() {
		if !o.object.Role.Known() || o.object.Responses["403"].Content == nil {
			t.Errorf("%s: the description does not say who may use it: x-role %q", o.name, o.object.Role)
		}
		for _, role := range append(account.Roles(), "", "root") {
			tried++
			got := w.in(t).do(request{method: o.method, path: o.at("none"), token: roleToken + string(role)})
			if role.Includes(o.object.Role) {
				if got.status == http.StatusForbidden || got.status == http.StatusUnauthorized {
					t.Errorf("%s as %s = %d: %s", o.name, role, got.status, got.body)
				}
				continue
			}
			got.t = t
			got.wantProblem(http.StatusForbidden, "forbidden")
		}
	}
	if tried < 40*7 {
		t.Errorf("only %d combinations were tried", tried)
	}
}

// TestRolesMean holds the table to what the roles are promised to be.
func TestRolesMean(t *testing.T) {
	w := newWorld(t)
	atLeast := map[string]account.Role{}
	for _, o := range w.spec.ofAccounts() {
		atLeast[o.name] = o.object.Role
	}
	t.Run("ViewersChangeNothing", func(t *testing.T) {
		var may []string
		for name, role := range atLeast {
			if role == account.Viewer && !strings.HasPrefix(name, "GET ") {
				may = append(may, name)
			}
		}
		slices.Sort(may)
		want := []string{"POST /v1/connectors/http/import-curl", "POST /v1/workflows/check", "POST /v1/workflows/{id}/check"} // they store nothing
		if diff := cmp.Diff(want, may); diff != "" {
			t.Errorf("what viewers may besides reading (-want +got):\n%s", diff)
		}
	})
	t.Run("OperatorsRunStopAndApprove", func(t *testing.T) {
		var may []string
		for name, role := range atLeast {
			if role == account.Operator {
				may = append(may, name)
			}
		}
		slices.Sort(may)
		want := []string{
			"GET /v1/approvals", "POST /v1/events", "POST /v1/executions/{id}/redrive", "POST /v1/executions/{id}/replay",
			"POST /v1/executions/{id}/stop", "POST /v1/workflows/{id}/executions",
			"POST /v1/workflows/{id}/executions/redrive", "POST /v1/workflows/{id}/executions/replay",
		}
		if diff := cmp.Diff(want, may); diff != "" {
			t.Errorf("what operators may beyond viewers (-want +got):\n%s", diff)
		}
	})
	t.Run("NoRuleIsLeftOver", func(t *testing.T) {
		for _, name := range httpapi.RoutesWithRules() {
			if _, ok := atLeast[name]; !ok {
				t.Errorf("the table has %s, which is no route", name)
			}
		}
	})
	t.Run("ErrNoRule", func(t *testing.T) {
		defer func() {
			if p, ok := recover().(string); !ok || !strings.Contains(p, "GET /v1/forgotten") {
				t.Errorf("mounting a route that nobody has a rule for = %v", p)
			}
		}()
		httpapi.MountForgotten(huma.Operation{OperationID: "forgotten", Method: http.MethodGet, Path: "/v1/forgotten"})
	})
}

// TestWhatViewersDoNotSee holds that nobody gets an address which lets them do more
// than their role.
func TestWhatViewersDoNotSee(t *testing.T) {
	w := newWorld(t)
	id, publication := w.published(w.agent(), `{"name": "Hook", "trigger": {"type": "webhook", "config": {}}, "nodes": [{"id": "a", "type": "set", "config": {"values": {"x": 1}}}], "edges": [{"from": "trigger", "to": "a"}]}`)
	if publication.text("/webhook_url") == "" {
		t.Fatal("it has no webhook")
	}
	for role, sees := range map[account.Role]bool{account.Viewer: false, account.Operator: true} {
		got := w.do(request{method: http.MethodGet, path: "/v1/workflows/" + id, token: roleToken + string(role)}).want(http.StatusOK)
		if got.at("/webhook_url") != "" != sees {
			t.Errorf("webhook_url for %s = %s", role, got.at("/webhook_url"))
		}
	}
}

// TestAgentKeys tries every route with a key of one agent on the things of another.
func TestAgentKeys(t *testing.T) {
	w := newWorld(t)
	own, foreign := newThings(w), newThings(w)
	token := roleToken + "owner@" + own.ids["agents"]
	for _, o := range w.spec.ofAccounts() {
		t.Run(o.name, func(t *testing.T) {
			w := w.in(t)
			switch {
			case !o.object.AgentKey:
				w.do(o.request(t, foreign, token)).wantProblem(http.StatusForbidden, "forbidden")
			case o.namesThings():
				theirs, none := w.do(o.request(t, foreign, token)), w.do(o.request(t, foreign.gone(), token))
				theirs.wantProblem(http.StatusNotFound, "not_found")
				if none.wantProblem(http.StatusNotFound, "not_found"); differ(theirs, none) {
					t.Errorf("%s tells apart what is there from what is not: %s", theirs.body, none.body)
				}
			default:
				got := w.do(o.request(t, foreign, token))
				foreign.absentFrom(t, got)
			}
		})
	}
	t.Run("OwnThings", func(t *testing.T) {
		w := w.in(t)
		get := func(path string) response {
			return w.do(request{method: http.MethodGet, path: path, token: token}).want(http.StatusOK)
		}
		get("/v1/agents").wantAt("/items/0/id", `"`+own.ids["agents"]+`"`).wantAt("/items/1", "")
		get("/v1/credentials").wantAt("/items/0/id", `"`+own.ids["credentials"]+`"`).wantAt("/items/1", "")
		get("/v1/credentials?type=webhook_secret").wantAt("/items", `[]`)
		get("/v1/agents/"+own.ids["agents"]+"/integrations").wantAt("/connected/0/id", `"`+own.ids["credentials"]+`"`).wantAt("/ready_to_link", `[]`)
		get("/v1/workflows/" + own.ids["workflows"])
		get("/v1/executions/" + own.ids["executions"])
		w.do(request{method: http.MethodPost, path: "/v1/workflows/" + own.ids["workflows"] + "/executions", token: token}).want(http.StatusAccepted)
		w.do(request{method: http.MethodPut, path: "/v1/agents/" + own.ids["agents"] + "/links/" + own.ids["credentials"], token: token}).want(http.StatusNoContent)
	})
	t.Run("UnlinkingAgain", func(t *testing.T) {
		w := w.in(t)
		cred := w.credential("chat_token", map[string]any{"token": goodToken})
		w.link(own.ids["agents"], cred)
		w.link(foreign.ids["agents"], cred)
		unlink := func(id string) {
			w.do(request{method: http.MethodDelete, path: "/v1/agents/" + own.ids["agents"] + "/links/" + id, token: token}).want(http.StatusNoContent)
		}
		unlink(cred)
		unlink(cred)
		unlink(foreign.ids["credentials"]) // as one that is not there, which tells nothing
		unlink(foreign.gone().ids["credentials"])
		w.delete("/v1/credentials/"+cred).wantProblem(http.StatusConflict, "credential_in_use").wantAt("/agents/0/id", `"`+foreign.ids["agents"]+`"`).wantAt("/agents/1", "")
	})
	t.Run("WhatACredentialBreaksForOthers", func(t *testing.T) {
		w := w.in(t)
		refused := w.credential("chat_token", map[string]any{"token": badToken})
		naming := map[string]string{} // workflows, by agent
		for _, agent := range []string{own.ids["agents"], foreign.ids["agents"]} {
			w.link(agent, refused)
			naming[agent] = w.workflow(agent, orderAlert(refused, "trigger.input.total"))
		}
		w.post("/v1/credentials/"+refused+"/verify", nil).want(http.StatusOK).wantAt("/ok", `false`)
		w.get("/v1/credentials/"+refused).want(http.StatusOK).wantAt("/breaks/2", "").wantAt("/status", `"failing"`)
		got := w.do(request{method: http.MethodGet, path: "/v1/credentials/" + refused, token: token}).want(http.StatusOK)
		got.wantAt("/breaks/0/id", `"`+naming[own.ids["agents"]]+`"`).wantAt("/breaks/1", "")
	})
	t.Run("WhatOthersAreLinkedTo", func(t *testing.T) {
		w := w.in(t)
		shared := w.credential("chat_token", map[string]any{"token": goodToken})
		options := func(agent string) response {
			return w.do(request{method: http.MethodGet, path: "/v1/credentials/" + shared + "/options?connector=chat&action=post_message&field=channel&agent=" + agent, token: token})
		}
		w.link(own.ids["agents"], shared)
		w.link(foreign.ids["agents"], shared)
		options(own.ids["agents"]).want(http.StatusOK)
		options("").want(http.StatusOK)
		options(foreign.ids["agents"]).wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("DocumentsDoNotSeeOthers", func(t *testing.T) {
		w := w.in(t)
		doc := orderAlert(foreign.ids["credentials"], "trigger.input.total")
		check := w.do(request{method: http.MethodPost, path: "/v1/workflows/check", body: doc, token: token}).want(http.StatusOK)
		check.wantAt("/diagnostics/0/code", `"unknown_credential"`)
		w.do(request{method: http.MethodPost, path: "/v1/workflows/check?agent=" + foreign.ids["agents"], body: doc, token: token}).wantProblem(http.StatusNotFound, "not_found")
	})
}

// request is the operation on some things, with a body that fits.
func (o operation) request(t testing.TB, on things, token string) request {
	t.Helper()
	r := request{method: o.method, path: o.on(t, on), token: token, header: []string{"If-Match", "*"}}
	if o.object.RequestBody != nil {
		r.body = o.body(on.w.spec.root)
	}
	return r
}
