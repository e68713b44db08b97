package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExportAndImport takes a workflow from one data folder to another, while a stack
// runs there and while none does.
func TestExportAndImport(t *testing.T) {
	scratch := t.TempDir()
	from, to, file := filepath.Join(scratch, "from"), filepath.Join(scratch, "to"), filepath.Join(scratch, "workflows.json")
	p := start(t, from)
	p.withCredential(t, "http://127.0.0.1:9")
	if said := mustCommand(t, "export", "-data", from, file); !strings.Contains(said, "agents 1, workflows 1, credentials by name 1") {
		t.Errorf("export says %q", said)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), serviceToken) || !strings.Contains(string(text), `"switchboard.bundle"`) {
		t.Fatalf("the file is %s, %v", text, err)
	}
	if _, errs, code := command(t, "export", "-data", from, file); code == 0 || !strings.Contains(errs, "-force") {
		t.Errorf("a second export wrote over the file: %q", errs)
	}
	p.kill()
	if alone := mustCommand(t, "export", "-data", from, "-"); !strings.Contains(alone, `"Call"`) {
		t.Errorf("export without a stack says %s", alone)
	}
	p = start(t, to)
	said := mustCommand(t, "import", "-data", to, file)
	for _, want := range []string{"agent       created", "credential  missing", "workflow    created", "import again: 1"} {
		if !strings.Contains(said, want) {
			t.Errorf("import does not say %q:\n%s", want, said)
		}
	}
	p.must(t, "POST", "/v1/credentials", map[string]any{"type": "http_bearer", "name": "Token", "data": map[string]any{"token": serviceToken}}, nil)
	p.kill()
	said = mustCommand(t, "import", "-data", to, "-publish", file)
	for _, want := range []string{"agent       exists", "credential  matched", "workflow    connected", "version 1 serves"} {
		if !strings.Contains(said, want) {
			t.Errorf("import does not say %q:\n%s", want, said)
		}
	}
	if err := os.WriteFile(file, []byte(`{"format": "switchboard.bundle", "version": 1, "colour": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := command(t, "import", "-data", to, file); code == 0 || !strings.Contains(errs, "colour") {
		t.Errorf("a file with an unknown member: %q", errs)
	}
}
