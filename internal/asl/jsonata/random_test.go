package jsonata_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var (
	seed  = flag.Uint64("seed", 0, "of the random expressions; 0 takes a new one")
	cases = flag.Int("cases", 600, "how many random expressions to compare")
)

// TestAgreesWithReferenceOnRandom compares random expressions over random values.
func TestAgreesWithReferenceOnRandom(t *testing.T) {
	ref := startReference(t)
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	g := generator{Rand: rand.New(rand.NewPCG(*seed, 1))}
	values, refused := 0, 0
	for range *cases {
		vars := map[string]any{"states": map[string]any{"input": g.value(4), "result": g.value(3)}, "x": g.value(3), "y": g.list(2), "z": g.object(2)}
		g.locals, g.inContext, g.ordered = nil, false, g.IntN(2) == 0
		src := g.any(4 + g.IntN(2))
		v, defined, code := evaluate(src, vars)
		if code == "X0001" || code == "X0002" { // an accident that only the reference can have, or a limit
			refused++
			continue
		}
		// Elements and fields are evaluated side by side in the reference, so that
		// another one's error may come first.
		codes := !strings.ContainsAny(src, "[{")
		theirs := ref.eval(t, src, vars)
		if theirs.Accident {
			refused++
			continue
		}
		if problem := disagreement(t, v, defined, code, theirs, codes); problem != "" {
			b, err := json.Marshal(vars)
			t.Fatalf("-seed %d: %s\n%s\n  with %s %v", *seed, src, problem, b, err)
		}
		if code == "" && defined {
			values++
		}
	}
	if values < *cases/3 || refused > *cases/10 {
		t.Errorf("of %d expressions %d had a value and %d were refused: the generator is of no use", *cases, values, refused)
	}
}

// generator makes expressions that mostly have the types they need.
type generator struct {
	*rand.Rand
	locals    []string
	inContext bool
	ordered   bool // objects have their names in order, so that it may show
}

func (g *generator) pick(options ...string) string { return options[g.IntN(len(options))] }

var (
	someNumbers = []json.Number{"0", "1", "2", "3", "-1", "0.1", "1.5", "2.50", "1e3", "123456789012345678", "0.30000000000000004", "-7.25", "1e21", "1e-7", "100000000000000.5"}
	someTexts   = []string{"", "a", "b", "ab", "a,b", "ABC", "é", "😀", "a😀b", " x  y ", "12", "-3.5", "null", "x\ny", "\"q\""}
	someNames   = []string{"a", "b", "c", "d"}
)

func (g *generator) value(depth int) any {
	switch n := g.IntN(10); {
	case depth > 0 && n < 3:
		return g.object(depth - 1)
	case depth > 0 && n < 6:
		return g.list(depth - 1)
	case n < 7:
		return someNumbers[g.IntN(len(someNumbers))]
	case n < 8:
		return someTexts[g.IntN(len(someTexts))]
	case n < 9:
		return g.IntN(2) == 0
	}
	return nil
}

// list is often one of a kind, as the lists of services are.
func (g *generator) list(depth int) any {
	list := make([]any, g.IntN(4))
	kind := g.IntN(4)
	for i := range list {
		switch kind {
		case 0:
			list[i] = someNumbers[g.IntN(len(someNumbers))]
		case 1:
			list[i] = someTexts[g.IntN(len(someTexts))]
		case 2:
			list[i] = g.object(max(depth, 1))
		default:
			list[i] = g.value(depth)
		}
	}
	return list
}

func (g *generator) object(depth int) any {
	m := map[string]any{}
	for _, name := range someNames {
		if g.IntN(5) < 2 {
			m[name] = g.value(depth)
		}
	}
	return m
}

func (g *generator) any(depth int) string {
	if depth <= 0 {
		return g.path()
	}
	switch g.IntN(12) {
	case 0, 1:
		return g.number(depth)
	case 2, 3:
		return g.text(depth)
	case 4:
		return g.truth(depth)
	case 5, 6:
		return g.listOf(depth)
	case 7:
		return g.objectOf(depth)
	case 8:
		return g.filtered(depth)
	case 9:
		return g.mapped(depth)
	case 10:
		return g.block(depth, g.any)
	}
	return g.path()
}

// maybe strays from the wanted type once in a while.
func (g *generator) maybe(depth int, wanted func(int) string) string {
	if g.IntN(12) == 0 {
		return g.any(depth)
	}
	return wanted(depth)
}

func (g *generator) path() string {
	start := g.pick("$states.input", "$states.result", "$x", "$y", "$z", "$missing", "$states.input."+g.pick(someNames...))
	if len(g.locals) > 0 && g.IntN(3) == 0 {
		start = g.pick(g.locals...)
	}
	if g.inContext && g.IntN(3) == 0 {
		start = g.pick("$", "a", "b", "c")
	}
	for g.IntN(2) == 0 {
		start += "." + g.pick(someNames...)
		if g.IntN(8) == 0 {
			start += g.pick("[0]", "[-1]", "[1]", "[]")
		}
	}
	return start
}

// within generates what has the context of a path's step or a filter.
func (g *generator) within(generate func() string) string {
	outer := g.inContext
	g.inContext = true
	defer func() { g.inContext = outer }()
	return generate()
}

func (g *generator) filtered(depth int) string {
	base := g.pick(g.path(), "("+g.listOf(depth-1)+")")
	return base + "[" + g.within(func() string {
		switch g.IntN(5) {
		case 0:
			return g.pick("0", "1", "-1", "-2", "0.9", "9")
		case 1:
			return g.number(depth - 2)
		case 2:
			return g.any(depth - 2)
		}
		return g.truth(depth - 1)
	}) + "]"
}

func (g *generator) mapped(depth int) string {
	base := g.pick(g.path(), "("+g.listOf(depth-1)+")", "$y")
	return base + "." + g.within(func() string {
		switch g.IntN(5) {
		case 0:
			return "[" + g.any(depth-2) + "]"
		case 1:
			return g.objectOf(depth - 2)
		case 2:
			return "(" + g.any(depth-1) + ")[" + g.pick("0", "1", "-1", "true") + "]"
		}
		return "(" + g.any(depth-1) + ")"
	})
}

func (g *generator) number(depth int) string {
	if depth <= 0 {
		return g.pick(string(someNumbers[g.IntN(len(someNumbers))]), g.path())
	}
	arg := func(wanted func(int) string) string { return g.maybe(depth-1, wanted) }
	switch g.IntN(8) {
	case 0, 1:
		return "(" + arg(g.number) + " " + g.pick("+", "-", "*", "/", "%") + " " + arg(g.number) + ")"
	case 2:
		return g.pick("$abs", "$floor", "$ceil", "$round", "$number") + "(" + arg(g.number) + ")"
	case 3:
		return g.pick("$count", "$sum", "$max", "$min") + "(" + arg(g.listOf) + ")"
	case 4:
		return "$length(" + arg(g.text) + ")"
	case 5:
		return "-" + g.pick("1", "$x", "("+arg(g.number)+")")
	case 6:
		return "$round(" + arg(g.number) + ", " + g.pick("0", "1", "2", "-1") + ")"
	}
	return g.number(0)
}

func (g *generator) quoted() string {
	b, _ := json.Marshal(someTexts[g.IntN(len(someTexts))]) // a text always encodes
	return string(b)
}

func (g *generator) text(depth int) string {
	if depth <= 0 {
		return g.pick(g.quoted(), g.path())
	}
	arg := func(wanted func(int) string) string { return g.maybe(depth-1, wanted) }
	switch g.IntN(9) {
	case 0:
		if g.ordered {
			return "(" + arg(g.any) + " & " + arg(g.text) + " & " + arg(g.any) + ")"
		}
		return "(" + g.quoted() + " & " + g.quoted() + ")"
	case 1:
		return g.pick("$uppercase", "$lowercase", "$trim") + "(" + arg(g.text) + ")"
	case 2:
		return g.pick("$substringBefore", "$substringAfter") + "(" + arg(g.text) + ", " + g.quoted() + ")"
	case 3:
		return "$substring(" + arg(g.text) + ", " + g.pick("0", "1", "-1", "-2", arg(g.number)) + g.pick("", ", 1", ", 2") + ")"
	case 4:
		return "$join(" + arg(g.listOf) + g.pick("", ", "+g.quoted()) + ")"
	case 5:
		return "$replace(" + arg(g.text) + ", " + g.pick(`"a"`, `","`, g.quoted()) + ", " + g.quoted() + ")"
	case 6:
		if g.ordered {
			return "$string(" + arg(g.any) + g.pick("", ", true", ", false") + ")"
		}
		return "$type(" + arg(g.any) + ")"
	case 7:
		return "$pad(" + arg(g.text) + ", " + g.pick("3", "-4", "0") + g.pick("", ", "+g.quoted()) + ")"
	}
	return g.text(0)
}

func (g *generator) truth(depth int) string {
	if depth <= 0 {
		return g.pick("true", "false", g.path())
	}
	arg := func(wanted func(int) string) string { return g.maybe(depth-1, wanted) }
	switch g.IntN(8) {
	case 0:
		return "(" + arg(g.any) + g.pick(" = ", " != ") + arg(g.any) + ")"
	case 1:
		return "(" + arg(g.number) + g.pick(" < ", " <= ", " > ", " >= ") + arg(g.number) + ")"
	case 2:
		return "(" + arg(g.text) + g.pick(" < ", " <= ", " > ", " >= ") + arg(g.text) + ")"
	case 3:
		return "(" + arg(g.truth) + g.pick(" and ", " or ") + arg(g.any) + ")"
	case 4:
		return g.pick("$not", "$boolean", "$exists") + "(" + arg(g.any) + ")"
	case 5:
		return "$contains(" + arg(g.text) + ", " + g.pick(g.quoted(), `/^a.?b/i`, `/[^a-c]$/`, `/\s|\d/`) + ")"
	case 6:
		return "(" + arg(g.any) + " in " + arg(g.listOf) + ")"
	}
	return g.truth(0)
}

func (g *generator) listOf(depth int) string {
	if depth <= 0 {
		return g.pick("$y", "[]", "[1, 2, 3]", `["b", "a"]`, g.path())
	}
	arg := func(wanted func(int) string) string { return g.maybe(depth-1, wanted) }
	switch g.IntN(10) {
	case 0, 1:
		parts := make([]string, g.IntN(3))
		for i := range parts {
			parts[i] = g.any(depth - 1)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case 2:
		return fmt.Sprintf("[%d..%s]", g.IntN(5)-2, g.pick("2", "3", g.pick("$x", "$count("+arg(g.listOf)+")")))
	case 3:
		return "$append(" + arg(g.any) + ", " + arg(g.any) + ")"
	case 4:
		return g.pick("$reverse", "$distinct", "$sort") + "(" + arg(g.listOf) + ")"
	case 5:
		return g.pick("$map", "$filter") + "(" + arg(g.listOf) + ", " + g.function(depth-1, g.pick("$v", "$v, $i")) + ")"
	case 6:
		return "$reduce(" + arg(g.listOf) + ", " + g.function(depth-1, "$v, $i") + g.pick("", ", "+g.any(depth-1)) + ")"
	case 7:
		return "$split(" + arg(g.text) + ", " + g.pick(`","`, `"a"`, g.quoted()+` & ","`) + g.pick("", ", 1", ", 2") + ")"
	case 8:
		if g.ordered {
			return g.pick("$sort($keys("+arg(g.objectOf)+"))", "$each("+arg(g.objectOf)+", "+g.function(depth-1, "$v, $i")+")")
		}
		return "$sort(" + arg(g.listOf) + ", function($v, $i){" + g.pick("$v > $i", "$v < $i", "true", "$v.a > $i.a") + "})"
	}
	return g.listOf(0)
}

func (g *generator) objectOf(depth int) string {
	if depth <= 0 {
		return g.pick("$z", "{}", g.path())
	}
	if !g.ordered && g.IntN(4) == 0 {
		return g.pick("$merge("+g.maybe(depth-1, g.listOf)+")", "$merge($append("+g.objectOf(depth-1)+", "+g.objectOf(depth-1)+"))")
	}
	var fields []string
	for _, name := range someNames {
		switch g.IntN(4) {
		case 0:
			fields = append(fields, `"`+name+`": `+g.any(depth-1))
		case 1:
			if !g.ordered {
				fields = append(fields, g.pick("$string($x)", `"k" & a`, `"`+name+`"`)+": "+g.any(depth-1))
			}
		}
	}
	src := "{" + strings.Join(fields, ", ") + "}"
	if !g.inContext {
		src = strings.ReplaceAll(src, `"k" & a`, `"k" & $x`)
	}
	return src
}

func (g *generator) function(depth int, params string) string {
	if g.IntN(8) == 0 {
		if g.ordered && g.IntN(4) == 0 {
			return "$string"
		}
		return g.pick("$count", "$append", "$exists", "$round")
	}
	outer := g.locals
	g.locals = append(slices.Clone(g.locals), strings.Split(params, ", ")...)
	defer func() { g.locals = outer }()
	return "function(" + params + "){" + g.any(depth-1) + "}"
}

// block binds a variable, or a function, and uses it.
func (g *generator) block(depth int, result func(int) string) string {
	outer := g.locals
	defer func() { g.locals = outer }()
	if g.IntN(3) == 0 {
		f := "$f := " + g.function(depth-1, "$p, $q")
		return "(" + f + "; $f(" + g.any(depth-2) + ", " + g.any(depth-2) + "))" + g.pick("", "", "[0]", "[]")
	}
	name := g.pick("$m", "$n")
	value := g.any(depth - 1)
	g.locals = append(slices.Clone(g.locals), name)
	if g.IntN(3) == 0 {
		return "(" + name + " := " + value + "; " + g.truth(depth-1) + " ? " + result(depth-1) + " : " + result(depth-1) + ")"
	}
	return "(" + name + " := " + value + "; " + result(depth-1) + ")"
}
