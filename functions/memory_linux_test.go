//go:build !race

// What the race detector does to this process, which keeps and serves the files, takes
// minutes, and it looks at nothing in the functions: these are programs of their own.

package functions_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"

	"switchboard/infra/sam"
	"switchboard/internal/agent"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/task"
	"switchboard/internal/value"
)

// memoryOf is what the template gives a connector's function, in MiB.
func memoryOf(t *testing.T, connector string) int64 {
	t.Helper()
	memory, ok := readTemplate(t).Resources[sam.ConnectorID(connector)].Properties["MemorySize"].(int)
	if !ok {
		t.Fatalf("%s has no MemorySize of its own", connector)
	}
	return int64(memory)
}

// TestMemory has the functions that handle files handle the largest, 10 MiB that do not
// shrink, by reference and twice, and looks how much memory the process took at most:
// 160 to 240 MiB. Three quarters of what a function has are for it; Lambda's own part is
// in that, too.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it needs the functions and what they call")
	}
	w := newWorld(t)
	w.must(t, w.store.CreateAgent(t.Context(), agent.Agent{ID: exampleAgent, Account: exampleAccount, Name: "Example"}))
	content := make([]byte, 10<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // it never fails
	text, err := json.Marshal(base64.StdEncoding.EncodeToString(content))
	w.must(t, err)
	w.service.answers("gmail", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprint(w, `{"id":"m","threadId":"t"}`)
	})
	w.service.answers("http", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodGet {
			_, _ = w.Write(content)
		}
	})
	file := map[string]any{"filename": "file.bin", "content_base64": "{{steps.load.file}}"}
	mail := map[string]any{"to": "bob@example.com", "subject": "File", "body": "See there.", "attachments": []any{file}}
	const url = "https://files.example.com/file"
	for _, tt := range []struct {
		name, connector, action, credentialType string
		config                                  map[string]any
	}{
		{"smtp", "smtp", "send_email", "smtp", mail},
		{"gmail", "gmail", "send_email", "google_oauth2", mail},
		{"http_up", "http", "request", "", map[string]any{"method": "POST", "url": url, "body_type": "multipart", "body": map[string]any{"file": file}}},
		{"http_down", "http", "request", "", map[string]any{"method": "GET", "url": url, "response_type": "base64"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			settings := map[string]string{}
			if serve := protocols[tt.connector]; serve != nil {
				settings["SWITCHBOARD_UPSTREAM_SMTP"] = serve(t)
			}
			s := w.start(t, "connectors/"+tt.connector, settings)
			for n := range 2 {
				execution := fmt.Sprintf("exe_%s_%d", tt.name, n)
				w.must(t, w.store.PutValue(t.Context(), exampleAccount, execution, value.ID(text), text))
				do := task.Task{
					Account: exampleAccount, Agent: exampleAgent, Workflow: "wf_example", Version: 1, Execution: execution, Node: "send", Action: tt.action,
					Config: tt.config, TimeoutSeconds: 25, Output: &value.Plan{},
					Variables: map[string]any{"steps": map[string]any{"load": map[string]any{"file": map[string]any{"$value": value.ID(text)}}}},
				}
				if tt.credentialType != "" {
					do.Credential = &task.Credential{ID: "cred_memory_" + tt.credentialType, Type: tt.credentialType}
					if n == 0 {
						w.seal(t, do.Credential.ID, tt.credentialType, dataOf(t, tt.credentialType))
					}
				}
				event, err := json.Marshal(do)
				w.must(t, err)
				w.run(t, s, event)
			}
			peak := peakOf(t, s.pid)
			s.stop()
			t.Logf("%d MiB at most", peak)
			if has := memoryOf(t, tt.connector); peak > has*3/4 {
				t.Errorf("it took %d MiB of %d", peak, has)
			}
		})
	}
}

// peakOf is how much memory a process has taken at most, in MiB. What the system tells
// of a process that has ended is no less than what its parent had when it began.
func peakOf(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := highWater.FindSubmatch(text)
	if found == nil {
		t.Fatalf("the system does not tell how much memory was taken:\n%s", text)
	}
	kib, err := strconv.ParseInt(string(found[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib >> 10
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// dataOf is that of a credential of the type.
func dataOf(t *testing.T, name string) map[string]any {
	t.Helper()
	if data := credentials[name]; data != nil {
		return data
	}
	for _, con := range offered(t) {
		if found, ok := con.CredentialType(name); ok {
			return connectortest.Data(found)
		}
	}
	t.Fatalf("there is no type %s", name)
	return nil
}
