package asl_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"switchboard/internal/asl/asltest"
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
	var texts [][]byte
	for _, name := range names {
		texts = append(texts, definitions[name])
	}
	answers := asltest.Validate(t, filepath.Join("testdata", "peer"), texts)
	for i, name := range names {
		ours := parse(t, definitions[name]).Validate()
		if broken := name == "broken"; broken != (len(answers[i]) > 0) || broken != (len(ours) > 0) {
			t.Errorf("%s: asl-validator says %s, we say %v", name, answers[i], ours)
		}
	}
}
