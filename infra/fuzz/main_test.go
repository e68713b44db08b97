package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestTargets holds that everything which reads what somebody else wrote has a target,
// and keeps inputs for it.
func TestTargets(t *testing.T) {
	root := filepath.Join("..", "..")
	targets, err := Targets(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Target{
		{"internal/template", "FuzzParse"}, {"internal/template", "FuzzRender"}, {"internal/workflow", "FuzzParse"},
		{"internal/compile", "FuzzCompile"}, {"internal/asl", "FuzzParse"}, {"internal/asl/jsonata", "FuzzEval"},
		{"internal/asl/run", "FuzzRun"}, {"internal/asl/run", "FuzzHistory"}, {"internal/hook", "FuzzSigned"},
		{"internal/connector/http/curl", "FuzzRead"}, {"internal/connector/http/curl", "FuzzSecrets"}, {"internal/schedule", "FuzzParse"},
	} {
		if !slices.Contains(targets, want) {
			t.Errorf("there is no target %s", want)
			continue
		}
		kept, err := os.ReadDir(filepath.Join(root, want.Folder, "testdata", "fuzz", want.Name))
		if err != nil || len(kept) == 0 {
			t.Errorf("%s keeps no inputs: %v", want, err)
		}
	}
}
