package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary is the built command; TestMain builds it once.
var binary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "switchboard")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "local")
	cmd := exec.Command("go", "build", "-trimpath", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as the functions are built: what was compiled for them serves
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// process is a running local stack.
type process struct {
	cmd    *exec.Cmd
	url    string
	token  string
	stderr *bytes.Buffer
}

// start starts the stack on a folder and waits until it is ready.
func start(t *testing.T, data string, args ...string) *process {
	t.Helper()
	p := &process{stderr: &bytes.Buffer{}}
	p.cmd = exec.Command(binary, append([]string{"-addr", "127.0.0.1:0", "-data", data, "-allow-net", "127.0.0.0/8"}, args...)...)
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		switch name {
		case "URL":
			p.url = strings.TrimSpace(value)
		case "Token":
			p.token = strings.TrimSpace(value)
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return p
		}
	}
	t.Fatalf("it did not start: %s", p.stderr)
	return nil
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// request is a request to the API, or to a webhook.
type request struct {
	method, path string
	header       http.Header
	body         any // nil is none
	answer       any // what a success is read into, if not nil
	problem      any // what a failure is read into, if not nil
}

// client keeps a connection for each of the many goroutines that call at once.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// send sends a request; a failure is an error, because the process may just be dead:
// then the status is 0.
func (p *process) send(ctx context.Context, r request) (int, error) {
	var reader io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return 0, err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, p.url+r.path, reader)
	if err != nil {
		return 0, err
	}
	if r.header != nil {
		req.Header = r.header.Clone()
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	into := r.answer
	if res.StatusCode >= 300 {
		into, err = r.problem, fmt.Errorf("%s %s: %d %s", r.method, r.path, res.StatusCode, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			return res.StatusCode, fmt.Errorf("%w: %s", err, text)
		}
	}
	return res.StatusCode, err
}

// call is send without the members that few need.
func (p *process) call(ctx context.Context, method, path string, body, answer any) (int, error) {
	return p.send(ctx, request{method: method, path: path, body: body, answer: answer})
}

func (p *process) must(t *testing.T, method, path string, body, answer any) {
	t.Helper()
	if _, err := p.call(t.Context(), method, path, body, answer); err != nil {
		t.Fatalf("%v\n%s", err, p.stderr)
	}
}

// stub counts the calls that it got, by what they say they are.
type stub struct {
	mu    sync.Mutex
	calls map[string]int
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.calls[string(body)]++
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"ok":true}`)
}

func (s *stub) count(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[call]
}

type made struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// publish makes an agent and a published workflow, and returns the workflow's id.
func (p *process) publish(t *testing.T, document map[string]any) string {
	t.Helper()
	var agent made
	p.must(t, "POST", "/v1/agents", map[string]any{"name": "Ada"}, &agent)
	workflow, _ := p.publishFor(t, agent.ID, document)
	return workflow
}

// publishFor makes a published workflow of an agent, and returns its id and the path
// of its webhook, if it has one: the port is another one after every start.
func (p *process) publishFor(t *testing.T, agent string, document map[string]any) (workflow, hook string) {
	t.Helper()
	var w made
	var published struct {
		WebhookURL string `json:"webhook_url"`
	}
	p.must(t, "POST", "/v1/agents/"+agent+"/workflows", document, &w)
	p.must(t, "POST", "/v1/workflows/"+w.ID+"/publish", nil, &published)
	return w.ID, strings.TrimPrefix(published.WebhookURL, p.url)
}

type execution struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Error  *struct {
		Name string `json:"name"`
	} `json:"error"`
}

// TestSurvivesSIGKILL starts executions while the process is killed again and again.
// Every execution that was acknowledged ends, and no call is made twice: where one
// was cut off, the execution says that it is uncertain.
func TestSurvivesSIGKILL(t *testing.T) {
	service := &stub{calls: map[string]int{}}
	server := httptest.NewServer(service)
	defer server.Close()
	data := t.TempDir()
	post := func(id string) map[string]any {
		return map[string]any{"id": id, "type": "http.request", "config": map[string]any{
			"method": "POST", "url": server.URL, "body_type": "text", "body": "{{execution.id}}/" + id,
		}}
	}
	p := start(t, data)
	workflow := p.publish(t, map[string]any{
		"name": "Four calls", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{post("a"), post("b"), post("c"), map[string]any{"id": "pause", "type": "wait", "config": map[string]any{"seconds": 1}}, post("d")},
		"edges": []any{
			map[string]any{"from": "trigger", "to": "a"}, map[string]any{"from": "a", "to": "b"}, map[string]any{"from": "a", "to": "pause"},
			map[string]any{"from": "b", "to": "c"}, map[string]any{"from": "c", "to": "d"}, map[string]any{"from": "pause", "to": "d"},
		},
	})
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	random := rand.New(rand.NewPCG(1, 2))
	const kills, clientsAtOnce = 5, 4
	for range kills {
		life, end := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for client := range clientsAtOnce {
			clients.Go(func() {
				for n := 0; ; n++ { // until the process is gone
					var x made
					key := fmt.Sprintf("%p-%d-%d", life, client, n)
					if _, err := p.call(life, "POST", "/v1/workflows/"+workflow+"/executions", map[string]any{"idempotency_key": key}, &x); err != nil {
						return
					}
					mu.Lock()
					acknowledged[x.ID] = true
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(20+random.IntN(300)) * time.Millisecond) // the moment is what is random
		p.kill()
		end()
		clients.Wait()
		p = start(t, data)
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was acknowledged, so nothing was tested")
	}
	ended := map[string]int{}
	for id := range acknowledged {
		x := p.await(t, id)
		name := x.Status
		if x.Error != nil {
			name += " " + x.Error.Name
		}
		ended[name]++
		if x.Status != "succeeded" && name != "failed Connector.Uncertain" {
			t.Errorf("%s ended as %s", id, name)
		}
		if x.Status == "succeeded" {
			for _, node := range []string{"a", "b", "c", "d"} {
				if n := service.count(id + "/" + node); n != 1 {
					t.Errorf("%s succeeded, but node %s called %d times", id, node, n)
				}
			}
		}
	}
	service.mu.Lock()
	defer service.mu.Unlock()
	for call, n := range service.calls {
		if n > 1 {
			t.Errorf("the call %s was made %d times", call, n)
		}
	}
	t.Logf("%d acknowledged executions over %d kills: %v", len(acknowledged), kills, ended)
}

// await polls until the execution has ended.
func (p *process) await(t *testing.T, id string) execution {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var x execution
		if _, err := p.call(ctx, "GET", "/v1/executions/"+id, nil, &x); err != nil {
			t.Fatalf("%v\n%s", err, p.stderr)
		}
		if x.Status != "running" {
			return x
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s is still running", id)
		}
	}
}
