package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestCredentials(t *testing.T) {
	w := newWorld(t)
	good := map[string]any{"token": goodToken}
	t.Run("NameIsTheTypesTitleIfThereIsNone", func(t *testing.T) {
		w.in(t).post("/v1/credentials", map[string]any{"type": "chat_token", "data": good}).want(http.StatusCreated).wantAt("/name", `"Chat token"`)
	})
	t.Run("ListByType", func(t *testing.T) {
		w := w.in(t)
		hook := w.credential("webhook_secret", map[string]any{"secret": "whsec-canary-list"})
		list := w.get("/v1/credentials?type=webhook_secret").want(http.StatusOK).wantAt("/items/0/id", `"`+hook+`"`)
		if list.at("/items/1") != "" {
			t.Errorf("other types are in the list: %s", list.body)
		}
		w.get("/v1/credentials?type=none").want(http.StatusOK).wantAt("/items", `[]`)
	})
	t.Run("ErrUnknownType", func(t *testing.T) {
		w := w.in(t)
		for _, path := range []string{"/v1/credentials", "/v1/credentials/verify"} {
			problem := w.post(path, map[string]any{"type": "chat_tokn", "data": good}).
				wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/type")
			if !strings.Contains(problem.text("/errors/0/hint"), "chat_token") {
				t.Errorf("no hint at the right name: %s", problem.body)
			}
		}
	})
	t.Run("ErrDataNamesTheField", func(t *testing.T) {
		w := w.in(t)
		for _, path := range []string{"/v1/credentials", "/v1/credentials/verify"} {
			w.post(path, map[string]any{"type": "chat_token", "data": map[string]any{"tokn": "x"}}).
				wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/data/token").wantField("/data/tokn")
			w.post(path, map[string]any{"type": "chat_token"}).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/data")
		}
	})
	t.Run("RotationForgetsTheVerification", func(t *testing.T) {
		w := w.in(t)
		id := w.credential("chat_token", good)
		w.post("/v1/credentials/"+id+"/verify", nil).want(http.StatusOK).wantAt("/ok", `true`)
		change := func(body any) response {
			return w.do(request{method: http.MethodPatch, path: "/v1/credentials/" + id, body: body})
		}
		if at := change(map[string]any{"name": "Renamed"}).want(http.StatusOK).wantAt("/name", `"Renamed"`).at("/verified_at"); at == "null" {
			t.Error("a new name undid the verification")
		}
		change(map[string]any{"data": good}).want(http.StatusOK).wantAt("/verified_at", `null`).wantAt("/name", `"Renamed"`)
		change(map[string]any{"data": map[string]any{}}).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/data/token")
		change(map[string]any{"type": "other"}).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/type")
	})
	t.Run("NoWayToVerify", func(t *testing.T) {
		w := w.in(t)
		id := w.credential("webhook_secret", map[string]any{"secret": "whsec-canary-none"})
		w.post("/v1/credentials/"+id+"/verify", nil).want(http.StatusOK).wantAt("/ok", `true`).wantAt("/identity", "")
		w.get("/v1/credential-types/webhook_secret").want(http.StatusOK).wantAt("/verifiable", `false`)
		w.get("/v1/credentials/"+id).want(http.StatusOK).wantAt("/verified_at", `null`)
	})
	t.Run("VerifyStoresNothing", func(t *testing.T) {
		w := newWorld(t)
		w.post("/v1/credentials/verify", map[string]any{"type": "chat_token", "data": good}).want(http.StatusOK).wantAt("/ok", `true`)
		w.get("/v1/credentials").want(http.StatusOK).wantAt("/items", `[]`)
	})
	t.Run("ErrInUse", func(t *testing.T) {
		w := w.in(t)
		agent, id := w.agent(), w.credential("chat_token", good)
		w.link(agent, id)
		w.delete("/v1/credentials/"+id).wantProblem(http.StatusConflict, "credential_in_use").
			wantAt("/agents", `[{"id":"`+agent+`","name":"Support"}]`).wantAt("/workflows", `[]`)
		wf := w.workflow(agent, orderAlert(id, "trigger.input.total"))
		w.delete("/v1/credentials/"+id+"?force=false").wantProblem(http.StatusConflict, "credential_in_use").
			wantAt("/workflows", `[{"id":"`+wf+`","name":"Order alert"}]`)
		w.delete("/v1/credentials/"+id+"?force=perhaps").wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/query/force")
		w.delete("/v1/credentials/" + id + "?force=true").want(http.StatusNoContent)
		w.get("/v1/credentials/"+id).wantProblem(http.StatusNotFound, "not_found")
		w.get("/v1/agents/"+agent+"/integrations").want(http.StatusOK).wantAt("/connected", `[]`)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		w := w.in(t)
		w.get("/v1/credentials/verify").wantProblem(http.StatusNotFound, "not_found")
		w.post("/v1/credentials/cred_none/verify", nil).wantProblem(http.StatusNotFound, "not_found")
		w.get("/v1/connectors/chatt").wantProblem(http.StatusNotFound, "not_found")
		problem := w.get("/v1/credential-types/chat_tokens").wantProblem(http.StatusNotFound, "not_found")
		if !strings.Contains(problem.text("/hint"), "chat_token") {
			t.Errorf("no hint at the right name: %s", problem.body)
		}
	})
}

func TestLinks(t *testing.T) {
	w := newWorld(t)
	agent, cred := w.agent(), w.credential("chat_token", map[string]any{"token": goodToken})
	path := "/v1/agents/" + agent + "/links/" + cred
	for range 2 {
		w.put(path, nil).want(http.StatusNoContent)
		w.get("/v1/agents/"+agent+"/integrations").want(http.StatusOK).wantAt("/connected/0/id", `"`+cred+`"`).wantAt("/connected/1", "")
	}
	for range 2 {
		w.delete(path).want(http.StatusNoContent)
		w.get("/v1/agents/"+agent+"/integrations").want(http.StatusOK).wantAt("/connected", `[]`).wantAt("/ready_to_link/0/id", `"`+cred+`"`)
	}
	w.put("/v1/agents/"+agent+"/links/cred_none", nil).wantProblem(http.StatusNotFound, "not_found")
	w.put("/v1/agents/agt_none/links/"+cred, nil).wantProblem(http.StatusNotFound, "not_found")
	w.get("/v1/agents/agt_none/integrations").wantProblem(http.StatusNotFound, "not_found")
}

func TestIntegrationsListTheWholeCatalog(t *testing.T) {
	w := newWorld(t)
	integrations := w.get("/v1/agents/" + w.agent() + "/integrations").want(http.StatusOK)
	var names []string
	for _, a := range integrations.object()["available"].([]any) {
		names = append(names, a.(map[string]any)["name"].(string))
	}
	if !slices.Equal(names, []string{"chat", "http", "webhook", "mail"}) {
		t.Errorf("available = %v", names)
	}
	integrations.wantAt("/available/1/credential_optional", `true`).wantAt("/available/0/credential_optional", `false`)
}

// TestSecretsStayInside sends secrets in every wrong way, and looks for them in the
// answers and in the log.
func TestSecretsStayInside(t *testing.T) {
	const canary = "canary-6b1f0e"
	w := newWorld(t)
	stored := w.credential("chat_token", map[string]any{"token": goodToken})
	bodies := map[string]string{
		"DataIsAText":      `{"type": "chat_token", "data": "` + canary + `"}`,
		"DataIsAList":      `{"type": "chat_token", "data": ["` + canary + `"]}`,
		"UnknownField":     `{"type": "chat_token", "data": {"tokn": "` + canary + `"}}`,
		"WrongType":        `{"type": "chat_token", "data": {"token": ["` + canary + `"]}}`,
		"TooShort":         `{"type": "chat_token", "data": {"token": "canary-"}}`,
		"UnknownType":      `{"type": "none", "data": {"token": "` + canary + `"}}`,
		"TypeIsTheSecret":  `{"type": ["` + canary + `"], "data": {}}`,
		"UnknownMember":    `{"type": "chat_token", "secret": "` + canary + `", "data": {"token": "` + canary + `"}}`,
		"BesideData":       `{"type": "chat_token", "Data": {"token": "` + canary + `"}}`,
		"MalformedJSON":    `{"type": "chat_token", "data": {"token": "` + canary + `}`,
		"MalformedEscape":  `{"type": "chat_token", "data": {"token": "` + canary + `\q"}}`,
		"TwiceTheSameName": `{"type": "chat_token", "data": {"token": "` + canary + `", "token": "` + canary + `"}}`,
		"NotJSON":          canary,
		"OnlyText":         `"` + canary + `"`,
		"Refused":          `{"type": "chat_token", "data": {"token": "` + canary + `-token"}}`,
	}
	targets := []struct{ method, path string }{
		{http.MethodPost, "/v1/credentials"}, {http.MethodPost, "/v1/credentials/verify"}, {http.MethodPatch, "/v1/credentials/" + stored},
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			for _, target := range targets {
				for _, mediaType := range []string{"application/json", "text/plain"} {
					answer := w.do(request{method: target.method, path: target.path, body: body, header: []string{"Content-Type", mediaType}})
					if strings.Contains(string(answer.body), "canary-") {
						t.Errorf("%s %s answers %s", target.method, target.path, answer.body)
					}
				}
			}
		})
	}
	t.Run("InTheToken", func(t *testing.T) {
		w := w.in(t)
		answer := w.do(request{method: http.MethodGet, path: "/v1/agents", token: canary}).wantProblem(http.StatusUnauthorized, "unauthorized")
		if strings.Contains(string(answer.body), canary) {
			t.Errorf("the token comes back: %s", answer.body)
		}
	})
	if log := w.log.String(); strings.Contains(log, "canary") {
		t.Errorf("the log holds a secret:\n%s", log)
	}
}
