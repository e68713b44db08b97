package outbound_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/outbound"
	"switchboard/internal/fault"
)

// ask makes a call and reads the answer.
func ask(ctx context.Context, client *http.Client, url string) (status int, f *fault.Error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fault.Of(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		f, _ := errors.AsType[*fault.Error](err)
		return 0, f
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, nil
}

func TestBreaker(t *testing.T) {
	var status, hits, well atomic.Int64
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.WriteHeader(int(status.Load()))
	}))
	defer ill.Close()
	healthy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { well.Add(1) }))
	defer healthy.Close()
	other := connector.Connector{Name: "other", Title: "Other", AnyHost: true}

	t.Run("OpensAfterFailuresInARow", func(t *testing.T) {
		n := newNetwork(t, outbound.Config{AllowNets: loopback})
		client := n.Client(anywhere, connector.Credential{})
		hits.Store(0)
		status.Store(500)
		for range outbound.TripAfter - 1 {
			_, _ = ask(t.Context(), client, ill.URL)
		}
		status.Store(200) // one that goes well begins the count anew
		_, _ = ask(t.Context(), client, ill.URL)
		status.Store(503)
		for range outbound.TripAfter {
			if got, f := ask(t.Context(), client, ill.URL); got != 503 {
				t.Fatalf("before it opens: %d, %v", got, f)
			}
		}
		for range 50 {
			_, f := ask(t.Context(), client, ill.URL)
			if f == nil || f.Code != fault.ServiceUnavailable || f.Unsettled || f.Hint == "" || f.RetryAfter < 20*time.Second || !strings.Contains(f.Message, "in a row") {
				t.Fatalf("while it is open: %+v", f)
			}
		}
		if got := hits.Load(); got != 2*outbound.TripAfter {
			t.Errorf("the service got %d calls, want %d", got, 2*outbound.TripAfter)
		}
		host := strings.TrimPrefix(ill.URL, "http://")
		if got := n.Breakers(); len(got) != 1 || got[0] != (outbound.Breaker{Connector: "http", Host: host, State: "open"}) {
			t.Errorf("Breakers = %+v", got)
		}
		if got, f := ask(t.Context(), client, healthy.URL); got != 200 {
			t.Errorf("another host: %d, %v", got, f)
		}
		if got, f := ask(t.Context(), n.Client(other, connector.Credential{}), ill.URL); got != 503 {
			t.Errorf("another connector to the same host: %d, %v", got, f)
		}
	})

	t.Run("NeverForAnswersBelow500", func(t *testing.T) {
		client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
		for _, code := range []int64{400, 401, 403, 404, 409, 422, 429} {
			hits.Store(0)
			status.Store(code)
			for range 3 * outbound.TripAfter {
				_, _ = ask(t.Context(), client, ill.URL)
			}
			if got := hits.Load(); got != 3*outbound.TripAfter {
				t.Errorf("of calls that are answered with %d, %d arrived", code, got)
			}
		}
	})

	t.Run("CountsCallsWithoutAnswer", func(t *testing.T) {
		gone := httptest.NewServer(http.NotFoundHandler())
		gone.Close()
		client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
		for range outbound.TripAfter {
			_, _ = ask(t.Context(), client, gone.URL)
		}
		if _, f := ask(t.Context(), client, gone.URL); f == nil || !strings.Contains(f.Message, "in a row") {
			t.Errorf("fault = %v", f)
		}
	})

	t.Run("NotWhereTheCallerLeaves", func(t *testing.T) {
		arrived := make(chan struct{})
		var blocking atomic.Bool
		blocking.Store(true)
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if blocking.Load() {
				arrived <- struct{}{}
				<-r.Context().Done()
			}
		}))
		defer server.Close()
		client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
		for range 2 * outbound.TripAfter {
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-arrived; cancel() }()
			_, _ = ask(ctx, client, server.URL)
		}
		blocking.Store(false)
		if got, f := ask(t.Context(), client, server.URL); got != 200 {
			t.Errorf("after callers that left: %d, %v", got, f)
		}
	})

	t.Run("ProbesWithOneCall", func(t *testing.T) {
		n := newNetwork(t, outbound.Config{AllowNets: loopback})
		n.OpenFor(time.Millisecond)
		client := n.Client(anywhere, connector.Credential{})
		answer := make(chan struct{})
		var failing atomic.Bool
		failing.Store(true)
		var probes atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if failing.Load() {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			probes.Add(1)
			<-answer
		}))
		defer server.Close()
		for range outbound.TripAfter {
			_, _ = ask(t.Context(), client, server.URL)
		}
		failing.Store(false)
		var calls sync.WaitGroup
		for probes.Load() == 0 { // until it is no longer open
			calls.Go(func() { _, _ = ask(t.Context(), client, server.URL) })
		}
		for range 50 {
			if _, f := ask(t.Context(), client, server.URL); f == nil || f.RetryAfter == 0 {
				t.Fatalf("while it is probed: %+v", f)
			}
		}
		if got := probes.Load(); got != 1 {
			t.Errorf("%d calls were let through, want 1", got)
		}
		close(answer)
		calls.Wait()
		if got, f := ask(t.Context(), client, server.URL); got != 200 || len(n.Breakers()) != 0 {
			t.Errorf("after the probe: %d, %v, breakers %v", got, f, n.Breakers())
		}
	})
}

// TestBulkhead: calls that a service does not answer are bounded, and take nothing
// from those to another one.
func TestBulkhead(t *testing.T) {
	var inside, fast atomic.Int64
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		inside.Add(1)
		<-release
	}))
	defer slow.Close()
	quick := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fast.Add(1) }))
	defer quick.Close()
	client := newNetwork(t, outbound.Config{AllowNets: loopback}).Client(anywhere, connector.Credential{})
	var calls sync.WaitGroup
	var answered atomic.Int64
	for range outbound.MaxInFlight {
		calls.Go(func() {
			if status, _ := ask(t.Context(), client, slow.URL); status == 200 {
				answered.Add(1)
			}
		})
	}
	for inside.Load() < outbound.MaxInFlight {
		time.Sleep(time.Millisecond) // the server has no other way to tell
	}
	impatient, cancel := context.WithCancel(t.Context())
	const waiting = 20
	refused := make(chan *fault.Error, waiting)
	for range waiting {
		calls.Go(func() {
			_, f := ask(impatient, client, slow.URL)
			refused <- f
		})
	}
	const others = 500
	for range others {
		if status, f := ask(t.Context(), client, quick.URL); status != 200 {
			t.Fatalf("a call to the other service: %v", f)
		}
	}
	if got := inside.Load(); got != outbound.MaxInFlight || fast.Load() != others {
		t.Errorf("the slow service holds %d calls, want %d; the quick one answered %d", got, outbound.MaxInFlight, fast.Load())
	}
	cancel()
	for range waiting {
		if f := <-refused; f == nil || f.Code != fault.ServiceUnavailable || f.Unsettled {
			t.Errorf("a call that had to wait: %+v", f)
		}
	}
	close(release)
	calls.Wait()
	if answered.Load() != outbound.MaxInFlight {
		t.Errorf("%d calls were answered in the end, want %d", answered.Load(), outbound.MaxInFlight)
	}
}
