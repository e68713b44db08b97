package template_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"switchboard/internal/template"
)

// generator makes values and templates at random.
type generator struct {
	*rand.Rand
	vars template.Vars
}

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) value(depth int) any {
	switch kind := g.IntN(9); {
	case kind < 2 || depth == 0 && kind > 5:
		return pick(g, "", "a", "a,b", " x ", "12", "-1.50", "0x1F", "1e3", "𝒳é", "A b\tc\n", "\\\"", "$v", "{{x}}", "ß")
	case kind == 2:
		return pick(g, json.Number("0"), "1", "-1", "2.5", "-2.5", "1.005", "100", "123456789.125", "0.1", "1e+21", "1e-7", "-0.5")
	case kind == 3:
		return g.IntN(2) == 0
	case kind == 4:
		return nil
	case kind < 7:
		list := make([]any, g.IntN(4))
		for i := range list {
			list[i] = g.value(max(depth-1, 0))
		}
		return list
	}
	object := map[string]any{}
	for range g.IntN(4) {
		object[g.name()] = g.value(max(depth-1, 0))
	}
	return object
}

func (g generator) name() string { return pick(g, "a", "b", "c", "toString", "x y", "in") }

// path follows the values mostly, and goes astray at times.
func (g generator) path() string {
	path := pick(g, "trigger", "item", "x", "v", "steps.a", "steps.b", "steps.c", "steps.d", "nope")
	v, _ := g.vars.Lookup(template.Path{Root: path})
	if node, ok := strings.CutPrefix(path, "steps."); ok {
		v, _ = g.vars.Lookup(template.Path{Root: "steps", Steps: []template.Step{{Name: node}}})
	}
	for range g.IntN(5) {
		astray := g.IntN(12) == 0
		switch inner := v.(type) {
		case map[string]any:
			if len(inner) == 0 && !astray {
				return path
			}
			name := pick(g, append(slices.Sorted(maps.Keys(inner)), g.name())...)
			path, v = path+fmt.Sprintf("[%q]", name), inner[name]
		case []any:
			if len(inner) == 0 && !astray {
				return path
			}
			index := g.IntN(len(inner) + 1)
			path, v = path+fmt.Sprintf("[%d]", index), append(inner, nil)[index]
		default:
			if !astray {
				return path
			}
			path, v = path+pick(g, "[0]", ".length"), nil
		}
	}
	return path
}

func (g generator) argument(literals ...string) string {
	if g.IntN(4) == 0 {
		return g.path()
	}
	return pick(g, literals...)
}

func (g generator) filter() string {
	separator := func() string { return g.argument(`","`, `" "`, `"a"`, `"$"`) }
	switch name := pick(g, template.JSONataFilters()...); name {
	case "default":
		return "default: " + g.argument(`"d"`, "1.50", "null", "-3", "true")
	case "split":
		return "split: " + separator()
	case "join":
		return pick(g, "join", "join: "+separator())
	case "replace":
		return "replace: " + separator() + ", " + g.argument(`""`, `"$0"`, `"%}"`)
	case "slice":
		return "slice: " + g.argument("0", "1", "-1", "-5") + pick(g, "", ", "+g.argument("0", "2", "-1", "9"))
	case "round":
		return pick(g, "round", "round: "+g.argument("0", "1", "2"))
	default:
		return name
	}
}

func (g generator) expression() string {
	var b strings.Builder
	b.WriteString("{{" + g.path())
	for range g.IntN(4) {
		b.WriteString(" | " + g.filter())
	}
	if g.IntN(3) == 0 {
		b.WriteString(" | default: " + g.argument(`"z"`, "7"))
	}
	return b.String() + "}}"
}

func (g generator) text() string {
	var b strings.Builder
	for range pick(g, 1, 1, 1, 2, 3) {
		b.WriteString(pick(g, "", "", "x", ` "%}"$ `) + g.expression())
	}
	return b.String()
}
