package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoSecretComesOut plants secrets in every credential type and lets services send
// them back in answers and errors. None may be found in any response of the API, in
// the log, in a definition, in an execution, or in the files on disk.
func TestNoSecretComesOut(t *testing.T) {
	const canary = `cAnArY-"7f3a\9c/+`
	planted := []string{}
	secret := func(of string) string {
		s := fmt.Sprintf("%s-%s-%d", canary, of, len(planted))
		planted = append(planted, s)
		return s
	}
	// The service gives back all that it was sent, and fails where the path says so.
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status := http.StatusOK
		if strings.Contains(r.URL.Path, "fail") || strings.Contains(r.URL.Path, "auth.test") {
			status = http.StatusUnprocessableEntity
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Echo", strings.Map(func(c rune) rune {
			if c < ' ' {
				return ' '
			}
			return c
		}, r.Header.Get("Authorization")))
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"ok": false, "error": "you sent " + fmt.Sprint(r.Header), "message": r.URL.String() + string(body), "headers": r.Header, "query": r.URL.Query(),
		})
	}))
	defer service.Close()
	data := t.TempDir()
	p := start(t, data, "-v", "-upstream", "slack="+service.URL)
	var seen bytes.Buffer
	send := func(method, path string, header http.Header, body any) map[string]any {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), method, p.url+path, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+p.token)
		req.Header.Set("Content-Type", "application/json")
		for name, values := range header {
			req.Header[name] = values
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&seen, "%s %s: %d %v %s\n", method, path, res.StatusCode, res.Header, answer)
		var v map[string]any
		_ = json.Unmarshal(answer, &v) // an empty answer has nothing to read
		return v
	}
	text := func(m map[string]any, name string) string {
		s, _ := m[name].(string)
		return s
	}
	agent := text(send("POST", "/v1/agents", nil, map[string]any{"name": "Ada"}), "id")

	hookSecret := secret("hook")
	credentials := map[string]string{}
	for typeName, data := range map[string]map[string]any{
		"http_bearer":     {"token": "t" + strings.NewReplacer(`"`, "", `\`, "").Replace(secret("bearer"))},
		"http_basic":      {"username": "ada", "password": secret("basic")},
		"http_header":     {"name": "X-Api-Key", "value": secret("header")},
		"http_query":      {"name": "key", "value": secret("query")},
		"slack_bot_token": {"token": "xoxb-" + strings.NewReplacer(`"`, "", `\`, "", "/", "", "+", "").Replace(secret("slack"))},
		"smtp":            {"host": "127.0.0.1", "port": 1, "security": "none", "username": "ada", "password": secret("smtp"), "from": "ada@example.com"},
		"webhook_secret":  {"secret": hookSecret},
	} {
		for _, value := range data {
			if s, ok := value.(string); ok && strings.Contains(strings.ToLower(s), "canary") {
				planted = append(planted, s)
			}
		}
		send("POST", "/v1/credentials/verify", nil, map[string]any{"type": typeName, "data": data})
		// Mistakes in what is sent must not be answered with what was sent.
		send("POST", "/v1/credentials", nil, map[string]any{"type": typeName, "name": "x", "data": data, "extra": data})
		send("POST", "/v1/credentials", nil, map[string]any{"type": "no_such_type", "name": "x", "data": data})
		send("POST", "/v1/credentials/verify", nil, map[string]any{"type": typeName, "data": map[string]any{"unknown": data}})
		id := text(send("POST", "/v1/credentials", nil, map[string]any{"type": typeName, "name": typeName, "data": data}), "id")
		if id == "" {
			t.Fatalf("the credential %s was not stored:\n%s", typeName, seen.String())
		}
		credentials[typeName] = id
		send("POST", "/v1/credentials/"+id+"/verify", nil, nil)
		send("PATCH", "/v1/credentials/"+id, nil, map[string]any{"data": data})
		send("PUT", "/v1/agents/"+agent+"/links/"+id, nil, nil)
	}
	for _, path := range []string{"/v1/credentials", "/v1/agents/" + agent + "/integrations"} {
		send("GET", path, nil, nil)
	}
	node := func(typeName string, path string) map[string]any {
		return map[string]any{
			"id": typeName + path, "type": "http.request", "credential": credentials[typeName], "on_error": "continue", "retry": map[string]any{"max_attempts": 1},
			"config": map[string]any{"method": "POST", "url": service.URL + "/" + path, "body": map[string]any{"hello": "{{trigger.body}}"}},
		}
	}
	nodes := []any{
		map[string]any{"id": "slack", "type": "slack.post_message", "credential": credentials["slack_bot_token"], "on_error": "continue", "config": map[string]any{"channel": "#x", "text": "hi"}},
		map[string]any{"id": "mail", "type": "smtp.send_email", "credential": credentials["smtp"], "on_error": "continue", "retry": map[string]any{"max_attempts": 1}, "config": map[string]any{"to": "a@example.com", "subject": "s", "body": "b"}},
		map[string]any{"id": "event", "type": "webhook.send", "credential": credentials["webhook_secret"], "on_error": "continue", "config": map[string]any{"url": service.URL + "/fail", "event": "x", "payload": map[string]any{}}},
	}
	for _, typeName := range []string{"http_bearer", "http_basic", "http_header", "http_query"} {
		nodes = append(nodes, node(typeName, "ok"), node(typeName, "fail"))
	}
	var edges []any
	for _, n := range nodes {
		edges = append(edges, map[string]any{"from": "trigger", "to": n.(map[string]any)["id"]})
	}
	for auth, header := range map[string]http.Header{
		"token":       {"X-Webhook-Token": {hookSecret}},
		"basic":       {"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("ada:"+hookSecret))}},
		"hmac_sha256": {"X-Webhook-Signature": {"00"}},
	} {
		id := text(send("POST", "/v1/agents/"+agent+"/workflows", nil, map[string]any{
			"name": auth, "trigger": map[string]any{"type": "webhook", "config": map[string]any{"auth": auth, "credential": credentials["webhook_secret"], "respond": "when_finished"}},
			"nodes": nodes, "edges": edges,
		}), "id")
		hook := text(send("POST", "/v1/workflows/"+id+"/publish", nil, nil), "webhook_url")
		if hook == "" {
			t.Fatalf("not published:\n%s", seen.String())
		}
		send("GET", "/v1/workflows/"+id+"/definition", nil, nil)
		send("GET", "/v1/workflows/"+id, nil, nil)
		send("POST", strings.TrimPrefix(hook, p.url), header, map[string]any{"n": 1})
		list := send("GET", "/v1/workflows/"+id+"/executions", nil, nil)
		items, _ := list["items"].([]any)
		if len(items) == 0 && auth != "hmac_sha256" {
			t.Errorf("the webhook with %s started nothing", auth)
		}
		for _, x := range items {
			send("GET", "/v1/executions/"+text(x.(map[string]any), "id"), nil, nil)
		}
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	database, err := os.ReadFile(filepath.Join(data, "switchboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(seen.String(), "[redacted]") {
		t.Error("nothing was redacted, so the services did not send secrets back")
	}
	for name, text := range map[string]string{"responses": seen.String(), "log": p.stderr.String(), "database": string(database)} {
		for _, s := range planted {
			for _, form := range forms(s) {
				if i := strings.Index(text, form); i >= 0 {
					t.Errorf("%s hold %q: …%s…", name, form, text[max(0, i-300):min(len(text), i+80)])
				}
			}
		}
	}
}

// forms are the ways in which a secret may be written.
func forms(s string) []string {
	quoted, _ := json.Marshal(s) // a text always encodes
	return []string{
		s, strings.Trim(string(quoted), `"`), url.QueryEscape(s), url.PathEscape(s), hex.EncodeToString([]byte(s)),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "="),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("ada:"+s)), "="),
	}
}
