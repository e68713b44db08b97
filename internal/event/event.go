// Package event says which events start a workflow: those from a source, of a
// detail type, whose detail fits a filter. A filter is written as EventBridge has
// event patterns, and means the same here and there.
//
//	{"status": ["open", "new"], "total": [{"numeric": [">", 1000]}], "customer": {"country": ["DE"]}}
//
// Source: the EventBridge user guide, "Comparison operators for use in event patterns".
package event

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/schema"
)

// Pattern is a parsed filter. The zero value fits everything.
type Pattern struct{ members map[string]condition }

// condition is fulfilled by a value (false for ok: the member is missing).
type condition func(v any, ok bool) bool

// Problem is what is wrong with a filter, at a JSON pointer from it.
type Problem struct{ Pointer, Message string }

// maxDepth bounds how deep a filter may be nested.
const maxDepth = 20

// Parse reads a filter; numbers in it are json.Number.
func Parse(filter map[string]any) (Pattern, []Problem) {
	p := parser{}
	return Pattern{p.object(filter, "", 0)}, p.problems
}

// Fits says whether an event's detail fits.
func (p Pattern) Fits(detail any) bool {
	m, ok := detail.(map[string]any)
	return len(p.members) == 0 || ok && fits(p.members, m)
}

func fits(members map[string]condition, m map[string]any) bool {
	for name, c := range members {
		v, ok := m[name]
		if !c(v, ok) {
			return false
		}
	}
	return true
}

type parser struct{ problems []Problem }

func (p *parser) wrong(at, format string, args ...any) condition {
	p.problems = append(p.problems, Problem{Pointer: at, Message: fmt.Sprintf(format, args...)})
	return func(any, bool) bool { return false }
}

func (p *parser) object(m map[string]any, at string, depth int) map[string]condition {
	if depth > maxDepth {
		p.wrong(at, "A filter may be nested %d levels deep at most.", maxDepth)
		return nil
	}
	members := make(map[string]condition, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		at := at + "/" + schema.Escape(name)
		switch v := m[name].(type) {
		case map[string]any:
			inner := p.object(v, at, depth+1)
			members[name] = func(v any, _ bool) bool {
				m, ok := v.(map[string]any)
				return ok && fits(inner, m)
			}
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
	var exact []any
	var others []condition
	for i, v := range list {
		switch v := v.(type) {
		case map[string]any:
			others = append(others, p.operator(v, fmt.Sprintf("%s/%d", at, i)))
		case []any:
			p.wrong(fmt.Sprintf("%s/%d", at, i), "A value that fits is a text, a number, true, false, null, or an operator.")
		default:
			exact = append(exact, v)
		}
	}
	one := func(v any, ok bool) bool {
		return ok && slices.ContainsFunc(exact, func(e any) bool { return equal(e, v) }) ||
			slices.ContainsFunc(others, func(c condition) bool { return c(v, ok) })
	}
	return func(v any, ok bool) bool {
		items, isList := v.([]any)
		if !isList {
			return one(v, ok)
		}
		return slices.ContainsFunc(items, func(item any) bool { return one(item, true) })
	}
}

func equal(a, b any) bool {
	x, xOK := number(a)
	y, yOK := number(b)
	if xOK && yOK {
		return x == y
	}
	return reflect.DeepEqual(a, b)
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	default:
		return 0, false
	}
}

// operator reads {"prefix": "a"} and the like.
func (p *parser) operator(m map[string]any, at string) condition {
	if len(m) != 1 {
		return p.wrong(at, "An operator is an object with one member, such as {\"prefix\": \"a\"}.")
	}
	for name, v := range m {
		switch name {
		case "prefix":
			return p.text(v, at, strings.HasPrefix)
		case "suffix":
			return p.text(v, at, strings.HasSuffix)
		case "equals-ignore-case":
			return p.text(v, at, strings.EqualFold)
		case "exists":
			want, ok := v.(bool)
			if !ok {
				return p.wrong(at, "exists takes true or false.")
			}
			return func(_ any, ok bool) bool { return ok == want }
		case "anything-but":
			return p.anythingBut(v, at)
		case "numeric":
			return p.numeric(v, at)
		}
		p.wrong(at, "There is no operator %q. The operators are: prefix, suffix, equals-ignore-case, exists, anything-but, numeric.", name)
	}
	return func(any, bool) bool { return false }
}

func (p *parser) text(v any, at string, fits func(s, want string) bool) condition {
	want, ok := v.(string)
	if !ok {
		return p.wrong(at, "This operator takes a text.")
	}
	return func(v any, _ bool) bool {
		s, ok := v.(string)
		return ok && fits(s, want)
	}
}

func (p *parser) anythingBut(v any, at string) condition {
	var not condition
	switch v := v.(type) {
	case []any:
		not = p.alternatives(v, at)
	case map[string]any:
		not = p.operator(v, at)
	default:
		not = p.alternatives([]any{v}, at)
	}
	return func(v any, ok bool) bool { return ok && !not(v, ok) }
}

func (p *parser) numeric(v any, at string) condition {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list)%2 != 0 || len(list) > 4 {
		return p.wrong(at, "numeric takes a list of comparisons, such as [\">\", 0, \"<=\", 5].")
	}
	var all []func(float64) bool
	for i := 0; i < len(list); i += 2 {
		bound, ok := number(list[i+1])
		if !ok {
			return p.wrong(at, "numeric compares with numbers.")
		}
		switch list[i] {
		case "=":
			all = append(all, func(n float64) bool { return n == bound })
		case ">":
			all = append(all, func(n float64) bool { return n > bound })
		case ">=":
			all = append(all, func(n float64) bool { return n >= bound })
		case "<":
			all = append(all, func(n float64) bool { return n < bound })
		case "<=":
			all = append(all, func(n float64) bool { return n <= bound })
		default:
			return p.wrong(at, "numeric compares by =, >, >=, < or <=.")
		}
	}
	return func(v any, _ bool) bool {
		n, ok := number(v)
		return ok && !slices.ContainsFunc(all, func(fits func(float64) bool) bool { return !fits(n) })
	}
}

// Event is something that happened, put on an account's bus.
type Event struct {
	ID         string
	Source     string
	DetailType string
	Detail     any
	Time       time.Time
}

// Bus takes events and starts the workflows that wait for them.
type Bus interface {
	// Put returns the ids of the executions that it started; they are on disk. The bus
	// of AWS starts them later and returns none.
	Put(ctx context.Context, p account.Principal, e Event) (executions []string, err error)
}
