package jsonata

import (
	"fmt"
	"math"
	"strings"
)

// node is a compiled piece of an expression. in is the context, which names and $
// refer to; nothing{} at the top level.
type node interface {
	eval(s *state, in any, env *frame) (any, error)
}

// state is one evaluation: where free variables come from, and what it may still use.
type state struct {
	bindings Bindings
	steps    int
	depth    int
	room     int
	at       int // offset of the operation under way, for errors
}

func (s *state) fail(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Offset: s.at}
}

// enter counts one step, one level down. Errors end the evaluation, so only
// success has to leave.
func (s *state) enter() error {
	s.steps--
	s.depth++
	if s.steps < 0 {
		return s.fail(CodeLimit, "the expression takes more than %d steps", maxSteps)
	}
	if s.depth > maxDepth {
		return s.fail(CodeLimit, "the expression or its data is nested deeper than %d", maxDepth)
	}
	return nil
}

func (s *state) leave() { s.depth-- }

// grow counts bytes that are about to be built.
func (s *state) grow(bytes int) error {
	if s.room -= bytes; s.room < 0 {
		return s.fail(CodeLimit, "the expression builds more than %d bytes", maxGrowth)
	}
	return nil
}

func (s *state) growItems(n int) error { return s.grow(16 * n) }

// read counts text that is about to be searched or compared.
func (s *state) read(bytes int) { s.steps -= bytes / 64 }

// eval evaluates a node and unwraps its sequence, as every evaluation ends. A node
// that calls another's eval method itself leaves the sequence whole.
func (s *state) eval(n node, in any, env *frame) (any, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	v, err := n.eval(s, in, env)
	if err != nil {
		return nil, err
	}
	s.leave()
	if a, ok := v.(*array); ok && a.sequence {
		switch {
		case len(a.items) == 0:
			return nothing{}, nil
		case len(a.items) == 1 && !a.keep:
			return a.items[0], nil
		}
	}
	return v, nil
}

// frame holds the variables of a block, or the arguments of a function.
type frame struct {
	outer  *frame
	names  []string
	values []any
}

func (f *frame) lookup(name string) (any, bool) {
	for ; f != nil; f = f.outer {
		for i, n := range f.names {
			if n == name {
				return f.values[i], true
			}
		}
	}
	return nil, false
}

func (f *frame) bind(name string, v any) {
	for i, n := range f.names {
		if n == name {
			f.values[i] = v
			return
		}
	}
	f.names, f.values = append(f.names, name), append(f.values, v)
}

type literal struct{ value any }

func (n *literal) eval(*state, any, *frame) (any, error) { return n.value, nil }

// context is $.
type context struct{}

func (context) eval(_ *state, in any, _ *frame) (any, error) { return in, nil }

type freeVar struct{ name string }

func (n *freeVar) eval(s *state, _ any, _ *frame) (any, error) {
	if s.bindings != nil {
		if v, ok := s.bindings.Lookup(n.name); ok {
			return v, nil
		}
	}
	return nothing{}, nil
}

// localVar is bound within the expression, or will be by the time it is read; a
// function that runs earlier than that sees the free variable.
type localVar struct{ freeVar }

func (n *localVar) eval(s *state, in any, env *frame) (any, error) {
	if v, ok := env.lookup(n.name); ok {
		return v, nil
	}
	return n.freeVar.eval(s, in, env)
}

type bind struct {
	name  string
	value node
}

func (n *bind) eval(s *state, in any, env *frame) (any, error) {
	v, err := s.eval(n.value, in, env)
	if err == nil {
		env.bind(n.name, v)
	}
	return v, err
}

type block struct {
	statements []node
	binds      bool // needs a frame of its own
}

func (n *block) eval(s *state, in any, env *frame) (v any, err error) {
	if n.binds {
		env = &frame{outer: env}
	}
	v = nothing{}
	for _, statement := range n.statements {
		if v, err = s.eval(statement, in, env); err != nil {
			return nil, err
		}
	}
	return v, nil
}

type cond struct{ test, then, otherwise node }

func (n *cond) eval(s *state, in any, env *frame) (any, error) {
	v, err := s.eval(n.test, in, env)
	if err != nil {
		return nil, err
	}
	ok, err := s.truth(v)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return s.eval(n.then, in, env)
	case n.otherwise != nil:
		return s.eval(n.otherwise, in, env)
	}
	return nothing{}, nil
}

// logic is a chain of and, or a chain of or.
type logic struct {
	parts []node
	or    bool
}

func (n *logic) eval(s *state, in any, env *frame) (any, error) {
	for _, part := range n.parts {
		v, err := s.eval(part, in, env)
		if err != nil {
			return nil, err
		}
		ok, err := s.truth(v)
		if err != nil {
			return nil, err
		}
		if ok == n.or {
			return n.or, nil
		}
	}
	return !n.or, nil
}

// concat is a chain of &.
type concat struct {
	parts []node
	pos   int
}

func (n *concat) eval(s *state, in any, env *frame) (any, error) {
	var b strings.Builder
	for _, part := range n.parts {
		v, err := s.eval(part, in, env)
		if err != nil {
			return nil, err
		}
		s.at = n.pos
		text, _, err := s.text(v)
		if err != nil {
			return nil, err
		}
		if err := s.grow(len(text)); err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// binary evaluates both sides and joins them.
type binary struct {
	lhs, rhs node
	op       string
	join     func(s *state, op string, a, b any) (any, error)
	pos      int
}

func (n *binary) eval(s *state, in any, env *frame) (any, error) {
	a, err := s.eval(n.lhs, in, env)
	if err != nil {
		return nil, err
	}
	b, err := s.eval(n.rhs, in, env)
	if err != nil {
		return nil, err
	}
	s.at = n.pos
	return n.join(s, n.op, a, b)
}

func arithmetic(s *state, op string, a, b any) (any, error) {
	x, xok, err := s.numeric(a)
	if err != nil {
		return nil, err
	}
	if !xok && !isUndefined(a) {
		return nil, s.fail("T2001", "the left side of %s must be a number", op)
	}
	y, yok, err := s.numeric(b)
	if err != nil {
		return nil, err
	}
	if !yok && !isUndefined(b) {
		return nil, s.fail("T2002", "the right side of %s must be a number", op)
	}
	if !xok || !yok {
		return nothing{}, nil
	}
	switch op {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "/":
		return x / y, nil
	default:
		return math.Mod(x, y), nil
	}
}

func equality(s *state, op string, a, b any) (any, error) {
	if isUndefined(a) || isUndefined(b) {
		return false, nil
	}
	same, err := s.equal(a, b)
	return same == (op == "="), err
}

func comparison(s *state, op string, a, b any) (any, error) {
	ordered := func(v any) bool {
		kind := symbol(v)
		return kind == 's' || kind == 'n' || isUndefined(v)
	}
	if !ordered(a) || !ordered(b) {
		return nil, s.fail("T2010", "both sides of %s must be numbers or texts", op)
	}
	if isUndefined(a) || isUndefined(b) {
		return nothing{}, nil
	}
	if symbol(a) != symbol(b) {
		return nil, s.fail("T2009", "both sides of %s must be of the same type", op)
	}
	if x, ok := a.(string); ok {
		s.read(len(x))
		order := compareText(x, b.(string))
		return compareResult(op, order < 0, order > 0, order == 0), nil
	}
	x, _ := float(a)
	y, _ := float(b)
	return compareResult(op, x < y, x > y, x == y), nil
}

// compareResult takes all three so that NaN is neither.
func compareResult(op string, less, more, same bool) bool {
	switch op {
	case "<":
		return less
	case "<=":
		return less || same
	case ">":
		return more
	default:
		return more || same
	}
}

func inclusion(_ *state, _ string, a, b any) (any, error) {
	if isUndefined(a) || isUndefined(b) {
		return false, nil
	}
	list, ok := items(b)
	if !ok {
		list = []any{b}
	}
	for _, element := range list {
		if identical(element, a) {
			return true, nil
		}
	}
	return false, nil
}

func span(s *state, _ string, a, b any) (any, error) {
	integer := func(v any) (float64, bool) {
		f, ok := float(v)
		return f, ok && f == math.Trunc(f) && !math.IsInf(f, 0)
	}
	from, ok := integer(a)
	if !ok && !isUndefined(a) {
		return nil, s.fail("T2003", "the left side of .. must be an integer")
	}
	to, ok := integer(b)
	if !ok && !isUndefined(b) {
		return nil, s.fail("T2004", "the right side of .. must be an integer")
	}
	if isUndefined(a) || isUndefined(b) || from > to {
		return nothing{}, nil
	}
	size := to - from + 1
	if size > maxRange {
		return nil, s.fail("D2014", "the range has more than %d elements", maxRange)
	}
	list := &array{sequence: true, items: make([]any, 0, int(size))}
	for i := range int(size) {
		list.items = append(list.items, from+float64(i))
	}
	return list, s.growItems(len(list.items))
}

type negate struct {
	operand node
	pos     int
}

func (n *negate) eval(s *state, in any, env *frame) (any, error) {
	v, err := s.eval(n.operand, in, env)
	if err != nil || isUndefined(v) {
		return v, err
	}
	s.at = n.pos
	f, ok, err := s.numeric(v)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, s.fail("D1002", "only a number can be negated")
	}
	return -f, nil
}
