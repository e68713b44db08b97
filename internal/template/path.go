package template

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

// Path names a value: Root is trigger, steps, item, index, vars, execution,
// workflow, agent, or a plain variable name.
type Path struct {
	Root  string
	Steps []Step
}

// Step goes one level down: to the member Name of an object, or to the item
// Index of a list where IsIndex is set.
type Step struct {
	Name    string
	Index   int
	IsIndex bool
}

// String gives the canonical text, such as steps.a.b[0]["x y"].
func (p Path) String() string {
	var b strings.Builder
	b.WriteString(p.Root)
	for _, s := range p.Steps {
		switch {
		case s.IsIndex:
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(s.Index))
			b.WriteByte(']')
		case isName(s.Name):
			b.WriteByte('.')
			b.WriteString(s.Name)
		default:
			b.WriteByte('[')
			b.Write(appendJSON(nil, s.Name))
			b.WriteByte(']')
		}
	}
	return b.String()
}

// ofNode says whether the path is a node's whole output, whose null means that
// the node was skipped.
func (p Path) ofNode() bool { return p.Root == "steps" && len(p.Steps) == 1 }

// Vars holds the values that paths name, by their roots. Values are JSON values as
// json.Decoder.UseNumber decodes them; float64, int and int64 are accepted too.
type Vars map[string]any

// Lookup finds the value of a path, exactly; false means that it is missing.
func (vars Vars) Lookup(p Path) (any, bool) {
	v, ok := vars[p.Root]
	for _, s := range p.Steps {
		if !ok {
			return nil, false
		}
		v, ok = s.of(v)
	}
	if v == nil && p.ofNode() {
		return nil, false
	}
	return v, ok
}

func (s Step) of(v any) (any, bool) {
	if s.IsIndex {
		list, ok := v.([]any)
		if !ok || s.Index < 0 || s.Index >= len(list) {
			return nil, false
		}
		return list[s.Index], true
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	member, ok := object[s.Name]
	return member, ok
}

func isName(s string) bool {
	for i, r := range s {
		if i == 0 && !startsName(r) || !inName(r) {
			return false
		}
	}
	return s != ""
}

func startsName(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func inName(r rune) bool { return startsName(r) || r == '-' || unicode.IsDigit(r) }

// kinds is a set of JSON types.
type kinds uint8

const (
	aText kinds = 1 << iota
	aNumber
	aBoolean
	aList
	anObject
	aNull

	anything = aText | aNumber | aBoolean | aList | anObject | aNull
)

// kindOf gives the one type of v, or none for what is no JSON value.
func kindOf(v any) kinds {
	switch v.(type) {
	case string:
		return aText
	case json.Number, float64, int, int64:
		return aNumber
	case bool:
		return aBoolean
	case []any:
		return aList
	case map[string]any:
		return anObject
	case nil:
		return aNull
	}
	return 0
}

// kindNames lists for every type its noun in messages and its name in JSONata's $type.
var kindNames = []struct {
	kind       kinds
	noun, name string
}{
	{aText, "text", "string"},
	{aNumber, "a number", "number"},
	{aBoolean, "a boolean", "boolean"},
	{aList, "a list", "array"},
	{anObject, "an object", "object"},
	{aNull, "null", "null"},
}

// typeName is what JSONata's $type says of a value of this kind.
func (k kinds) typeName() string {
	for _, n := range kindNames {
		if n.kind == k {
			return n.name
		}
	}
	return "unknown"
}

// String lists the nouns of the set.
func (k kinds) String() string {
	var nouns []string
	for _, n := range kindNames {
		if k&n.kind != 0 {
			nouns = append(nouns, n.noun)
		}
	}
	if len(nouns) < 2 {
		return strings.Join(nouns, "")
	}
	return strings.Join(nouns[:len(nouns)-1], ", ") + " or " + nouns[len(nouns)-1]
}
