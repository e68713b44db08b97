// Package jsonata evaluates the closed subset of JSONata 2.0.6 that Switchboard
// emits, so that a definition runs on a laptop as it does on Step Functions.
//
// The measure is the reference implementation (npm jsonata@2.0.6, the version
// that Step Functions documents), its accidents included: how sequences unwrap
// and flatten, what undefined does in every operator, numbers to 15 digits in
// text, code points in $substring. Tests compare the two on a table and on random
// expressions. What is not needed, or cannot agree, is refused by Compile instead
// of being evaluated a little differently: wildcards, order-by, group-by, parent,
// partial application, chaining, transforms, whatever depends on time or chance,
// and, as Step Functions does, $ and $$ at the top level.
//
// Known differences, all of them out of the reference's JavaScript: an object has
// no order here, so $keys, $each and $string go by name; a property is only ever
// the object's own, so x.constructor is undefined; $split with an empty separator
// cuts between code points, not within them; an object constructor that is mapped
// over an empty list does not put an undefined element into that list.
//
// Evaluation is bounded in steps, depth and memory, and a compiled expression is
// immutable: one Expr may be evaluated by many goroutines.
package jsonata

import (
	"fmt"
	"maps"
	"slices"
)

// Limits. Step Functions gives an expression one second and an undisclosed amount
// of memory; these are the same idea in units that don't depend on the machine.
const (
	maxSource  = 1 << 20   // bytes of an expression: the limit of a whole definition
	maxNesting = 400       // brackets and operators within each other, in the source
	maxHeight  = 1000      // of the syntax tree, which 1+1+1+... grows without nesting
	maxSteps   = 2_000_000 // nodes evaluated and elements visited
	maxDepth   = 4000      // evaluations within each other
	maxGrowth  = 16 << 20  // bytes that an evaluation may build
	maxRange   = 100_000   // elements of [a..b]; the reference takes 10 million
)

// Codes of what only this implementation refuses; all others are the reference's.
const (
	CodeUnsupported = "X0001" // outside the subset
	CodeLimit       = "X0002" // too long, too deep, too many steps, too large
	CodeNotJSON     = "X0003" // a value that JSON cannot hold
)

// Error is a failure of Compile or Eval.
type Error struct {
	Code    string // as in the reference, such as T2001; D3137 is $error(message)
	Message string
	Offset  int // in bytes of the source
}

// Error shows all three parts.
func (e *Error) Error() string {
	return fmt.Sprintf("%s at offset %d: %s", e.Code, e.Offset, e.Message)
}

// Bindings give the values of free variables, named without their $. A value is
// map[string]any, []any, string, json.Number, float64, bool or nil, and is only read.
type Bindings interface {
	Lookup(name string) (v any, ok bool)
}

// MapBindings are Bindings held in a map.
type MapBindings map[string]any

// Lookup implements Bindings.
func (m MapBindings) Lookup(name string) (any, bool) { v, ok := m[name]; return v, ok }

// Expr is a compiled expression. It is immutable and safe for concurrent use.
type Expr struct {
	root node
	free map[string]*usage
}

// usage says how a free variable is used.
type usage struct {
	fields map[string]bool
	whole  bool
}

// Compile parses an expression, given without its {% %}. What lies outside the
// subset is refused with CodeUnsupported and the offset.
func Compile(src string) (*Expr, error) {
	tree, err := parse(src)
	if err != nil {
		return nil, err
	}
	c := compiler{free: map[string]*usage{}}
	root, err := c.body(tree, where{})
	if err != nil {
		return nil, err
	}
	return &Expr{root: root, free: c.free}, nil
}

// Eval gives the expression's value, in the types that Bindings has; numbers that
// were only passed on keep their digits. defined is false where the reference
// gives undefined. Errors are *Error.
func (e *Expr) Eval(b Bindings) (v any, defined bool, err error) {
	s := state{bindings: b, steps: maxSteps, room: maxGrowth}
	v, err = s.eval(e.root, nothing{}, nil)
	if err != nil {
		return nil, false, err
	}
	if isUndefined(v) {
		return nil, false, nil
	}
	v, err = s.export(v)
	return v, err == nil, err
}

// Variables lists the free variables without their $, sorted.
func (e *Expr) Variables() []string { return slices.Sorted(maps.Keys(e.free)) }

// Fields lists the fields of a free variable that the expression names directly,
// as in $states.input, sorted. whole says that the variable is also used otherwise.
func (e *Expr) Fields(variable string) (fields []string, whole bool) {
	u := e.free[variable]
	if u == nil {
		return nil, false
	}
	return slices.Sorted(maps.Keys(u.fields)), u.whole
}
