package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// sandbox is Lambda's side of a function: it starts the bootstrap and serves it the
// Runtime API, as Lambda does.
//
// Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
type sandbox struct {
	name    string
	started time.Time
	pid     int
	stop    func()
	log     *lockedBuffer
	next    chan *invocation
	ended   chan struct{} // the process has ended

	mu      sync.Mutex
	under   map[string]*invocation // way, by id
	refused *failure               // it said that it cannot start
	count   int
}

// invocation is one event on its way through the function.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	done     chan struct{}
	answer   []byte
	failure  *failure
}

// failure is how a function tells that it failed.
type failure struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

const runtimePath = "/2018-06-01/runtime"

// startSandbox is openSandbox for the test's own goroutine.
func startSandbox(t testing.TB, path string, settings map[string]string) *sandbox {
	t.Helper()
	s, err := openSandbox(t, path, settings)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openSandbox starts a function with these settings; it ends with the test.
func openSandbox(t testing.TB, path string, settings map[string]string) (*sandbox, error) {
	t.Helper()
	s := &sandbox{name: path, log: &lockedBuffer{}, next: make(chan *invocation), ended: make(chan struct{}), under: map[string]*invocation{}}
	api := httptest.NewServer(s.routes())
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, path)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = s.log, s.log, time.Second
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://")}
	for name, value := range settings {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	s.started = time.Now()
	if err := cmd.Start(); err != nil {
		cancel()
		api.Close()
		return nil, err
	}
	s.pid = cmd.Process.Pid
	go func() {
		_ = cmd.Wait() // how it ended is seen from what it did
		close(s.ended)
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		<-s.ended
		api.CloseClientConnections()
		api.Close()
	})
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("the log of %s:\n%s", filepath.Base(s.name), s.log)
		}
	})
	return s, nil
}

func (s *sandbox) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET "+runtimePath+"/invocation/next", s.serveNext)
	routes.HandleFunc("POST "+runtimePath+"/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		s.finish(w, r, func(i *invocation, body []byte) error {
			i.answer = body
			return nil
		})
	})
	routes.HandleFunc("POST "+runtimePath+"/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		s.finish(w, r, func(i *invocation, body []byte) error {
			i.failure = &failure{}
			return json.Unmarshal(body, i.failure)
		})
	})
	routes.HandleFunc("POST "+runtimePath+"/init/error", func(w http.ResponseWriter, r *http.Request) {
		f := &failure{}
		if err := json.NewDecoder(r.Body).Decode(f); err != nil || r.Header.Get("Lambda-Runtime-Function-Error-Type") != f.Type {
			http.Error(w, `{"errorType":"InvalidRequest"}`, http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		s.refused = f
		s.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
	return routes
}

// serveNext holds the request until there is an event.
func (s *sandbox) serveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case i := <-s.next:
		s.mu.Lock()
		s.under[i.id] = i
		s.mu.Unlock()
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:"+s.name)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-67a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1")
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(i.payload)
	case <-r.Context().Done():
	}
}

func (s *sandbox) finish(w http.ResponseWriter, r *http.Request, take func(i *invocation, body []byte) error) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	i, ok := s.under[r.PathValue("id")]
	delete(s.under, r.PathValue("id"))
	s.mu.Unlock()
	if err == nil && !ok {
		err = fmt.Errorf("there is no invocation %s", r.PathValue("id"))
	}
	if err == nil {
		err = take(i, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	close(i.done)
}

// invoke has the function answer an event within a time, as sam local invoke -e does.
func (s *sandbox) invoke(ctx context.Context, payload []byte, within time.Duration) (answer []byte, failed *failure, err error) {
	s.mu.Lock()
	s.count++
	i := &invocation{
		id: fmt.Sprintf("0198f2c4-a1b2-7d3e-8f90-%012d", s.count), payload: payload, deadline: time.Now().Add(within), done: make(chan struct{}),
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case s.next <- i:
	case <-s.ended:
		return nil, nil, fmt.Errorf("%s does not run: %+v\n%s", s.name, s.refusal(), s.log)
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("%s does not ask for events\n%s", s.name, s.log)
	}
	select {
	case <-i.done:
		return i.answer, i.failure, nil
	case <-s.ended:
		return nil, nil, fmt.Errorf("%s ended without an answer\n%s", s.name, s.log)
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("%s timed out\n%s", s.name, s.log)
	}
}

// answered counts the invocations so far.
func (s *sandbox) answered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

func (s *sandbox) refusal() *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// lockedBuffer is a buffer that a process writes and a test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
