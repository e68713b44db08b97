package local_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/local"
)

// TestStopLetsCallsEnd stops a stack while a service is being called, and starts it
// again. The call has ended well, and is not made twice.
func TestStopLetsCallsEnd(t *testing.T) {
	var calls atomic.Int64
	called := make(chan struct{}, 10)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		called <- struct{}{}
		time.Sleep(300 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ok":true}`))
	}))
	defer service.Close()
	data := t.TempDir()
	start := func() *world {
		stack, err := local.Open(t.Context(), local.Config{
			Data: data, PublicURL: "http://localhost", AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return &world{stack: stack}
	}
	stop := func(w *world) {
		if err := w.stack.StopRunning(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if err := w.stack.Close(); err != nil {
			t.Error(err)
		}
	}
	w := start()
	agent := w.must(t, "POST", "/v1/agents", map[string]any{"name": "Pay"})
	post := func(id string) map[string]any {
		return map[string]any{"id": id, "type": "http.request", "config": map[string]any{"method": "POST", "url": service.URL, "body": map[string]any{"text": id}}}
	}
	workflow := w.must(t, "POST", "/v1/agents/"+agent["id"].(string)+"/workflows", map[string]any{
		"name": "Pay", "trigger": map[string]any{"type": "manual"}, "nodes": []any{post("pay"), post("tell")},
		"edges": []any{map[string]any{"from": "trigger", "to": "pay"}, map[string]any{"from": "pay", "to": "tell"}},
	})
	w.must(t, "POST", "/v1/workflows/"+workflow["id"].(string)+"/publish", nil)
	x := w.must(t, "POST", "/v1/workflows/"+workflow["id"].(string)+"/executions", map[string]any{})
	<-called
	stop(w)
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls were made before it had stopped, want 1", n)
	}
	w = start()
	defer stop(w)
	if err := w.stack.Await(t.Context(), x["id"].(string)); err != nil {
		t.Fatal(err)
	}
	shown := w.must(t, "GET", "/v1/executions/"+x["id"].(string), nil)
	if shown["status"] != "succeeded" || calls.Load() != 2 {
		t.Errorf("it ended as %v with %v, after %d calls; want 2", shown["status"], shown["error"], calls.Load())
	}
}
