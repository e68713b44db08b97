// Package asltest asks others what they think of state machines.
package asltest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Validate gives definitions to npm asl-validator, which checks them against a JSON
// Schema of the language, and returns what it has to say against each. folder is
// where it is installed: testdata/peer of package asl. Where it is not, the test is
// skipped, which SWITCHBOARD_TEST_PEERS=required forbids.
func Validate(t testing.TB, folder string, definitions [][]byte) [][]json.RawMessage {
	t.Helper()
	_, err := os.Stat(filepath.Join(folder, "node_modules", "asl-validator"))
	node, missing := exec.LookPath("node")
	if err != nil || missing != nil {
		if os.Getenv("SWITCHBOARD_TEST_PEERS") == "required" {
			t.Fatal("asl-validator is not installed")
		}
		t.Skip("asl-validator is not installed: run npm ci in internal/asl/testdata/peer")
	}
	var lines bytes.Buffer
	for _, definition := range definitions {
		var v any
		if err := json.Unmarshal(definition, &v); err != nil {
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
	answers := make([][]json.RawMessage, len(definitions))
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
