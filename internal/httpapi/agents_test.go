package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestAgents(t *testing.T) {
	w := newWorld(t)
	t.Run("ErrNameRequired", func(t *testing.T) {
		w := w.in(t)
		for _, body := range []string{`{}`, `{"description": "x"}`, `{"name": ""}`, `{"name": "  "}`} {
			w.post("/v1/agents", body).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/name")
		}
	})
	t.Run("ErrWrongType", func(t *testing.T) {
		w.in(t).post("/v1/agents", `{"name": 7}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").
			wantField("/name").wantAt("/errors/0/message", `"must be a text"`)
	})
	t.Run("ErrUnknownMember", func(t *testing.T) {
		w := w.in(t)
		w.post("/v1/agents", `{"name": "A", "colour": "red"}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").
			wantField("/colour").wantAt("/errors/0/message", `"is not known here"`)
		w.post("/v1/agents", `{"name": "A", "a.b[0]/c": 1}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/a.b[0]~1c")
		w.post("/v1/agents", `{"Name": "A"}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed")
	})
	t.Run("ErrNotJSON", func(t *testing.T) {
		w := w.in(t)
		for _, body := range []string{`{"name": `, `nonsense`, `{"name": "A"} {}`, `{"name": "A", "name": "B"}`, "{\"name\": \"\xff\"}", ` `} {
			w.post("/v1/agents", body).wantProblem(http.StatusBadRequest, "bad_request")
		}
	})
	t.Run("ErrNoBody", func(t *testing.T) {
		w.in(t).post("/v1/agents", nil).wantProblem(http.StatusBadRequest, "bad_request").wantAt("/detail", `"The request has no body."`)
	})
	t.Run("ErrMediaType", func(t *testing.T) {
		w := w.in(t)
		w.post("/v1/agents", `{"name": "A"}`, "Content-Type", "text/plain").wantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
		w.post("/v1/agents", `name=A`, "Content-Type", "application/x-www-form-urlencoded").wantProblem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	})
	t.Run("JSONByAnyName", func(t *testing.T) {
		w := w.in(t)
		for _, mediaType := range []string{"application/json; charset=utf-8", "application/merge-patch+json", "APPLICATION/JSON", ""} {
			w.post("/v1/agents", `{"name": "A"}`, "Content-Type", mediaType).want(http.StatusCreated)
		}
	})
	t.Run("BodyLimit", func(t *testing.T) {
		w := w.in(t)
		const limit = 256 << 10
		padded := func(size int) string {
			head := `{"name": "A", "description": "`
			return head + strings.Repeat("x", 100) + `"}` + strings.Repeat(" ", size-len(head)-102)
		}
		w.post("/v1/agents", padded(limit)).want(http.StatusCreated)
		w.post("/v1/agents", padded(limit+1)).wantProblem(http.StatusRequestEntityTooLarge, "payload_too_large")
	})
	t.Run("ErrTooLongNamesEveryField", func(t *testing.T) {
		w.in(t).post("/v1/agents", map[string]any{"name": strings.Repeat("n", 121), "description": strings.Repeat("d", 2001)}).
			wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/name").wantField("/description")
	})
	t.Run("PatchLeavesTheRest", func(t *testing.T) {
		w := w.in(t)
		id := w.post("/v1/agents", `{"name": "A", "description": "first"}`).want(http.StatusCreated).text("/id")
		patch := func(body string) response {
			return w.do(request{method: http.MethodPatch, path: "/v1/agents/" + id, body: body})
		}
		patch(`{"name": "B"}`).want(http.StatusOK).wantAt("/description", `"first"`)
		patch(`{"description": ""}`).want(http.StatusOK).wantAt("/name", `"B"`).wantAt("/description", `""`)
		patch(`{"name": null}`).want(http.StatusOK).wantAt("/name", `"B"`)
		patch(`{}`).want(http.StatusOK).wantAt("/name", `"B"`)
		patch(`{"name": ""}`).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/name")
		patch(`[]`).wantProblem(http.StatusUnprocessableEntity, "validation_failed")
	})
	t.Run("ErrStillHasWorkflows", func(t *testing.T) {
		w := w.in(t)
		agent := w.agent()
		w.workflow(agent, `{"name": "Daily report"}`)
		problem := w.delete("/v1/agents/"+agent).wantProblem(http.StatusConflict, "conflict")
		if !strings.Contains(problem.text("/detail"), "Daily report") {
			t.Errorf("the problem does not name the workflow: %s", problem.body)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		w := w.in(t)
		w.get("/v1/agents/agt_none").wantProblem(http.StatusNotFound, "not_found")
		w.delete("/v1/agents/agt_none").wantProblem(http.StatusNotFound, "not_found")
		w.get("/v1/agents/"+strings.Repeat("x", 40_000)).wantProblem(http.StatusNotFound, "not_found")
	})
}

func TestPaging(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 7 {
		want = append(want, w.post("/v1/agents", map[string]any{"name": fmt.Sprint("Agent ", i)}).want(http.StatusCreated).text("/id"))
	}
	t.Run("PagesHoldEveryItemOnce", func(t *testing.T) {
		w := w.in(t)
		var got []string
		path := "/v1/agents?limit=3"
		pages := 0
		for path != "" {
			page := w.get(path).want(http.StatusOK)
			for i := range 3 {
				if page.at(fmt.Sprintf("/items/%d", i)) != "" {
					got = append(got, page.text(fmt.Sprintf("/items/%d/id", i)))
				}
			}
			pages++
			path = ""
			if page.at("/next_cursor") != "" {
				path = "/v1/agents?limit=3&cursor=" + page.text("/next_cursor")
			}
		}
		if !slices.Equal(got, want) || pages != 3 {
			t.Errorf("got %v in %d pages, want %v in 3", got, pages, want)
		}
	})
	t.Run("TheLastPageHasNoCursor", func(t *testing.T) {
		w.in(t).get("/v1/agents").want(http.StatusOK).wantAt("/next_cursor", "")
	})
	t.Run("ErrLimit", func(t *testing.T) {
		w := w.in(t)
		for _, limit := range []string{"0", "201", "-1", "many", "1.5", ""} {
			w.get("/v1/agents?limit="+limit).wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/query/limit")
		}
		w.get("/v1/agents?limit=200").want(http.StatusOK)
	})
	t.Run("ErrCursor", func(t *testing.T) {
		w.in(t).get("/v1/agents?cursor=nonsense").wantProblem(http.StatusUnprocessableEntity, "validation_failed").wantField("/query/cursor")
	})
}
