package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// TestRedrive: an execution that failed goes on from the failed node; what was done
// is not done again.
func TestRedrive(t *testing.T) {
	var first, second atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/first" {
			first.Add(1)
		} else if second.Add(1) == 1 {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	defer server.Close()
	p := start(t, t.TempDir())
	call := func(id string) map[string]any {
		return map[string]any{"id": id, "type": "http.request", "config": map[string]any{"method": "POST", "url": server.URL + "/" + id}}
	}
	workflow := p.publish(t, map[string]any{
		"name": "Two calls", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{call("first"), call("second")},
		"edges": []any{map[string]any{"from": "trigger", "to": "first"}, map[string]any{"from": "first", "to": "second"}},
	})
	var x made
	p.must(t, "POST", "/v1/workflows/"+workflow+"/executions", map[string]any{}, &x)
	if got := p.await(t, x.ID); got.Status != "failed" || got.Error.Name != "Connector.InvalidInput" {
		t.Fatalf("the execution ended as %+v", got)
	}
	var again made
	p.must(t, "POST", "/v1/executions/"+x.ID+"/redrive", nil, &again)
	if got := p.await(t, x.ID); got.Status != "succeeded" || again.ID != x.ID {
		t.Errorf("the execution %s ended as %+v", again.ID, got)
	}
	var view struct {
		Nodes []struct {
			ID, Status string
			Attempts   int
			Error      any
		}
	}
	p.must(t, "GET", "/v1/executions/"+x.ID, nil, &view)
	if n := view.Nodes[1]; n.Status != "succeeded" || n.Attempts != 2 || n.Error != nil {
		t.Errorf("the node is shown as %+v", n)
	}
	if first.Load() != 1 || second.Load() != 2 {
		t.Errorf("the calls were made %d and %d times, want once and twice", first.Load(), second.Load())
	}
	if status, err := p.call(t.Context(), "POST", "/v1/executions/"+x.ID+"/redrive", nil, nil); status != http.StatusConflict {
		t.Errorf("redriving what has succeeded: %d, %v", status, err)
	}
}
