package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchboard/internal/account"
)

// manual is a document that can be published and answers what it got.
const manual = `{"name": "Echo", "trigger": {"type": "manual"}, "nodes": [{"id": "keep", "type": "set", "config": {"values": {"got": "{{trigger.input}}"}}}],
	"edges": [{"from": "trigger", "to": "keep"}], "output": {"got": "{{got}}"}}`

func TestDraft(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	t.Run("ETags", func(t *testing.T) {
		w := w.in(t)
		id := w.workflow(agent, manual)
		path := "/v1/workflows/" + id
		first := w.get(path).want(http.StatusOK)
		etag := first.header.Get("ETag")
		if etag == "" || first.text("/etag") != etag {
			t.Fatalf("ETag = %q, etag = %s", etag, first.at("/etag"))
		}
		w.put(path, manual).wantProblem(http.StatusPreconditionRequired, "precondition_required")
		second := w.put(path, manual, "If-Match", etag).want(http.StatusOK).header.Get("ETag")
		if second == etag {
			t.Errorf("the etag is still %s", etag)
		}
		for _, stale := range []string{etag, "W/" + second, `"nonsense"`, etag + `, "7"`, `""`} {
			w.put(path, manual, "If-Match", stale).wantProblem(http.StatusPreconditionFailed, "precondition_failed")
		}
		third := w.put(path, manual, "If-Match", etag+", "+second).want(http.StatusOK).header.Get("ETag")
		fourth := w.put(path, manual, "If-Match", strings.Trim(third, `"`)).want(http.StatusOK).header.Get("ETag")
		w.put(path, manual, "If-Match", "*").want(http.StatusOK)
		w.put("/v1/workflows/wf_none", manual, "If-Match", "*").wantProblem(http.StatusNotFound, "not_found")
		w.put(path, `{"nodes": 7}`, "If-Match", fourth).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/nodes")
	})
	t.Run("NotModified", func(t *testing.T) {
		w := w.in(t)
		path := "/v1/workflows/" + w.workflow(agent, manual)
		etag := w.get(path).want(http.StatusOK).header.Get("ETag")
		read := func(ifNoneMatch string) response {
			return w.do(request{method: http.MethodGet, path: path, header: []string{"If-None-Match", ifNoneMatch}})
		}
		for _, same := range []string{etag, "W/" + etag, `"0", ` + etag, "*"} {
			if got := read(same).want(http.StatusNotModified); len(got.body) > 0 || got.header.Get("ETag") != etag {
				t.Errorf("%s: 304 with ETag %q and body %q", same, got.header.Get("ETag"), got.body)
			}
		}
		read(`"0"`).want(http.StatusOK)
		w.put(path, manual, "If-Match", etag).want(http.StatusOK)
		read(etag).want(http.StatusOK)
	})
	t.Run("KeepsWhatWasWritten", func(t *testing.T) {
		w := w.in(t)
		id := w.workflow(agent, `{"name": "A <b> & ü", "nodes": [{"id": "a", "type": "set", "config": {"values": {"n": 12345678901234567890, "f": 1.0, "t": "<&>"}}}]}`)
		got := w.get("/v1/workflows/" + id).want(http.StatusOK)
		if want := `"document":{"name":"A <b> & ü","nodes":[{"id":"a","type":"set","config":{"values":{"n":12345678901234567890,"f":1.0,"t":"<&>"}}}]}`; !bytes.Contains(got.body, []byte(want)) {
			t.Errorf("got %s, want %s", got.body, want)
		}
	})
	t.Run("PlacesAreThoseOfTheTextThatWasSent", func(t *testing.T) {
		w := w.in(t)
		w.post("/v1/workflows/check", "\n\n {\"trigger\": {\"type\": \"manual\"},\n  \"nodes\": [{\"id\": \"a\", \"type\": \"nonsense\"}]}").want(http.StatusOK).
			wantAt("/diagnostics/0/line", `4`).wantAt("/diagnostics/0/column", `13`).wantAt("/diagnostics/0/pointer", `"/nodes/0"`).wantAt("/diagnostics/0/node", `"a"`)
	})
	t.Run("ErrShape", func(t *testing.T) {
		w := w.in(t)
		w.post("/v1/agents/"+agent+"/workflows", `{"name": 1, "nodes": [{"idd": "a"}], "edges": {}}`).
			wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/name").wantField("/nodes/0/idd").wantField("/edges")
		w.post("/v1/agents/"+agent+"/workflows", `[]`).wantProblem(http.StatusUnprocessableEntity, "validation_failed")
	})
	t.Run("ErrNotJSON", func(t *testing.T) {
		w := w.in(t)
		for _, body := range []string{`{`, `{"name": "a", "name": "b"}`, `{} {}`} {
			w.post("/v1/agents/"+agent+"/workflows", body).wantProblem(http.StatusBadRequest, "bad_request")
		}
		w.post("/v1/agents/"+agent+"/workflows", nil).wantProblem(http.StatusBadRequest, "bad_request")
		w.post("/v1/agents/"+agent+"/workflows", `{}`, "Content-Type", "text/yaml").wantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		w := w.in(t)
		for _, size := range []int{1<<20 + 1, 2<<20 + 1} {
			w.post("/v1/agents/"+agent+"/workflows", `{}`+strings.Repeat(" ", size-2)).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
		}
		w.post("/v1/agents/"+agent+"/workflows", `{}`+strings.Repeat(" ", 1<<20-2)).want(http.StatusCreated)
	})
	t.Run("ErrNoAgent", func(t *testing.T) {
		w := w.in(t)
		w.post("/v1/agents/agt_none/workflows", manual).wantProblem(http.StatusNotFound, "not_found")
		w.get("/v1/agents/agt_none/workflows").wantProblem(http.StatusNotFound, "not_found")
		w.post("/v1/workflows/check?agent=agt_none", manual).wantProblem(http.StatusNotFound, "not_found")
	})
}

// everyMember is a document with every member that package workflow knows; the
// answers' check holds it against the described schema.
const everyMember = `{"name": "n", "description": "d", "timeout_seconds": 60, "output": {"a": 1},
	"trigger": {"type": "manual", "config": {"input_schema": {}}, "name": "t", "position": {"x": 1, "y": -2.5}},
	"nodes": [{"id": "a", "name": "n", "type": "chat.post_message", "credential": "c", "config": {"x": [1]}, "position": {"x": 0, "y": 0},
		"retry": {"max_attempts": 2, "interval_seconds": 1, "backoff_rate": 1.5}, "timeout_seconds": 5, "on_error": "stop", "on_uncertain": "repeat"}],
	"edges": [{"id": "e", "name": "n", "from": "trigger", "port": "p", "to": "a"}]}`

// nulls is a document whose members are null, which reads as if they were not there.
const nulls = `{"name": null, "description": null, "timeout_seconds": null, "output": null, "trigger": null, "edges": null,
	"nodes": [{"id": null, "name": null, "type": null, "credential": null, "config": null, "position": null, "retry": null, "timeout_seconds": null, "on_error": null}]}`

func TestDescribedDocumentIsTheOneThatIsRead(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	w.workflow(agent, everyMember)
	w.get("/v1/workflows/" + w.workflow(agent, nulls)).want(http.StatusOK)

	// The other way round: whatever is described is taken.
	var doc map[string]any
	schemas := map[string]map[string]any{}
	described := response{t: t, body: w.spec.text}
	doc, _ = described.object()["components"].(map[string]any)
	for name, s := range doc["schemas"].(map[string]any) {
		schemas[name], _ = s.(map[string]any)
	}
	w.post("/v1/agents/"+agent+"/workflows", sample(t, schemas, schemas["WorkflowDocument"])).want(http.StatusCreated)
}

// sample makes a value with every member that a schema describes.
func sample(t *testing.T, schemas map[string]map[string]any, s map[string]any) any {
	t.Helper()
	if ref, ok := s["$ref"].(string); ok {
		return sample(t, schemas, schemas[strings.TrimPrefix(ref, "#/components/schemas/")])
	}
	if choices, ok := s["anyOf"].([]any); ok {
		return sample(t, schemas, choices[0].(map[string]any))
	}
	kind := s["type"]
	if kinds, ok := kind.([]any); ok { // that, or null
		kind = kinds[0]
	}
	switch kind {
	case "object":
		members := map[string]any{}
		properties, _ := s["properties"].(map[string]any)
		for name, p := range properties {
			members[name] = sample(t, schemas, p.(map[string]any))
		}
		return members
	case "array":
		return []any{sample(t, schemas, s["items"].(map[string]any))}
	case "number":
		return 1
	case "string":
		return "x"
	case nil:
		return map[string]any{"any": true}
	default:
		t.Fatalf("no sample for type %v", kind)
		return nil
	}
}

func TestPublish(t *testing.T) {
	w := newWorld(t)
	agent := w.agent()
	t.Run("ErrInvalid", func(t *testing.T) {
		w := w.in(t)
		id := w.workflow(agent, `{"name": "Broken", "trigger": {"type": "manual"}, "nodes": [{"id": "a", "type": "chat.post_messag"}], "edges": [{"from": "trigger", "to": "a"}]}`)
		problem := w.post("/v1/workflows/"+id+"/publish", nil).wantProblem(http.StatusConflict, "workflow_invalid").wantField("/nodes/0/type").
			wantAt("/diagnostics/0/severity", `"error"`).wantAt("/diagnostics/0/node", `"a"`).wantAt("/diagnostics/0/pointer", `"/nodes/0/type"`)
		for _, member := range []string{"code", "message", "hint"} {
			if problem.at("/diagnostics/0/"+member) == "" {
				t.Errorf("the diagnostic has no %s: %s", member, problem.body)
			}
		}
		w.get("/v1/workflows/"+id).want(http.StatusOK).wantAt("/published_version", `null`)
		w.get("/v1/workflows/"+id+"/versions").want(http.StatusOK).wantAt("/items", `[]`)
	})
	t.Run("ErrNeverPublished", func(t *testing.T) {
		w := w.in(t)
		id := w.workflow(agent, manual)
		w.get("/v1/workflows/"+id+"/definition").wantProblem(http.StatusConflict, "not_published")
		w.get("/v1/workflows/"+id+"/definition?version=1").wantProblem(http.StatusNotFound, "not_found")
		w.post("/v1/workflows/"+id+"/executions", nil).wantProblem(http.StatusConflict, "not_published")
		w.post("/v1/workflows/"+id+"/rollback", `{"version": 1}`).wantProblem(http.StatusNotFound, "not_found")
	})
	t.Run("Trial", func(t *testing.T) {
		w := w.in(t)
		id := w.workflow(agent, manual)
		trial := w.post("/v1/workflows/"+id+"/trial", nil).want(http.StatusCreated).at("/version")
		w.post("/v1/workflows/"+id+"/trial", nil).want(http.StatusCreated).wantAt("/version", trial) // of the same draft
		exe := w.post("/v1/workflows/"+id+"/executions", `{"version": `+trial+`, "idempotency_key": "order-1"}`).want(http.StatusAccepted).text("/id")
		w.post("/v1/workflows/"+id+"/executions", `{"version": `+trial+`, "idempotency_key": "order-1"}`).want(http.StatusAccepted).wantAt("/id", `"`+exe+`"`)
		w.ended(exe).wantAt("/status", `"succeeded"`).wantAt("/test", `true`).wantAt("/version", trial)
		w.get("/v1/workflows/"+id+"/executions").want(http.StatusOK).wantAt("/items/0/test", `true`)
		w.get("/v1/workflows/"+id+"/versions/"+trial).want(http.StatusOK).wantAt("/current", `false`)

		// It is no publication: nothing serves, and the next version is the first.
		w.get("/v1/workflows/"+id).want(http.StatusOK).wantAt("/published_version", `null`).wantAt("/latest_version", `null`)
		w.get("/v1/workflows/"+id+"/versions").want(http.StatusOK).wantAt("/items", `[]`)
		w.post("/v1/workflows/"+id+"/executions", nil).wantProblem(http.StatusConflict, "not_published")
		w.post("/v1/workflows/"+id+"/rollback", `{"version": `+trial+`}`).wantProblem(http.StatusNotFound, "not_found")
		w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated).wantAt("/version", `1`)
		exe = w.post("/v1/workflows/"+id+"/executions", `{"idempotency_key": "order-1"}`).want(http.StatusAccepted).text("/id")
		w.ended(exe).wantAt("/test", `false`).wantAt("/version", `1`)
		for _, version := range []string{"1", "0", "1073741823", "1073741824"} {
			w.post("/v1/workflows/"+id+"/executions", `{"version": `+version+`}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/version")
		}
	})
	t.Run("TrialErrInvalid", func(t *testing.T) {
		w := w.in(t)
		id := w.workflow(agent, `{"name": "Broken", "trigger": {"type": "manual"}, "nodes": [{"id": "a", "type": "chat.post_messag"}], "edges": [{"from": "trigger", "to": "a"}]}`)
		w.post("/v1/workflows/"+id+"/trial", nil).wantProblem(http.StatusConflict, "workflow_invalid").wantAt("/diagnostics/0/node", `"a"`)
	})
	t.Run("Rollback", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, manual)
		w.republished(id).wantAt("/version", `2`)
		w.post("/v1/workflows/"+id+"/rollback", `{"version": 1}`).want(http.StatusOK).wantAt("/published_version", `1`)
		w.post("/v1/workflows/"+id+"/unpublish", nil).want(http.StatusOK).wantAt("/published_version", `null`).wantAt("/latest_version", `2`)
		w.post("/v1/workflows/"+id+"/rollback", `{"version": 2}`).want(http.StatusOK).wantAt("/published_version", `2`)
		w.post("/v1/workflows/"+id+"/rollback", `{"version": 3}`).wantProblem(http.StatusNotFound, "not_found")
		for _, body := range []string{`{}`, `{"version": 0}`, `{"version": "1"}`, `{"version": 1.5}`, `{"version": 99999999999999999999}`} {
			problem := w.post("/v1/workflows/"+id+"/rollback", body).wantProblem(http.StatusUnprocessableEntity, "validation_failed")
			if !strings.Contains(body, "999") {
				problem.wantField("/version")
			}
		}
	})
	t.Run("DefinitionIsWhatIsStored", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, manual)
		w.republished(id)
		for path, version := range map[string]int{"/definition": 2, "/definition?version=1": 1, "/definition?version=2": 2} {
			v, err := w.cfg.Workflows.Definition(t.Context(), account.Principal{Account: "acc_own"}, id, version)
			if err != nil {
				t.Fatal(err)
			}
			if got := w.get("/v1/workflows/" + id + path).want(http.StatusOK); !bytes.Equal(got.body, v.Definition) {
				t.Errorf("%s: got %s, want %s", path, got.body, v.Definition)
			}
		}
		w.get("/v1/workflows/"+id+"/definition?version=0").wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/query/version")
	})
	t.Run("VersionsArePaged", func(t *testing.T) {
		w := w.in(t)
		id, _ := w.published(agent, manual)
		for range 2 {
			w.republished(id)
		}
		first := w.get("/v1/workflows/"+id+"/versions?limit=2").want(http.StatusOK).wantAt("/items/0/version", `3`).wantAt("/items/1/version", `2`)
		w.get("/v1/workflows/"+id+"/versions?limit=2&cursor="+first.text("/next_cursor")).want(http.StatusOK).
			wantAt("/items/0/version", `1`).wantAt("/next_cursor", "")
		w.get("/v1/workflows/"+id+"/versions/3").want(http.StatusOK).wantAt("/version", `3`).wantAt("/current", `true`)
		w.get("/v1/workflows/"+id+"/versions/4").wantProblem(http.StatusNotFound, "not_found")
		w.get("/v1/workflows/"+id+"/versions/0").wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/path/version")
	})
	t.Run("SaysWhenAScheduleStarts", func(t *testing.T) {
		w := w.in(t)
		const daily = `{"trigger": {"type": "schedule", "config": {"cron": "0 9 * * *"}}, "nodes": [{"id": "keep", "type": "set", "config": {"values": {"a": 1}}}], "edges": [{"from": "trigger", "to": "keep"}]}`
		id := w.workflow(agent, daily)
		for _, check := range []string{"/v1/workflows/check", "/v1/workflows/" + id + "/check"} {
			runs := w.post(check, daily).want(http.StatusOK)
			for i := range 5 {
				if at := runs.text(fmt.Sprintf("/next_runs/%d", i)); !strings.HasSuffix(at, "T09:00:00Z") {
					t.Errorf("%s: run %d is at %q", check, i, at)
				}
			}
			runs.wantAt("/next_runs/5", "")
		}
		w.post("/v1/workflows/check", `{"trigger": {"type": "schedule", "config": {"cron": "0 9 * * funday"}}}`).want(http.StatusOK).wantAt("/next_runs", "")
		w.post("/v1/workflows/check", manual).want(http.StatusOK).wantAt("/next_runs", "")

		w.get("/v1/workflows/"+id).want(http.StatusOK).wantAt("/next_run", "")
		next := w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated).text("/next_runs/0")
		w.get("/v1/workflows/"+id).want(http.StatusOK).wantAt("/next_run", fmt.Sprintf("%q", next))
		if listed := w.get("/v1/agents/" + agent + "/workflows?limit=200").want(http.StatusOK); !bytes.Contains(listed.body, fmt.Appendf(nil, `"next_run":%q`, next)) {
			t.Errorf("the list does not say %s: %s", next, listed.body)
		}
		w.post("/v1/workflows/"+id+"/unpublish", nil).want(http.StatusOK).wantAt("/next_run", "")
	})
	t.Run("WebhookURLStaysTheSame", func(t *testing.T) {
		w := w.in(t)
		id, publication := w.published(agent, webhookDocument(`{}`, "#orders"))
		address := publication.text("/webhook_url")
		if !strings.HasPrefix(address, publicURL+"/hooks/") {
			t.Errorf("webhook_url = %q", address)
		}
		w.post("/v1/workflows/"+id+"/publish", nil).want(http.StatusCreated).wantAt("/webhook_url", fmt.Sprintf("%q", address))
		w.get("/v1/workflows/"+id).want(http.StatusOK).wantAt("/webhook_url", fmt.Sprintf("%q", address))
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		w := w.in(t)
		for _, path := range []string{"/publish", "/unpublish", "/check"} {
			w.post("/v1/workflows/wf_none"+path, nil).wantProblem(http.StatusNotFound, "not_found")
		}
		w.get("/v1/workflows/wf_none/versions").wantProblem(http.StatusNotFound, "not_found")
		w.get("/v1/workflows/wf_none/versions/1").wantProblem(http.StatusNotFound, "not_found")
		w.delete("/v1/workflows/wf_none").wantProblem(http.StatusNotFound, "not_found")
	})
}
