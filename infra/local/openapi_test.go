package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOpenAPI has schemathesis try the running stack with everything that its
// description allows and forbids: no answer may be a fault of ours or differ from the
// description, whatever the method, the content type, the token and the values are.
func TestOpenAPI(t *testing.T) {
	schemathesis, err := exec.LookPath(os.Getenv("SWITCHBOARD_SCHEMATHESIS"))
	if err != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatalf("schemathesis is not installed: %v", err)
		}
		t.Skip("schemathesis is not installed: pip install schemathesis, and set SWITCHBOARD_SCHEMATHESIS to its program")
	}
	config, err := filepath.Abs(filepath.Join("testdata", "schemathesis.toml"))
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, t.TempDir())
	cmd := exec.CommandContext(t.Context(), schemathesis, "--config-file", config, "run", p.url+"/openapi.json",
		"--header", "Authorization: Bearer "+p.token, "--checks", "all", "--max-examples", "10", "--max-time", "45",
		"--generation-deterministic", "--no-shrink", "--no-color") // the same values every time: nobody's change fails by chance
	cmd.Dir = t.TempDir() // it writes its cache there
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	if p.cmd.ProcessState != nil {
		t.Errorf("the stack has ended: %s", p.stderr)
	}
}
