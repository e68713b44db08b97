package main

import (
	"io"
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

func TestRaced(t *testing.T) {
	for name, c := range map[string]struct {
		said string
		want bool
	}{
		"TimeIsOver":     {"fuzz: elapsed: 2s, execs: 9000 (4500/sec)\n--- FAIL: FuzzParse (2.03s)\n    context deadline exceeded\nFAIL\nexit status 1\n", true},
		"Find":           {"--- FAIL: FuzzParse (0.02s)\n    --- FAIL: FuzzParse (0.00s)\n        parse_test.go:9: wrong\n    \n    Failing input written to testdata/fuzz/FuzzParse/1a2b\n", false},
		"FindThatSaysSo": {"--- FAIL: FuzzParse (0.02s)\n    context deadline exceeded\n    \n    Failing input written to testdata/fuzz/FuzzParse/1a2b\n", false},
		"KeptInput":      {"--- FAIL: FuzzParse (0.02s)\n    --- FAIL: FuzzParse/1a2b (0.00s)\n        parse_test.go:9: context deadline exceeded\n", false},
		"DoesNotBuild":   {"# example\n./parse_test.go:3:1: syntax error\nFAIL\texample [build failed]\n", false},
		"Nothing":        {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := raced([]byte(c.said)); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// TestRun fuzzes a module in which one target finds something, and one nothing.
func TestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod": "module example\n\ngo 1.26\n",
		"example_test.go": "package example\n\nimport \"testing\"\n\n" +
			"func FuzzWell(f *testing.F) { f.Add(1); f.Fuzz(func(*testing.T, int) {}) }\n\n" +
			"func FuzzIll(f *testing.F) {\n\tf.Add(1)\n\tf.Fuzz(func(t *testing.T, n int) {\n\t\tif n != 1 {\n\t\t\tt.Error(\"found\")\n\t\t}\n\t})\n}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(t.Context(), []string{"-time", "1s", "-run", "FuzzWell"}, io.Discard); err != nil {
		t.Errorf("nothing is to be found: %v", err)
	}
	if err := run(t.Context(), []string{"-time", "1m", "-run", "FuzzIll"}, io.Discard); err == nil { // what it finds ends it
		t.Error("what was found does not fail the run")
	}
	if kept, err := os.ReadDir(filepath.Join("testdata", "fuzz", "FuzzIll")); err != nil || len(kept) != 1 {
		t.Errorf("what was found is not kept: %v, %v", kept, err)
	}
}
