package jsonata_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestAgreesWithReferenceOnMembership compares what package compile emits for in and
// contains, over values of which one often holds the other: itself, as text or as
// number, among others or within another list.
func TestAgreesWithReferenceOnMembership(t *testing.T) {
	ref := startReference(t)
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	w := membership{generator{Rand: rand.New(rand.NewPCG(*seed, 3))}}
	expressions, answers := 0, map[any]int{}
	for _, src := range emitted(t) {
		if !strings.Contains(src, "$m:=function") || !strings.Contains(src, "trigger.input;") {
			continue
		}
		expressions++
		for range 10 * rounds {
			vars := map[string]any{"states": map[string]any{"context": map[string]any{
				"Execution": map[string]any{"Name": "exe_1", "Input": map[string]any{"trigger": map[string]any{"input": w.sides()}}},
			}}}
			v, defined, code := evaluate(src, vars)
			theirs := ref.eval(t, src, vars)
			if theirs.Accident {
				continue
			}
			if problem := disagreement(t, v, defined, code, theirs, true); problem != "" {
				b, err := json.Marshal(vars)
				t.Fatalf("-seed %d: %s\n%s\n  with %s %v", *seed, src, problem, b, err)
			}
			if code != "" {
				v = code
			}
			answers[v]++
		}
	}
	if expressions < 3 || answers[true] < 50*expressions || answers[false] < 50*expressions {
		t.Errorf("%d expressions gave %v: the values are of no use", expressions, answers)
	}
	t.Logf("%d expressions: %v", expressions, answers)
}

type membership struct{ generator }

var hardValues = []any{
	nil, "", []any{}, map[string]any{}, []any{nil}, []any{[]any{}}, json.Number("0"), json.Number("-0"), json.Number("-12"), json.Number("-1e-7"),
	json.Number("123456789012345678901234567890"), json.Number("1e21"), "1e21", "-12", "012", "12.0", "1e400", "é", "e\u0301", "😀", "a😀b", "\u0000", true, false, "true",
}

func (w *membership) one() any {
	if w.IntN(2) == 0 {
		return hardValues[w.IntN(len(hardValues))]
	}
	return w.value(2)
}

// sides are the members v and w of the input, which the golden rules compare; either
// may be missing, or be the other's.
func (w *membership) sides() map[string]any {
	item := w.one()
	holder := w.holding(item)
	sides := map[string]any{"v": item, "w": holder}
	if w.IntN(2) == 0 {
		sides = map[string]any{"v": holder, "w": item}
	}
	if w.IntN(12) == 0 {
		delete(sides, "v")
	}
	if w.IntN(12) == 0 {
		delete(sides, "w")
	}
	return sides
}

// holding is a value that may hold another one in one of the ways that count, or in
// one that does not.
func (w *membership) holding(item any) any {
	list := make([]any, 0, 4)
	for range w.IntN(3) {
		list = append(list, w.one())
	}
	switch w.IntN(8) {
	case 0:
		return w.one()
	case 1:
		if s, ok := item.(string); ok {
			return "x" + s + "é"
		}
		return item
	case 2:
		if s, ok := item.(string); ok {
			return map[string]any{s: nil, "a": item}
		}
		return list
	case 3:
		return append(list, []any{item}) // one level too deep
	case 4:
		return append(list, w.otherwise(item))
	default:
		return append(list, item)
	}
}

// otherwise is a number as text, or a text as the number that it may stand for.
func (w *membership) otherwise(item any) any {
	switch item := item.(type) {
	case json.Number:
		return string(item)
	case string:
		if strings.Trim(item, "-+.eE0123456789") == "" && json.Valid([]byte(item)) {
			return json.Number(item)
		}
	}
	return item
}
