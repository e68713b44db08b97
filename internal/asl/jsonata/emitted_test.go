package jsonata_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rounds is how many worlds every emitted expression is evaluated in.
const rounds = 40

// TestAgreesWithReferenceOnEmitted compares every expression of the definitions that
// package compile holds as golden files, each over random values of its variables:
// null, missing, nested lists, big and negative numbers, all of Unicode, empty.
func TestAgreesWithReferenceOnEmitted(t *testing.T) {
	ref := startReference(t)
	expressions := emitted(t)
	if len(expressions) < 50 {
		t.Fatalf("only %d expressions", len(expressions))
	}
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d, %d expressions", *seed, len(expressions))
	w := world{generator{Rand: rand.New(rand.NewPCG(*seed, 2))}}
	values, failures := 0, 0
	for _, src := range expressions {
		for range rounds {
			vars := w.vars(src)
			v, defined, code := evaluate(src, vars)
			theirs := ref.eval(t, src, vars)
			if theirs.Accident {
				continue
			}
			if problem := disagreement(t, v, defined, code, theirs, !strings.ContainsAny(src, "[{")); problem != "" {
				b, err := json.Marshal(vars)
				t.Fatalf("-seed %d: %s\n%s\n  with %s %v", *seed, src, problem, b, err)
			}
			if code == "" {
				values++
			} else {
				failures++
			}
		}
	}
	if values < failures || failures == 0 {
		t.Errorf("%d values and %d failures: the worlds are of no use", values, failures)
	}
}

// emitted are the expressions of the golden definitions, each once.
func emitted(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "compile", "testdata", "compile", "*.asl.json"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, inner := range v {
				collect(inner)
			}
		case []any:
			for _, inner := range v {
				collect(inner)
			}
		case string:
			if src, ok := strings.CutPrefix(v, "{%"); ok {
				found[strings.TrimSpace(strings.TrimSuffix(src, "%}"))] = true
			}
		}
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var definition any
		if err := json.Unmarshal(text, &definition); err != nil {
			t.Fatal(err)
		}
		collect(definition)
	}
	var all []string
	for src := range found {
		all = append(all, src)
	}
	slices.Sort(all)
	return all
}

// world makes values that have what an expression looks for, most of the time.
type world struct{ generator }

var (
	variableName = regexp.MustCompile(`\$([a-z][a-z0-9]*_[a-z0-9_]+)`)
	memberName   = regexp.MustCompile(`[.](?:"([^"]+)"|([a-zA-Z_][a-zA-Z0-9_]*))`)
)

// vars are the values of what the expression names: $states, and nodes' variables.
func (w world) vars(src string) map[string]any {
	var names []string
	for _, m := range memberName.FindAllStringSubmatch(src, -1) {
		names = append(names, m[1]+m[2])
	}
	slices.Sort(names)
	names = slices.Compact(names)
	item := map[string]any{"item": w.shaped(names, 3), "index": json.Number("1"), "iteration": w.pick("1", "0.12")}
	states := map[string]any{
		"context": map[string]any{
			"Execution": map[string]any{"Id": "arn", "Name": "exe_1", "Input": map[string]any{"trigger": w.shaped(names, 4)}},
			"State":     map[string]any{"RetryCount": json.Number(w.pick("0", "2"))},
			"Map":       map[string]any{"Item": map[string]any{"Index": json.Number(w.pick("0", "12")), "Value": w.shaped(names, 3)}},
		},
		"input": item, "result": w.shaped(names, 4),
		"errorOutput": map[string]any{"Error": "Connector.Invalid", "Cause": w.pick(
			"", "text", `{"errorMessage":"a\nb"}`, `{"errorMessage":5}`, `{}`, `{"broken`, `{"in":{"status":"succeeded","message":"ü"}}`, "ünï\ncode")},
	}
	vars := map[string]any{"states": states}
	for _, m := range variableName.FindAllStringSubmatch(src, -1) {
		if w.IntN(8) > 0 { // or it is missing
			vars[m[1]] = w.shaped(names, 3)
		}
	}
	return vars
}

// shaped is a value in which paths of these names lead somewhere.
func (w world) shaped(names []string, depth int) any {
	if depth == 0 || len(names) == 0 || w.IntN(7) == 0 {
		return w.value(2)
	}
	m := map[string]any{}
	for _, name := range names {
		if w.IntN(max(6, 2*len(names))) < 5 {
			m[name] = w.shaped(names, depth-1-w.IntN(2)*(depth-1))
		}
	}
	if w.IntN(12) == 0 {
		return []any{m}
	}
	return m
}
