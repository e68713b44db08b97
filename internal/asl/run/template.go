package run

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/asl/jsonata"
)

// template is a JSON value with its expressions compiled.
type template struct {
	literal any // where nothing within is an expression
	expr    *jsonata.Expr
	src     string // of expr
	field   string // where expr stands, for error texts
	list    []*template
	keys    []string // of an object, sorted so that evaluation has one order
	values  []*template
	needs   needs
}

// compileTemplate compiles a value that stands in field.
func compileTemplate(v any, field string) (*template, error) {
	switch v := v.(type) {
	case asl.Expr:
		expr, err := jsonata.Compile(string(v))
		if err != nil {
			return nil, fmt.Errorf("compiling %s: %w", field, err)
		}
		src := strings.TrimSpace(string(v))
		return &template{expr: expr, src: src, field: field, needs: needsOf(expr)}, nil
	case []any:
		return compileList(v, field)
	case map[string]any:
		return compileObject(v, field)
	default:
		return &template{literal: v}, nil
	}
}

func compileList(v []any, field string) (*template, error) {
	t := &template{list: make([]*template, len(v))}
	constant := true
	for i, e := range v {
		el, err := compileTemplate(e, fmt.Sprintf("%s[%d]", field, i))
		if err != nil {
			return nil, err
		}
		t.list[i] = el
		t.needs |= el.needs
		constant = constant && el.constant()
	}
	if constant {
		return &template{literal: v}, nil
	}
	return t, nil
}

func compileObject(v map[string]any, field string) (*template, error) {
	t := &template{keys: slices.Sorted(maps.Keys(v)), values: make([]*template, len(v))}
	constant := true
	for i, k := range t.keys {
		el, err := compileTemplate(v[k], field+"/"+k)
		if err != nil {
			return nil, err
		}
		t.values[i] = el
		t.needs |= el.needs
		constant = constant && el.constant()
	}
	if constant {
		return &template{literal: v}, nil
	}
	return t, nil
}

// constant says whether the template is the same for every execution.
func (t *template) constant() bool { return t.expr == nil && t.list == nil && t.values == nil }

// eval gives the template's value.
func (t *template) eval(b jsonata.Bindings) (any, error) {
	switch {
	case t.expr != nil:
		return t.evalExpr(b)
	case t.list != nil:
		out := make([]any, len(t.list))
		for i, el := range t.list {
			v, err := el.eval(b)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case t.values != nil:
		out := make(map[string]any, len(t.keys))
		for i, k := range t.keys {
			v, err := t.values[i].eval(b)
			if err != nil {
				return nil, err
			}
			out[k] = v
		}
		return out, nil
	default:
		return t.literal, nil
	}
}

// evalExpr words its failures as Step Functions does.
func (t *template) evalExpr(b jsonata.Bindings) (any, error) {
	v, defined, err := t.expr.Eval(b)
	if err != nil {
		told := err.Error()
		if e, ok := errors.AsType[*jsonata.Error](err); ok {
			told = e.Code + ": " + e.Message
		}
		return nil, fail(asl.ErrorQueryEvaluation,
			"The JSONata expression '%s' specified for the field '%s' threw an error during evaluation. %s", t.src, t.field, told)
	}
	if !defined {
		return nil, fail(asl.ErrorQueryEvaluation,
			"The JSONata expression '%s' specified for the field '%s' returned nothing (undefined).", t.src, t.field)
	}
	return v, nil
}

// needs says which parts of $states an expression reads, so that the others are
// neither decoded nor built.
type needs uint8

const (
	needsInput needs = 1 << iota
	needsResult
	needsError
	needsContext
	needsAll = needsInput | needsResult | needsError | needsContext
)

var statesParts = map[string]needs{
	"input": needsInput, "result": needsResult, "errorOutput": needsError, "context": needsContext,
}

// needsOf reads what an expression takes from $states.
func needsOf(expr *jsonata.Expr) needs {
	fields, whole := expr.Fields("states")
	if whole {
		return needsAll
	}
	var n needs
	for _, field := range fields {
		n |= statesParts[field]
	}
	return n
}
