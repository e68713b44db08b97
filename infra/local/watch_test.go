package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

func (p *process) read(t *testing.T, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// TestWatching looks at a running stack as those do who look after it, with one
// service that is well and one that is not.
func TestWatching(t *testing.T) {
	well, ill := httptest.NewServer(&guarded{}), httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer well.Close()
	defer ill.Close()
	data := t.TempDir()
	p := start(t, data, "-v")
	works := p.withCredential(t, well.URL)
	fails := p.publish(t, map[string]any{
		"name": "Fails", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{map[string]any{
			"id": "call", "type": "http.request", "config": map[string]any{"method": "GET", "url": ill.URL}, "retry": map[string]any{"max_attempts": 1},
		}},
		"edges": []any{map[string]any{"from": "trigger", "to": "call"}},
	})
	const failures = 12 // the last two are not called any more
	for range failures {
		if got := p.runs(t, fails); got.Status != "failed" || got.Error.Name != "Connector.Unavailable" {
			t.Errorf("with the service that is ill: %+v", got)
		}
	}
	for range 3 {
		if got := p.runs(t, works); got.Status != "succeeded" {
			t.Errorf("with the service that is well: %+v", got)
		}
	}
	if status, body := p.read(t, "/readyz"); status != http.StatusOK || strings.Count(body, `"ok"`) != 5 {
		t.Errorf("readyz: %d %s", status, body)
	}
	_, body := p.read(t, "/metrics")
	for _, want := range []string{
		`switchboard_connector_attempts_total{connector="http",action="request",code="ok"} 3`,
		`switchboard_connector_attempts_total{connector="http",action="request",code="Connector.Unavailable"} 12`,
		`switchboard_circuit_breaker_open{connector="http",host="` + strings.TrimPrefix(ill.URL, "http://") + `"} 1`,
		`switchboard_executions_ended_total{status="failed"} 12`,
		`switchboard_connector_call_seconds_count{connector="http"} `,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics do not hold %s:\n%s", want, body)
		}
	}
	p.kill() // with what was not written yet
	p = start(t, data)
	var used struct {
		Total struct{ Executions, Failed int64 }
	}
	p.must(t, "GET", "/v1/usage", nil, &used) // may be less: a crash takes what was not written
	p.runs(t, works)
	p.must(t, "GET", "/v1/usage", nil, &used)
	if used.Total.Executions < 1 || used.Total.Failed > failures {
		t.Errorf("usage: %+v", used)
	}
	before := used.Total.Executions
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	p = start(t, data)
	p.must(t, "GET", "/v1/usage", nil, &used)
	if used.Total.Executions != before {
		t.Errorf("after a clean stop %d executions are counted, before it %d", used.Total.Executions, before)
	}
}

// TestChecksCredentials: a credential that its service refuses from some day on is
// marked, with what it breaks, although nobody used it.
func TestChecksCredentials(t *testing.T) {
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":false,"error":"token_revoked"}`)
	}))
	defer slack.Close()
	p := start(t, t.TempDir(), "-upstream", "slack="+slack.URL, "-check-credentials", "1ms")
	var agent, cred, workflow made
	p.must(t, "POST", "/v1/agents", map[string]any{"name": "Ada"}, &agent)
	p.must(t, "POST", "/v1/credentials", map[string]any{"type": "slack_bot_token", "data": map[string]any{"token": "xoxb-0123456789-canary"}}, &cred)
	p.must(t, "POST", "/v1/agents/"+agent.ID+"/workflows", map[string]any{
		"name": "Tell", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{map[string]any{"id": "tell", "type": "slack.post_message", "credential": cred.ID, "config": map[string]any{"channel": "#a", "text": "b"}}},
		"edges": []any{map[string]any{"from": "trigger", "to": "tell"}},
	}, &workflow)
	var left made // not to be checked
	p.must(t, "POST", "/v1/credentials", map[string]any{"type": "slack_bot_token", "data": map[string]any{"token": "xoxb-9876543210-canary"}}, &left)
	var got struct {
		Status  string
		Checked bool
		Breaks  []made
	}
	p.must(t, "PATCH", "/v1/credentials/"+left.ID, map[string]any{"checked": false}, &got)
	if got.Checked {
		t.Error("the credential is still to be checked")
	}
	for deadline := time.Now().Add(20 * time.Second); got.Status != "failing"; {
		if time.Now().After(deadline) {
			t.Fatalf("the credential is %+v", got)
		}
		p.must(t, "GET", "/v1/credentials/"+cred.ID, nil, &got)
	}
	if len(got.Breaks) != 1 || got.Breaks[0].ID != workflow.ID {
		t.Errorf("it breaks %+v, want %s", got.Breaks, workflow.ID)
	}
	var problems struct {
		Items []struct {
			Credential string   `json:"credential_id"`
			Agents     []string `json:"agent_ids"`
			Workflows  []made
		}
	}
	p.must(t, "GET", "/v1/problems", nil, &problems)
	if len(problems.Items) == 0 || problems.Items[0].Credential != cred.ID || len(problems.Items[0].Workflows) != 1 || problems.Items[0].Workflows[0].ID != workflow.ID {
		t.Errorf("problems are %+v, want %s with %s", problems.Items, cred.ID, workflow.ID)
	}
}
