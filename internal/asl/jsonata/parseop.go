package jsonata

// operator reads what follows an operator that has its left side already.
func (p *parser) operator(t token, left *syntax) (*syntax, error) {
	switch t.text {
	case "[":
		return p.filter(t, left)
	case "(":
		return p.call(t, left)
	case "?":
		return p.condition(t, left)
	case ":=":
		if left.kind != kindVar || left.op == "" || left.op == "$" {
			return nil, syntaxError(left.pos, "S0212", "only a variable can stand to the left of :=")
		}
		return p.binary(t, left, binding[":="]-1)
	case "{":
		return nil, unsupported(t.pos, "grouping is not supported")
	case "^":
		return nil, unsupported(t.pos, "the order-by operator is not supported; use $sort")
	case "~>":
		return nil, unsupported(t.pos, "chaining with ~> is not supported")
	case "@", "#", "**", "|":
		return nil, unsupported(t.pos, "the operator %s is not supported", t.text)
	}
	return p.binary(t, left, binding[t.text])
}

func (p *parser) binary(t token, left *syntax, strength int) (*syntax, error) {
	right, err := p.expression(strength)
	if err != nil {
		return nil, err
	}
	return (&syntax{kind: kindBinary, op: t.text, lhs: left, rhs: right, pos: t.pos}).done()
}

func (p *parser) filter(t token, left *syntax) (*syntax, error) {
	if p.at("]") {
		base, _ := unfiltered(left)
		base.keep = true
		return left, p.advance(false)
	}
	predicate, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect("]", true); err != nil {
		return nil, err
	}
	return (&syntax{kind: kindBinary, op: "[", lhs: left, rhs: predicate, pos: t.pos}).done()
}

// unfiltered takes the filters off an operand; they come back in the order they apply.
func unfiltered(x *syntax) (base *syntax, filters []*syntax) {
	for x.kind == kindBinary && x.op == "[" {
		filters = append(filters, x.rhs)
		x = x.lhs
	}
	for i, j := 0, len(filters)-1; i < j; i, j = i+1, j-1 {
		filters[i], filters[j] = filters[j], filters[i]
	}
	return x, filters
}

func (p *parser) condition(t token, test *syntax) (*syntax, error) {
	then, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	x := &syntax{kind: kindCond, list: []*syntax{test, then}, pos: t.pos}
	if p.at(":") {
		if err := p.advance(false); err != nil {
			return nil, err
		}
		otherwise, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		x.list = append(x.list, otherwise)
	}
	return x.done()
}

func (p *parser) call(t token, left *syntax) (*syntax, error) {
	x := &syntax{kind: kindCall, lhs: left, pos: t.pos}
	err := p.listed(")", func() error {
		if p.at("?") {
			return unsupported(p.tok.pos, "partial application is not supported")
		}
		argument, err := p.expression(0)
		x.list = append(x.list, argument)
		return err
	})
	if err != nil {
		return nil, err
	}
	if left.kind == kindName && (left.op == "function" || left.op == "λ") {
		return p.lambda(x)
	}
	return x.done()
}

// lambda turns function(...) into a definition by reading its body.
func (p *parser) lambda(x *syntax) (*syntax, error) {
	for i, param := range x.list {
		if param.kind != kindVar || param.op == "" || param.op == "$" {
			return nil, syntaxError(param.pos, "S0208", "parameter %d must be a variable's name", i+1)
		}
	}
	if p.at("<") {
		return nil, unsupported(p.tok.pos, "function signatures are not supported")
	}
	if err := p.expect("{", false); err != nil {
		return nil, err
	}
	body, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	x.kind, x.lhs, x.rhs = kindLambda, nil, body
	if err := p.expect("}", false); err != nil {
		return nil, err
	}
	return x.done()
}
