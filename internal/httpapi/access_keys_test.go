package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/audit"
)

func TestAPIKeys(t *testing.T) {
	w := newWorld(t)
	as := func(token, method, path string, body any) response {
		return w.do(request{method: method, path: path, body: body, token: token})
	}
	made := w.post("/v1/api-keys", map[string]any{"name": "CI", "role": "admin"}).want(http.StatusCreated).wantAt("/created_by", `"owner"`).wantAt("/last_used_at", "null")
	key, id := made.text("/key"), made.text("/id")
	if !strings.HasPrefix(key, "sbk_") || len(key) < 40 || made.text("/hint") != key[len(key)-4:] {
		t.Errorf("key = %q, hint %s", key, made.at("/hint"))
	}
	t.Run("Used", func(t *testing.T) {
		w := w.in(t)
		as(key, http.MethodGet, "/v1/agents", nil).want(http.StatusOK)
		listed := w.get("/v1/api-keys").want(http.StatusOK)
		if listed.at("/items/0/last_used_at") == "null" || strings.Contains(string(listed.body), key) {
			t.Errorf("listed as %s", listed.body)
		}
		as(key, http.MethodPost, "/v1/agents", `{"name": "Made by a key"}`).want(http.StatusCreated)
		w.get("/v1/audit?actor=key:"+id).want(http.StatusOK).wantAt("/items/0/action", `"agent.create"`)
	})
	t.Run("NoHigherRoleThanOnesOwn", func(*testing.T) {
		for role, status := range map[account.Role]int{account.Owner: http.StatusForbidden, account.Admin: http.StatusCreated, account.Viewer: http.StatusCreated} {
			as(key, http.MethodPost, "/v1/api-keys", map[string]any{"name": "More", "role": role}).want(status)
			as(key, http.MethodPost, "/v1/members", map[string]any{"subject": string(role), "role": role}).want(status)
		}
		owners := w.post("/v1/api-keys", map[string]any{"name": "Owner", "role": "owner"}).want(http.StatusCreated).text("/id")
		as(key, http.MethodDelete, "/v1/api-keys/"+owners, nil).wantProblem(http.StatusForbidden, "forbidden")
	})
	t.Run("ErrInvalid", func(t *testing.T) {
		w := w.in(t)
		for pointer, change := range map[string]map[string]any{
			"/name": {"name": " "}, "/role": {"role": "root"}, "/expires_at": {"expires_at": "2001-01-01T00:00:00Z"}, "/agent_id": {"agent_id": "agt_none"},
		} {
			body := map[string]any{"name": "CI", "role": "viewer"}
			for name, v := range change {
				body[name] = v
			}
			w.post("/v1/api-keys", body).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField(pointer)
		}
		w.post("/v1/api-keys", map[string]any{"name": "CI", "role": "viewer", "expires_at": "0001-01-01T00:00:00Z"}).
			wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/expires_at") // zero is not never
	})
	t.Run("ErrNoKey", func(t *testing.T) {
		w := w.in(t)
		for _, wrong := range []string{"sbk_", "sbk_x", key[:len(key)-1], key + "x", strings.ToUpper(key), key[:10] + "A" + key[11:], "sbk_" + strings.Repeat("A", 48)} {
			if wrong == key {
				continue
			}
			w.do(request{method: http.MethodGet, path: "/v1/agents", token: wrong}).wantProblem(http.StatusUnauthorized, "unauthorized")
		}
	})
	t.Run("Expires", func(t *testing.T) {
		w := w.in(t)
		short := w.post("/v1/api-keys", map[string]any{"name": "Short", "role": "viewer", "expires_at": w.now().Add(time.Hour).Format(time.RFC3339)}).
			want(http.StatusCreated).text("/key")
		as(short, http.MethodGet, "/v1/agents", nil).want(http.StatusOK)
		w.passed.Add(int64(time.Hour))
		as(short, http.MethodGet, "/v1/agents", nil).wantProblem(http.StatusUnauthorized, "unauthorized")
	})
	t.Run("RevokedAtOnce", func(t *testing.T) {
		w := w.in(t)
		as(key, http.MethodGet, "/v1/agents", nil).want(http.StatusOK)
		w.delete("/v1/api-keys/" + id).want(http.StatusNoContent)
		as(key, http.MethodGet, "/v1/agents", nil).wantProblem(http.StatusUnauthorized, "unauthorized")
		w.delete("/v1/api-keys/"+id).wantProblem(http.StatusNotFound, "not_found")
	})
	if strings.Contains(w.log.String(), key) {
		t.Error("the log has the key")
	}
}

func TestMembers(t *testing.T) {
	w := newWorld(t)
	ada := w.post("/v1/members", map[string]any{"subject": "ada", "role": "owner"}).want(http.StatusCreated).text("/id")
	bob := w.post("/v1/members", map[string]any{"email": "bob@example.com", "role": "viewer"}).want(http.StatusCreated).text("/id")
	change := func(id, role string) response {
		return w.do(request{method: http.MethodPatch, path: "/v1/members/" + id, body: map[string]any{"role": role}})
	}
	w.post("/v1/members", map[string]any{"subject": "ada", "role": "viewer"}).wantProblem(http.StatusConflict, "conflict")
	w.post("/v1/members", map[string]any{"role": "viewer"}).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/subject")
	w.post("/v1/members", map[string]any{"email": "Bob <bob@example.com>", "role": "viewer"}).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/email")
	change(ada, "admin").wantProblem(http.StatusConflict, "conflict")
	w.delete("/v1/members/"+ada).wantProblem(http.StatusConflict, "conflict")
	change(bob, "owner").want(http.StatusOK)
	change(ada, "admin").want(http.StatusOK)
	w.do(request{method: http.MethodDelete, path: "/v1/members/" + bob, token: roleToken + "admin"}).wantProblem(http.StatusForbidden, "forbidden")
	w.delete("/v1/members/" + ada).want(http.StatusNoContent)
	w.get("/v1/audit?resource="+ada).want(http.StatusOK).wantAt("/items/0/action", `"member.remove"`).wantAt("/items/2/action", `"member.add"`).wantAt("/items/3", "")
	t.Run("ByEmail", func(t *testing.T) {
		w := w.in(t)
		w.post("/v1/members", map[string]any{"email": "Kim@Example.com", "role": "admin"}).want(http.StatusCreated).wantAt("/email", `"kim@example.com"`)
		for email, want := range map[string]account.Role{
			"kim@example.com": account.Admin, "KIM@EXAMPLE.COM": account.Admin, "\u212aim@example.com": "", "": "",
		} {
			if got, err := w.cfg.Members.RoleOf(t.Context(), "acc_own", "subject-of-nobody", email); err != nil || got != want {
				t.Errorf("%q has the role %q, %v; want %q", email, got, err, want)
			}
		}
	})
}

// TestAudit does what is to leave something in the audit, and looks what it left.
func TestAudit(t *testing.T) {
	w := newWorld(t)
	own := newThings(w)
	t.Run("WhatExecutionsOpen", func(t *testing.T) {
		w := w.in(t)
		wf, _ := w.published(own.ids["agents"], orderAlert(own.ids["credentials"], "trigger.input.total"))
		exe := w.post("/v1/workflows/"+wf+"/executions", map[string]any{"input": map[string]any{"id": "A-1", "total": 5000}}).want(http.StatusAccepted).text("/id")
		w.ended(exe).wantAt("/status", `"succeeded"`)
		w.get("/v1/audit?actor=workflow:"+wf).want(http.StatusOK).wantAt("/items/0/action", `"credential.decrypt"`).
			wantAt("/items/0/resource", `"`+own.ids["credentials"]+`"`).wantAt("/items/0/execution", `"`+exe+`"`).wantAt("/items/0/node", `"notify"`).wantAt("/items/1", "")
	})
	t.Run("OfTheLongestSource", func(t *testing.T) {
		w := w.in(t)
		source := strings.Repeat("s", 256)
		w.post("/v1/events", map[string]any{"source": source, "detail_type": "order", "detail": map[string]any{}}).want(http.StatusAccepted)
		w.get("/v1/audit?resource="+source).want(http.StatusOK).wantAt("/items/0/action", `"event.put"`)
	})
	agent, cred, wf, exe := own.ids["agents"], own.ids["credentials"], own.ids["workflows"], own.ids["executions"]
	w.post("/v1/credentials/"+cred+"/verify", nil).want(http.StatusOK)
	w.do(request{method: http.MethodPatch, path: "/v1/credentials/" + cred, body: map[string]any{"data": map[string]any{"token": badToken}}}).want(http.StatusOK)
	w.do(request{method: http.MethodPatch, path: "/v1/credentials/" + cred, body: map[string]any{"name": "Renamed"}}).want(http.StatusOK)
	for _, nothing := range []map[string]any{{}, {"name": "Renamed"}} { // changes nothing
		w.do(request{method: http.MethodPatch, path: "/v1/credentials/" + cred, body: nothing}).want(http.StatusOK)
		delete(nothing, "name")
		w.do(request{method: http.MethodPatch, path: "/v1/agents/" + agent, body: nothing}).want(http.StatusOK)
	}
	w.do(request{method: http.MethodDelete, path: "/v1/agents/" + agent + "/links/" + cred}).want(http.StatusNoContent)
	w.do(request{method: http.MethodDelete, path: "/v1/agents/" + agent + "/links/" + cred}).want(http.StatusNoContent) // changes nothing
	w.delete("/v1/credentials/" + cred + "?force=true").want(http.StatusNoContent)
	w.post("/v1/workflows/"+wf+"/rollback", map[string]any{"version": 1}).want(http.StatusOK)
	w.post("/v1/workflows/"+wf+"/unpublish", nil).want(http.StatusOK)
	w.post("/v1/workflows/"+wf+"/unpublish", nil).want(http.StatusOK) // changes nothing
	w.delete("/v1/workflows/" + wf).want(http.StatusNoContent)
	w.delete("/v1/workflows/" + wf).want(http.StatusNotFound)

	for resource, want := range map[string]string{
		cred: "credential.create credential.link credential.decrypt credential.verify credential.rotate credential.update credential.unlink credential.delete",
		wf:   "workflow.create workflow.publish workflow.rollback workflow.unpublish workflow.delete",
		exe:  "execution.start", own.ids["api-keys"]: "api_key.create", own.ids["members"]: "member.add", agent: "agent.create",
	} {
		var got []string
		var list struct {
			Items []struct {
				At                      time.Time
				Actor, Action, Resource string
			}
		}
		answer := w.get("/v1/audit?resource=" + resource).want(http.StatusOK)
		if err := json.Unmarshal(answer.body, &list); err != nil {
			t.Fatal(err)
		}
		for _, e := range list.Items {
			got = append([]string{e.Action}, got...)
			if e.Actor != "owner" && e.Action != "credential.decrypt" || e.Resource != resource || time.Since(e.At) > time.Minute {
				t.Errorf("entry = %+v", e)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("what was done to %s = %v, want %s", resource, got, want)
		}
	}
	export := w.get("/v1/audit/export").want(http.StatusOK)
	v, err := audit.VerifyLines(bytes.NewReader(export.body))
	if err != nil || v.Rows < 15 {
		t.Errorf("the export's %d rows: %v", v.Rows, err)
	}
	var parts []byte
	for after, n := "", 0; n == 0 || after != ""; n++ {
		part := w.get("/v1/audit/export?limit=4&after=" + after).want(http.StatusOK)
		if lines := bytes.Count(part.body, []byte("\n")); lines > 4 || lines == 0 || n > v.Rows {
			t.Fatalf("part %d has %d lines", n, lines)
		}
		parts, after = append(parts, part.body...), part.header.Get("X-Next-After")
	}
	if !bytes.Equal(parts, export.body) {
		t.Errorf("in parts the export is\n%s, as a whole\n%s", parts, export.body)
	}
	w.get("/v1/audit/export?limit=0").wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/query/limit")
	w.get("/v1/audit/export?limit=4&after=x").wantProblem(http.StatusUnprocessableEntity, "validation_failed")
	for _, secret := range []string{goodToken, badToken} {
		if bytes.Contains(export.body, []byte(secret)) {
			t.Error("the export has a secret")
		}
	}
}
