package jsonata

import "math"

// name is a field of the context.
type name struct{ key string }

func (n *name) eval(s *state, in any, _ *frame) (any, error) { return s.lookup(in, n.key) }

// step is one part of a path, with the filters that apply to each of its results.
type step struct {
	node    node
	key     string // of a plain name, which needs no evaluation on an object
	filters []node
	cons    bool // an array constructor: as first step it is not mapped over the context
}

// path maps its steps over a sequence, one after the other.
type path struct {
	steps    []step
	absolute bool // begins with a variable: a list in the context is one value
	keep     bool // a single result stays a list
}

func (n *path) eval(s *state, in any, env *frame) (any, error) {
	input, ok := items(in)
	if !ok || n.absolute {
		if first := &n.steps[0]; !n.keep && !first.cons && len(first.filters) == 0 {
			return n.direct(s, in, env)
		}
		input = []any{in}
		in = &array{items: input, sequence: true}
	}
	var result any
	if n.steps[0].cons {
		var err error
		if result, err = s.eval(n.steps[0].node, in, env); err != nil {
			return nil, err
		}
		return n.mapped(s, result, 1, env)
	}
	return n.mapped(s, &array{items: input, sequence: true}, 0, env)
}

// direct walks through objects, which is what nearly all paths are, without
// building sequences. At the first list it leaves the rest to mapped.
func (n *path) direct(s *state, in any, env *frame) (any, error) {
	v, i := in, 0
	if n.steps[0].key == "" {
		first, err := s.eval(n.steps[0].node, in, env)
		if err != nil {
			return nil, err
		}
		v, i = first, 1
	}
	for ; i < len(n.steps) && n.steps[i].key != ""; i++ {
		m, ok := fields(v)
		if !ok {
			break
		}
		if v, ok = m[n.steps[i].key]; !ok {
			return nothing{}, nil
		}
	}
	if _, ok := items(v); !ok && i == len(n.steps) {
		return v, nil
	}
	var results collector
	results.add(v)
	return n.mapped(s, results.sequence(i == len(n.steps)), i, env)
}

// mapped maps the steps from i on over what the step before gave.
func (n *path) mapped(s *state, result any, i int, env *frame) (any, error) {
	for ; i < len(n.steps); i++ {
		input, _ := items(result)
		if i > 0 && len(input) == 0 {
			break
		}
		var results collector
		if err := results.step(s, &n.steps[i], input, env); err != nil {
			return nil, err
		}
		result = results.sequence(i == len(n.steps)-1)
	}
	if a, ok := result.(*array); ok && n.keep {
		if a.cons && !a.sequence {
			return &array{items: []any{a}, sequence: true, keep: true}, nil
		}
		return &array{items: a.items, sequence: a.sequence, cons: a.cons, keep: true}, nil
	}
	return result, nil
}

// collector flattens the results of a step.
type collector struct {
	results int
	first   any
	flat    []any
}

func (c *collector) step(s *state, st *step, input []any, env *frame) error {
	for _, item := range input {
		v, err := s.eval(st.node, item, env)
		if err != nil {
			return err
		}
		for _, predicate := range st.filters {
			if v, err = s.filter(predicate, v, env); err != nil {
				return err
			}
		}
		c.add(v)
	}
	return s.growItems(len(c.flat))
}

func (c *collector) add(v any) {
	if isUndefined(v) {
		return
	}
	if c.results++; c.results == 1 {
		c.first = v
	}
	list, ok := items(v)
	if a, made := v.(*array); !ok || made && a.cons {
		c.flat = append(c.flat, v)
	} else {
		c.flat = append(c.flat, list...)
	}
}

// sequence gives what was collected; the only result of the last step stays the
// list that it is, and does not unwrap.
func (c *collector) sequence(last bool) any {
	if _, ok := items(c.first); ok && last && c.results == 1 && !isSequence(c.first) {
		return c.first
	}
	return &array{items: c.flat, sequence: true}
}

// filtered is an operand outside a path with its predicates. They see the
// operand's sequence before it unwraps.
type filtered struct {
	node    node
	filters []node
}

func (n *filtered) eval(s *state, in any, env *frame) (any, error) {
	v, err := n.node.eval(s, in, env)
	for _, predicate := range n.filters {
		if err != nil {
			return nil, err
		}
		v, err = s.filter(predicate, v, env)
	}
	return v, err
}

// kept is an operand followed by [].
type kept struct{ node node }

func (n *kept) eval(s *state, in any, env *frame) (any, error) {
	v, err := n.node.eval(s, in, env)
	if a, ok := v.(*array); ok && a.sequence {
		return &array{items: a.items, sequence: true, cons: a.cons, keep: true}, err
	}
	return v, err
}

// filter applies one predicate: a number picks an element, anything else is asked
// of each element and picks it by position or by truth.
func (s *state) filter(predicate node, v any, env *frame) (any, error) {
	list, ok := items(v)
	if !ok {
		list = []any{v}
	}
	if lit, ok := predicate.(*literal); ok {
		if f, ok := lit.value.(float64); ok {
			return pick(list, f), nil
		}
	}
	picked := &array{sequence: true}
	for i, element := range list {
		answer, err := s.eval(predicate, element, env)
		if err != nil {
			return nil, err
		}
		times, err := s.picks(answer, i, len(list))
		if err != nil {
			return nil, err
		}
		for range times {
			picked.items = append(picked.items, element)
		}
	}
	return picked, s.growItems(len(picked.items))
}

// pick takes the element at a fixed position; one that is itself a list is not wrapped.
func pick(list []any, position float64) any {
	at := math.Floor(position)
	if at < 0 {
		at += float64(len(list))
	}
	picked := &array{sequence: true}
	if at >= 0 && at < float64(len(list)) {
		element := list[int(at)]
		if _, ok := items(element); ok {
			return element
		}
		if !isUndefined(element) {
			picked.items = []any{element}
		}
	}
	return picked
}

// picks says how often the predicate's answer for the element at position i takes it.
func (s *state) picks(answer any, i, length int) (int, error) {
	positions, isList := items(answer)
	if !isList {
		positions = []any{answer}
	}
	times := 0
	for _, v := range positions {
		at, ok, err := s.numeric(v)
		if err != nil {
			return 0, err
		}
		if !ok {
			taken, err := s.truth(answer)
			if taken {
				return 1, err
			}
			return 0, err
		}
		if at = math.Floor(at); at < 0 {
			at += float64(length)
		}
		if at == float64(i) {
			times++
		}
	}
	return times, s.growItems(len(positions))
}
