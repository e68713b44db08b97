package main_test

import (
	"net/http"
	"testing"
	"time"
)

// TestDeletedWhileItRuns deletes workflows of which executions run, one for the other, and
// starts the stack anew: they go on to their end.
func TestDeletedWhileItRuns(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	edge := func(id string) []any { return []any{map[string]any{"from": "trigger", "to": id}} }
	var agent made
	p.must(t, "POST", "/v1/agents", map[string]any{"name": "Ada"}, &agent)
	callee, _ := p.publishFor(t, agent.ID, map[string]any{
		"name": "Waits", "trigger": map[string]any{"type": "manual"}, "edges": edge("wait"),
		"nodes": []any{map[string]any{"id": "wait", "type": "wait", "config": map[string]any{"seconds": 4}}},
	})
	caller, _ := p.publishFor(t, agent.ID, map[string]any{
		"name": "Calls", "trigger": map[string]any{"type": "manual"}, "edges": edge("call"),
		"nodes": []any{map[string]any{"id": "call", "type": "workflow", "config": map[string]any{"workflow": callee, "input": map[string]any{}}}},
	})
	var x made
	p.must(t, "POST", "/v1/workflows/"+caller+"/executions", map[string]any{}, &x)
	var view struct {
		Status string
		Nodes  []struct {
			ID          string
			ExecutionID string `json:"execution_id"`
		}
	}
	for deadline := time.Now().Add(3 * time.Second); len(view.Nodes) == 0 || view.Nodes[0].ExecutionID == ""; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the execution runs no other: %+v", view)
		}
		p.must(t, "GET", "/v1/executions/"+x.ID, nil, &view)
	}
	child := view.Nodes[0].ExecutionID
	for _, id := range []string{caller, callee} {
		p.must(t, "DELETE", "/v1/workflows/"+id, nil, nil)
	}
	p.kill()
	p = start(t, data)
	p.must(t, "GET", "/v1/executions/"+x.ID, nil, &view)
	if view.Status != "running" || len(view.Nodes) != 1 || view.Nodes[0].ExecutionID != child {
		t.Errorf("the execution is shown as %+v", view)
	}
	for _, id := range []string{x.ID, child} {
		if got := p.await(t, id); got.Status != "succeeded" {
			t.Errorf("the execution ended as %+v", got)
		}
	}
	if status, err := p.call(t.Context(), "GET", "/v1/workflows/"+caller, nil, nil); status != http.StatusNotFound {
		t.Errorf("the workflow that was deleted: %d, %v", status, err)
	}
}
