//go:build unix

package local_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// TestHealthReadsLittle: who asks for it needs no token, so that it may not cost more the
// more there is in the store.
func TestHealthReadsLittle(t *testing.T) {
	w := open(t, "immediately")
	agent := w.must(t, "POST", "/v1/agents", map[string]any{"name": "Health"})
	workflow := w.must(t, "POST", "/v1/agents/"+agent["id"].(string)+"/workflows", map[string]any{
		"name": "Wait", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{map[string]any{"id": "wait", "type": "wait", "config": map[string]any{"seconds": 3600}}},
		"edges": []any{map[string]any{"from": "trigger", "to": "wait"}},
	})
	path := "/v1/workflows/" + workflow["id"].(string)
	w.must(t, "POST", path+"/publish", nil)
	for range 40 {
		w.must(t, "POST", path+"/executions", map[string]any{"input": map[string]any{"text": strings.Repeat("x", 100_000)}})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	answer := httptest.NewRecorder()
	w.stack.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	runtime.ReadMemStats(&after)
	if answer.Code != http.StatusOK {
		t.Fatalf("status = %d: %s", answer.Code, answer.Body)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("it took %d KiB of memory to say so", took>>10)
	}
}
