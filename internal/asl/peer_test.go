package asl_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOtherValidatorAccepts gives our machines, and those that compile emits, to npm
// asl-validator, which checks them against a JSON Schema of the language.
func TestOtherValidatorAccepts(t *testing.T) {
	definitions := goldens(t)
	emitted, err := filepath.Glob(filepath.Join("..", "compile", "testdata", "compile", "*.asl.json"))
	if err != nil || len(emitted) == 0 {
		t.Fatalf("no definitions of compile: %v", err)
	}
	for _, path := range emitted {
		if definitions[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	// One that is wrong, or else the validator's silence would mean nothing.
	definitions["broken"] = bytes.Replace(definitions["every_state.json"], []byte(`"Next": "pause"`), []byte(`"Next": "nowhere"`), 1)
	names := slices.Sorted(maps.Keys(definitions))
	answers := otherValidator(t, names, definitions)
	for i, name := range names {
		ours := parse(t, definitions[name]).Validate()
		if broken := name == "broken"; broken != (len(answers[i]) > 0) || broken != (len(ours) > 0) {
			t.Errorf("%s: asl-validator says %s, we say %v", name, answers[i], ours)
		}
	}
}

// otherValidator skips the test where the validator is not installed, which
// SWITCHBOARD_TEST_PEERS=required forbids.
func otherValidator(t *testing.T, names []string, definitions map[string][]byte) [][]json.RawMessage {
	t.Helper()
	folder := filepath.Join("testdata", "peer")
	_, err := os.Stat(filepath.Join(folder, "node_modules", "asl-validator"))
	node, missing := exec.LookPath("node")
	if err != nil || missing != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatal("asl-validator is not installed")
		}
		t.Skip("asl-validator is not installed: run npm ci in internal/asl/testdata/peer")
	}
	var lines bytes.Buffer
	for _, name := range names {
		var v any
		if err := json.Unmarshal(definitions[name], &v); err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&lines).Encode(plainTexts(v)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), node, "asl-validator.js")
	cmd.Dir, cmd.Stdin, cmd.Stderr = folder, &lines, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := make([][]json.RawMessage, len(names))
	dec := json.NewDecoder(bytes.NewReader(out))
	for i := range answers {
		if err := dec.Decode(&answers[i]); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return answers
}

// plainTexts replaces texts that the validator's pattern for constants wrongly
// refuses: empty ones, and those with a line's end within.
func plainTexts(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" || strings.ContainsAny(v, "\n\r\u2028\u2029") {
			return "text"
		}
	case []any:
		for i := range v {
			v[i] = plainTexts(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plainTexts(v[name])
		}
	}
	return v
}
