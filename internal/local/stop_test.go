package local_test

import (
	"context"
	"io"
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
	start, stop := restarts(t)
	w := start()
	x := pays(t, w, service.URL)
	<-called
	stop(w)
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls were made before it had stopped, want 1", n)
	}
	w = start()
	defer stop(w)
	shown := w.ended(t, x)
	if shown["status"] != "succeeded" || calls.Load() != 2 {
		t.Errorf("it ended as %v with %v, after %d calls; want 2", shown["status"], shown["error"], calls.Load())
	}
}

// TestStopCutsCallsOff stops a stack while a service does not answer: nobody knows whether
// it has done what it was asked for, as after a crash.
func TestStopCutsCallsOff(t *testing.T) {
	called := make(chan struct{}, 10)
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body) // or it is not noticed that the caller has gone
		called <- struct{}{}
		<-req.Context().Done()
	}))
	defer service.Close()
	start, stop := restarts(t)
	w := start()
	x := pays(t, w, service.URL)
	<-called
	stop(w)
	w = start()
	defer stop(w)
	shown := w.ended(t, x)
	if failure, _ := shown["error"].(map[string]any); failure["name"] != "Connector.Uncertain" || failure["node"] != "pay" {
		t.Errorf("it ended as %v with %v, want Connector.Uncertain", shown["status"], shown["error"])
	}
	if n := len(called); n != 0 {
		t.Errorf("it was called %d times more", n)
	}
}

// restarts gives what starts and stops a stack, with the same data each time.
func restarts(t *testing.T) (start func() *world, stop func(*world)) {
	data := t.TempDir()
	start = func() *world {
		stack, err := local.Open(t.Context(), local.Config{
			Data: data, PublicURL: "http://localhost", AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return &world{stack: stack}
	}
	stop = func(w *world) {
		if err := w.stack.StopRunning(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if err := w.stack.Close(); err != nil {
			t.Error(err)
		}
	}
	return start, stop
}

// pays starts an execution of a workflow that calls the service twice.
func pays(t *testing.T, w *world, service string) (execution string) {
	t.Helper()
	agent := w.must(t, "POST", "/v1/agents", map[string]any{"name": "Pay"})
	post := func(id string) map[string]any {
		return map[string]any{"id": id, "type": "http.request", "config": map[string]any{"method": "POST", "url": service, "body": map[string]any{"text": id}}}
	}
	workflow := w.must(t, "POST", "/v1/agents/"+agent["id"].(string)+"/workflows", map[string]any{
		"name": "Pay", "trigger": map[string]any{"type": "manual"}, "nodes": []any{post("pay"), post("tell")},
		"edges": []any{map[string]any{"from": "trigger", "to": "pay"}, map[string]any{"from": "pay", "to": "tell"}},
	})
	w.must(t, "POST", "/v1/workflows/"+workflow["id"].(string)+"/publish", nil)
	return w.must(t, "POST", "/v1/workflows/"+workflow["id"].(string)+"/executions", map[string]any{})["id"].(string)
}

// ended gives an execution once it has ended.
func (w *world) ended(t *testing.T, execution string) map[string]any {
	t.Helper()
	if err := w.stack.Await(t.Context(), execution); err != nil {
		t.Fatal(err)
	}
	return w.must(t, "GET", "/v1/executions/"+execution, nil)
}
