package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestTenants tries every route that names a thing with the id of another account's.
func TestTenants(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	cred := w.credential("chat_token", map[string]any{"token": goodToken})
	w.link(agent, cred)
	wf, _ := w.published(agent, manual)
	exe := w.post("/v1/workflows/"+wf+"/executions", nil).want(http.StatusAccepted).text("/id")
	w.ended(exe)

	ids := map[string]string{"agents": agent, "credentials": cred, "workflows": wf, "executions": exe}
	bodies := map[string]string{
		"PATCH /v1/agents/{id}": `{"name": "Mine now"}`, "PATCH /v1/credentials/{id}": `{"name": "Mine now"}`,
		"POST /v1/agents/{id}/workflows": manual, "PUT /v1/workflows/{id}": manual, "POST /v1/workflows/{id}/rollback": `{"version": 1}`,
		"POST /v1/executions/{id}/replay": `{"from": "is_big"}`,
	}
	tried := 0
	for _, name := range contract {
		method, path, _ := strings.Cut(name, " ")
		kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
		if !strings.Contains(path, "{id}") {
			continue
		}
		tried++
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			path := strings.NewReplacer("{id}", ids[kind], "{credential}", cred).Replace(path)
			r := request{method: method, path: path, token: strangerToken, header: []string{"If-Match", "*"}}
			if body, ok := bodies[name]; ok {
				r.body = body
			}
			problem := w.do(r).wantProblem(http.StatusNotFound, "not_found")
			// It must not matter whether the thing is there in the other account.
			r.path = strings.NewReplacer(agent, "agt_none", cred, "cred_none", wf, "wf_none", exe, "exe_none").Replace(path)
			if none := w.do(r).wantProblem(http.StatusNotFound, "not_found"); differ(problem, none) {
				t.Errorf("%s tells apart what is there from what is not: %s", problem.body, none.body)
			}
		})
	}
	if tried < 25 {
		t.Errorf("only %d routes were tried", tried)
	}

	t.Run("Lists", func(t *testing.T) {
		w := w.in(t)
		for _, path := range []string{"/v1/agents", "/v1/credentials"} {
			w.do(request{method: http.MethodGet, path: path, token: strangerToken}).want(http.StatusOK).wantAt("/items", `[]`)
		}
	})
	t.Run("CheckForAnAgent", func(t *testing.T) {
		w.in(t).do(request{method: http.MethodPost, path: "/v1/workflows/check?agent=" + agent, body: manual, token: strangerToken}).
			wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("LinksAcross", func(t *testing.T) {
		w := w.in(t)
		stranger := func(path string, body any) response {
			return w.do(request{method: http.MethodPost, path: path, body: body, token: strangerToken}).want(http.StatusCreated)
		}
		theirAgent := stranger("/v1/agents", `{"name": "Theirs"}`).text("/id")
		theirCred := stranger("/v1/credentials", `{"type": "chat_token", "data": {"token": "a-token-of-theirs"}}`).text("/id")
		for _, path := range []string{"/v1/agents/" + theirAgent + "/links/" + cred, "/v1/agents/" + agent + "/links/" + theirCred} {
			w.do(request{method: http.MethodPut, path: path, token: strangerToken}).wantProblem(http.StatusNotFound, "not_found")
			w.put(path, nil).wantProblem(http.StatusNotFound, "not_found")
		}
		// Nor does a document see it.
		check := w.do(request{method: http.MethodPost, path: "/v1/workflows/check?agent=" + theirAgent, body: orderAlert(cred, "trigger.input.total"), token: strangerToken})
		check.want(http.StatusOK).wantAt("/diagnostics/0/code", `"unknown_credential"`)
	})
	t.Run("NothingHasChanged", func(t *testing.T) {
		w := w.in(t)
		w.get("/v1/agents/"+agent).want(http.StatusOK).wantAt("/name", `"Support"`)
		w.get("/v1/credentials/"+cred).want(http.StatusOK).wantAt("/name", `"Mine"`)
		w.get("/v1/agents/"+agent+"/integrations").want(http.StatusOK).wantAt("/connected/0/id", `"`+cred+`"`)
		w.get("/v1/workflows/"+wf).want(http.StatusOK).wantAt("/published_version", `1`)
	})
}

// differ says whether two problems differ in more than the ids they name.
func differ(a, b response) bool {
	words := func(r response) string {
		text := r.text("/detail") + " " + r.at("/hint")
		for _, prefix := range []string{"agt_", "cred_", "wf_", "exe_"} {
			for {
				before, after, ok := strings.Cut(text, prefix)
				if !ok {
					break
				}
				text = before + strings.TrimLeft(after, "abcdefghijklmnopqrstuvwxyz0123456789")
			}
		}
		return text
	}
	return words(a) != words(b)
}
