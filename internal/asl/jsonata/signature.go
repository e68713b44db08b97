package jsonata

import (
	"slices"
	"strings"
)

// builtin is a function of the library.
type builtin struct {
	name   string
	params []param
	arity  int
	run    func(s *state, args []any) (any, error)
}

// param is one parameter of a signature.
type param struct {
	accepts  string // symbols of the types it takes; m, undefined, nearly always
	optional bool
	context  bool // the context stands in where the argument is missing
	list     bool // what is no list becomes one
	elements byte // the type that a list's elements must have; 0 is any
}

// newBuiltin reads a signature in the reference's own notation: one letter a
// parameter, (…) for a choice, <…> for an element's type, - for the context, ? for optional.
func newBuiltin(name, signature string, run func(*state, []any) (any, error)) *builtin {
	b := &builtin{name: name, run: run}
	for i := 0; i < len(signature); i++ {
		var last *param
		if len(b.params) > 0 {
			last = &b.params[len(b.params)-1]
		}
		switch c := signature[i]; c {
		case '-':
			last.context, last.optional = true, true
		case '?':
			last.optional = true
		case '<':
			last.elements = signature[i+1]
			i += 2
		case '(':
			end := i + strings.IndexByte(signature[i:], ')')
			b.params = append(b.params, param{accepts: signature[i+1:end] + "m"})
			i = end
		case 'a':
			b.params = append(b.params, param{accepts: "asnblfom", list: true})
		case 'x':
			b.params = append(b.params, param{accepts: "asnblfom"})
		case 'j':
			b.params = append(b.params, param{accepts: "asnblom"})
		case 'f':
			b.params = append(b.params, param{accepts: "f"})
		default:
			b.params = append(b.params, param{accepts: string(c) + "m"})
		}
	}
	b.arity = len(b.params)
	return b
}

// required is how many arguments a call must write out. The reference lets the
// context stand in for more; the subset does not.
func (b *builtin) required() int {
	n := 0
	for _, p := range b.params {
		if !p.optional || p.context {
			n++
		}
	}
	return n
}

// match assigns the arguments' types to parameters as the reference's regular
// expression does: optional parameters take what they can, and give it back where
// the rest would not match. taken says which parameters took one.
func match(params []param, types []byte, taken []bool) bool {
	if len(params) == 0 {
		return len(types) == 0
	}
	p := params[0]
	if len(types) > 0 && strings.IndexByte(p.accepts, types[0]) >= 0 {
		taken[0] = true
		if match(params[1:], types[1:], taken[1:]) {
			return true
		}
	}
	taken[0] = false
	return p.optional && match(params[1:], types, taken[1:])
}

// check fits arguments to the signature.
func (b *builtin) check(s *state, args []any, in any) ([]any, error) {
	var types [8]byte
	var taken [8]bool
	if len(args) > len(types) {
		return nil, s.fail("T0410", "$%s has too many arguments", b.name)
	}
	for i, arg := range args {
		types[i] = symbol(arg)
		if text, ok := arg.(string); ok {
			s.read(len(text))
		}
	}
	if !match(b.params, types[:len(args)], taken[:len(b.params)]) {
		return nil, s.fail("T0410", "the arguments of $%s are not of the types it takes", b.name)
	}
	checked := make([]any, len(b.params))
	next := 0
	for i := range b.params {
		p := &b.params[i]
		checked[i] = nothing{}
		if !taken[i] {
			if p.context {
				if strings.IndexByte(p.accepts, symbol(in)) < 0 {
					return nil, s.fail("T0411", "the context is not of the type that $%s takes", b.name)
				}
				checked[i] = in
			}
			continue
		}
		checked[i] = args[next]
		next++
		if p.list && !isUndefined(checked[i]) {
			var err error
			if checked[i], err = b.listOf(s, p.elements, checked[i]); err != nil {
				return nil, err
			}
		}
	}
	return checked, nil
}

// listOf makes a list of an argument and checks its elements.
func (b *builtin) listOf(s *state, elements byte, v any) (any, error) {
	list, ok := items(v)
	if !ok {
		if elements != 0 && symbol(v) != elements {
			return nil, s.fail("T0412", "the argument of $%s must be a list of another type", b.name)
		}
		return &array{items: []any{v}}, s.growItems(1)
	}
	wrong := func(e any) bool { return symbol(e) != elements }
	if elements != 0 && slices.ContainsFunc(list, wrong) {
		return nil, s.fail("T0412", "the list given to $%s holds elements of another type", b.name)
	}
	return v, nil
}
