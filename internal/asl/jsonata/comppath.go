package jsonata

// path compiles steps joined by points, or a lone name, which is a path of one step.
func (c *compiler) path(x *syntax, w where) (node, error) {
	written := []*syntax{x}
	if x.kind == kindBinary && x.op == "." {
		written = chained(x)
	}
	p := &path{steps: make([]step, len(written))}
	for i, part := range written {
		base, _ := unfiltered(part)
		p.keep = p.keep || base.keep
		var err error
		if i == 0 {
			p.absolute = base.kind == kindVar
			next := (*syntax)(nil)
			if len(written) > 1 {
				next = written[1]
			}
			p.steps[0], err = c.firstStep(part, next, w)
		} else {
			inner := w
			inner.context = true
			p.steps[i], err = c.step(part, inner)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// firstStep differs from the others in that its filters apply before its sequence
// unwraps, and in that it may be a variable whose field the next step names.
func (c *compiler) firstStep(x, next *syntax, w where) (step, error) {
	base, filters := unfiltered(x)
	switch {
	case fieldName(base) != "" && !w.context:
		return step{}, unsupported(base.pos, "the name %s stands alone, without anything it is a field of", fieldName(base))
	case fieldName(base) != "":
		return c.step(x, w)
	case base.kind == kindVar && len(filters) == 0 && next != nil && c.isFree(base, w):
		if field, _ := unfiltered(next); fieldName(field) != "" {
			c.used(base.op).fields[fieldName(field)] = true
			return step{node: keepIf(base.keep, &freeVar{base.op})}, nil
		}
	case base.kind == kindArray && len(filters) > 0 || base.kind == kindBlock && beginsWithList(base):
		// The reference forgets here that one value is no list, and maps over its length.
		return step{}, unsupported(x.pos, "a path cannot begin with a filtered list, or a block around a path that begins with a list")
	case base.kind == kindArray:
		list, err := c.array(base, w, true)
		return step{node: list, cons: true}, err
	}
	if err := refuseStep(base); err != nil {
		return step{}, err
	}
	n, err := c.expr(x, w)
	return step{node: n}, err
}

func (c *compiler) isFree(x *syntax, w where) bool {
	return x.op != "" && x.op != "$" && !IsFunction(x.op) && !w.scope.local(x.op)
}

// fieldName is the name that a step gives, be it written as a name or as a text.
func fieldName(x *syntax) string {
	if x.kind == kindName {
		return x.op
	}
	if text, ok := x.value.(string); ok && x.kind == kindLiteral {
		return text
	}
	return ""
}

func (c *compiler) step(x *syntax, w where) (step, error) {
	base, filters := unfiltered(x)
	if err := refuseStep(base); err != nil {
		return step{}, err
	}
	var st step
	var err error
	switch base.kind {
	case kindName, kindLiteral:
		st.node = keepIf(base.keep, &name{fieldName(base)})
		if len(filters) == 0 && !base.keep {
			st.key = fieldName(base)
		}
	case kindArray:
		st.node, err = c.array(base, w, true)
	default:
		st.node, err = c.expr(base, w)
	}
	if err != nil {
		return step{}, err
	}
	st.filters, err = c.predicates(filters, w)
	return st, err
}

func refuseStep(base *syntax) error {
	switch {
	case base.kind == kindLiteral && fieldName(base) == "":
		if base.value == "" {
			return unsupported(base.pos, "the empty name is not supported; use $lookup")
		}
		return syntaxError(base.pos, "S0213", "a number, true, false or null cannot be a step of a path")
	case base.kind == kindName && base.op == "":
		return unsupported(base.pos, "the empty name is not supported; use $lookup")
	case base.kind == kindLambda:
		return unsupported(base.pos, "a function cannot be a step of a path")
	}
	return nil
}

// beginsWithList says that the block's value may come from a path that begins with
// an array constructor.
func beginsWithList(block *syntax) bool {
	for _, x := range block.list {
		if x.kind == kindBinary && x.op == "." {
			if base, _ := unfiltered(chained(x)[0]); base.kind == kindArray || base.kind == kindBlock && beginsWithList(base) {
				return true
			}
		}
		if base, _ := unfiltered(x); base.kind == kindBlock && beginsWithList(base) {
			return true
		}
	}
	return false
}

// filtered compiles an operand with predicates that is not a step of a path.
func (c *compiler) filtered(x *syntax, w where) (node, error) {
	base, filters := unfiltered(x)
	if base.kind == kindName {
		w.tail = false
		return c.path(x, w)
	}
	if w.tail && base.kind == kindBlock && endsInCall(base) {
		return nil, unsupported(x.pos, "a filter after a block that ends in a call cannot be a function's result; bind it to a variable first")
	}
	w.tail = false
	n, err := c.expr(base, w)
	if err != nil {
		return nil, err
	}
	predicates, err := c.predicates(filters, w)
	if k, ok := n.(*kept); ok {
		return &kept{&filtered{node: k.node, filters: predicates}}, err
	}
	return &filtered{node: n, filters: predicates}, err
}

// endsInCall says that the reference would put off the block's last call until
// after the filter.
func endsInCall(x *syntax) bool {
	switch base, filters := unfiltered(x); base.kind {
	case kindCall:
		return len(filters) == 0
	case kindBlock:
		return len(base.list) > 0 && endsInCall(base.list[len(base.list)-1])
	case kindCond:
		return endsInCall(base.list[1]) || len(base.list) > 2 && endsInCall(base.list[2])
	}
	return false
}

func (c *compiler) predicates(filters []*syntax, w where) ([]node, error) {
	w.context, w.tail = true, false
	return c.all(filters, w)
}

func (c *compiler) array(x *syntax, w where, cons bool) (node, error) {
	w.tail = false
	n := &arrayNode{elements: make([]element, len(x.list)), cons: cons}
	for i, e := range x.list {
		base, _ := unfiltered(e)
		compiled, err := c.expr(e, w)
		if err != nil {
			return nil, err
		}
		n.elements[i] = element{node: compiled, nested: base.kind == kindArray}
	}
	return n, nil
}

func (c *compiler) object(x *syntax, w where) (node, error) {
	n := &objectNode{pos: x.pos, names: []string{}}
	seen := map[string]bool{}
	literals := true
	for i := 0; i < len(x.list); i += 2 {
		key, value := x.list[i], x.list[i+1]
		compiled, err := c.all([]*syntax{key, value}, w)
		if err != nil {
			return nil, err
		}
		n.keys, n.values = append(n.keys, compiled[0]), append(n.values, compiled[1])
		name, ok := key.value.(string)
		if !ok || key.kind != kindLiteral {
			literals = false
			continue
		}
		if seen[name] {
			return nil, syntaxError(key.pos, "D1009", "two keys of the object are %q", name)
		}
		seen[name] = true
		n.names = append(n.names, name)
	}
	if !literals {
		n.names = nil
	}
	return n, nil
}
