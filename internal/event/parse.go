package event

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchboard/internal/schema"
)

// Problem is what is wrong with a filter, at a JSON pointer from it.
type Problem struct{ Pointer, Message string }

// maxDepth bounds how deep a filter may be nested.
const maxDepth = 20

// Parse reads a filter; numbers in it are json.Number.
func Parse(filter map[string]any) (Pattern, []Problem) {
	p := parser{}
	return Pattern{p.object(filter, "", 0), filter}, p.problems
}

type parser struct{ problems []Problem }

func (p *parser) wrong(at, format string, args ...any) condition {
	p.problems = append(p.problems, Problem{Pointer: at, Message: fmt.Sprintf(format, args...)})
	return never
}

func never(_, _ []any) bool { return false }

func (p *parser) object(m map[string]any, at string, depth int) map[string]condition {
	if depth > maxDepth {
		p.wrong(at, "A filter may be nested %d levels deep at most.", maxDepth)
		return nil
	}
	if depth > 0 && len(m) == 0 {
		p.wrong(at, "An object within a filter must not be empty.")
	}
	members := make(map[string]condition, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		at := at + "/" + schema.Escape(name)
		if name == "$or" {
			p.wrong(at, "A filter has no $or. Make a workflow for each, or filter by a condition node.")
			continue
		}
		switch v := m[name].(type) {
		case map[string]any:
			members[name] = within(p.object(v, at, depth+1))
		case []any:
			members[name] = p.alternatives(v, at)
		default:
			members[name] = p.wrong(at, "A member of a filter is a list of the values that fit, such as [\"open\"], or an object.")
		}
	}
	return members
}

// alternatives fit if one of them does. A list in the event fits if one of its items does.
func (p *parser) alternatives(list []any, at string) condition {
	if len(list) == 0 {
		return p.wrong(at, "A list of values must not be empty.")
	}
	var all []condition
	for i, v := range list {
		at := fmt.Sprintf("%s/%d", at, i)
		switch v := v.(type) {
		case map[string]any:
			all = append(all, p.operator(v, at))
		case []any:
			all = append(all, p.wrong(at, "A value that fits is a text, a number, true, false, null, or an operator."))
		default:
			all = append(all, leaf(func(found any) bool { return equal(v, found) }))
		}
	}
	return func(values, everywhere []any) bool {
		return slices.ContainsFunc(all, func(c condition) bool { return c(values, everywhere) })
	}
}

// operator reads {"prefix": "a"} and the like.
func (p *parser) operator(m map[string]any, at string) condition {
	if len(m) != 1 {
		return p.wrong(at, "An operator is an object with one member, such as {\"prefix\": \"a\"}.")
	}
	for name, v := range m {
		switch name {
		case "prefix", "suffix", "equals-ignore-case":
			return leaf(p.text(name, v, at))
		case "exists":
			want, ok := v.(bool)
			if !ok {
				return p.wrong(at, "exists takes true or false.")
			}
			return existing(want)
		case "anything-but":
			return p.anythingBut(v, at)
		case "numeric":
			return p.numeric(v, at)
		default:
			return p.wrong(at, "There is no operator %q. The operators are: prefix, suffix, equals-ignore-case, exists, anything-but, numeric.", name)
		}
	}
	return never // it has a member
}

// text reads an operator on texts.
func (p *parser) text(name string, v any, at string) (right func(any) bool) {
	want, ok := v.(string)
	if !ok {
		p.wrong(at, "%s takes a text.", name)
		return func(any) bool { return false }
	}
	compare := map[string]func(s, want string) bool{
		"prefix": strings.HasPrefix, "suffix": strings.HasSuffix, "equals-ignore-case": strings.EqualFold,
	}[name]
	return func(v any) bool {
		s, ok := v.(string)
		return ok && compare(s, want)
	}
}

// anythingBut reads what must not be: a text, a number, a list of either, or an
// operator on texts.
func (p *parser) anythingBut(v any, at string) condition {
	const takes = "anything-but takes a text, a number, a list of either, or {\"prefix\": ...}, {\"suffix\": ...} or {\"equals-ignore-case\": ...}."
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if len(v) == 1 && (name == "prefix" || name == "suffix" || name == "equals-ignore-case") {
				not := p.text(name, inner, at)
				return leaf(func(found any) bool { return !not(found) })
			}
		}
		return p.wrong(at, takes)
	case []any:
		return p.noneOf(v, at, takes)
	default:
		return p.noneOf([]any{v}, at, takes)
	}
}

func (p *parser) noneOf(list []any, at, takes string) condition {
	texts, numbers := 0, 0
	for _, v := range list {
		_, isText := v.(string)
		n, isNumber := number(v)
		switch {
		case isText:
			texts++
		case isNumber && inRange(n):
			numbers++
		}
	}
	if len(list) == 0 || texts != len(list) && numbers != len(list) {
		return p.wrong(at, "%s", takes)
	}
	return leaf(func(found any) bool {
		return !slices.ContainsFunc(list, func(not any) bool { return equal(not, found) })
	})
}

func (p *parser) numeric(v any, at string) condition {
	const takes = "numeric takes one comparison, such as [\">\", 0], or a range, such as [\">\", 0, \"<=\", 5]."
	list, ok := v.([]any)
	if !ok || len(list) != 2 && len(list) != 4 {
		return p.wrong(at, takes)
	}
	var bounds []float64
	var compare []func(n, bound float64) bool
	for i := 0; i < len(list); i += 2 {
		bound, ok := number(list[i+1])
		if !ok || !inRange(bound) {
			return p.wrong(at, "numeric compares with numbers from -5000000000 to 5000000000.")
		}
		sign, _ := list[i].(string)
		if comparisons[sign] == nil {
			return p.wrong(at, "numeric compares by =, >, >=, < or <=.")
		}
		bounds, compare = append(bounds, bound), append(compare, comparisons[sign])
	}
	first, _ := list[0].(string)
	if len(list) == 4 {
		second, _ := list[2].(string)
		if !strings.HasPrefix(first, ">") || !strings.HasPrefix(second, "<") || bounds[0] >= bounds[1] {
			return p.wrong(at, takes)
		}
	} else if first == ">" && bounds[0] == maxNumber || first == "<" && bounds[0] == -maxNumber {
		return p.wrong(at, "No number that EventBridge compares fits: they go from -5000000000 to 5000000000.")
	}
	return leaf(func(v any) bool {
		n, ok := number(v)
		for i := range bounds {
			ok = ok && inRange(n) && compare[i](n, bounds[i])
		}
		return ok
	})
}

var comparisons = map[string]func(n, bound float64) bool{
	"=":  func(n, bound float64) bool { return n == bound },
	">":  func(n, bound float64) bool { return n > bound },
	">=": func(n, bound float64) bool { return n >= bound },
	"<":  func(n, bound float64) bool { return n < bound },
	"<=": func(n, bound float64) bool { return n <= bound },
}
