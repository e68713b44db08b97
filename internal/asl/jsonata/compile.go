package jsonata

// compiler gives a syntax tree its meaning as the reference's second pass does,
// and refuses what the subset leaves out.
type compiler struct {
	free map[string]*usage
}

// where says what surrounds an expression.
type where struct {
	scope   *scope
	context bool // $ and names have something to refer to
	tail    bool // the value is a function's result
}

// scope is what a block or a function binds.
type scope struct {
	outer  *scope
	bound  map[string]bool // so far
	later  map[string]bool // by the end of the block
	lambda bool
}

// local says whether a variable is bound around here. Within a function it may be
// bound after the function was made, as when the function calls itself.
func (sc *scope) local(variable string) bool {
	inLambda := false
	for ; sc != nil; sc = sc.outer {
		if sc.bound[variable] || inLambda && sc.later[variable] {
			return true
		}
		inLambda = inLambda || sc.lambda
	}
	return false
}

// body compiles what may be a lone binding: a whole expression, or a function's.
func (c *compiler) body(x *syntax, w where) (node, error) {
	if x.kind == kindBinary && x.op == ":=" {
		return c.block([]*syntax{x}, w)
	}
	return c.expr(x, w)
}

func (c *compiler) expr(x *syntax, w where) (node, error) {
	tail := w.tail
	w.tail = false
	switch x.kind {
	case kindLiteral:
		return &literal{x.value}, nil
	case kindRegex:
		return nil, unsupported(x.pos, "a regular expression can only be the second argument of $contains")
	case kindVar:
		return c.variable(x, w)
	case kindName:
		return c.path(x, w)
	case kindBinary:
		w.tail = tail
		return c.operation(x, w)
	case kindNegate:
		operand, err := c.expr(x.lhs, w)
		return &negate{operand: operand, pos: x.pos}, err
	case kindArray:
		return c.array(x, w, false)
	case kindObject:
		return c.object(x, w)
	case kindCond:
		w.tail = tail
		return c.cond(x, w)
	case kindBlock:
		w.tail = tail
		n, err := c.block(x.list, w)
		return keepIf(x.keep, n), err
	case kindCall:
		n, err := c.call(x, w, tail)
		return keepIf(x.keep && !tail, n), err // the reference loses [] there, too
	default:
		return c.lambda(x, w)
	}
}

func keepIf(keep bool, n node) node {
	if keep && n != nil {
		return &kept{n}
	}
	return n
}

func (c *compiler) variable(x *syntax, w where) (node, error) {
	switch {
	case x.op == "$":
		return nil, unsupported(x.pos, "$$ is not available in Step Functions; use $states")
	case x.op == "" && !w.context:
		return nil, unsupported(x.pos, "$ is not available at the top level in Step Functions; use $states.input")
	case x.op == "":
		return keepIf(x.keep, context{}), nil
	case library[x.op] != nil:
		return nil, unsupported(x.pos, "$%s can only be called, or be the argument of a call", x.op)
	case IsFunction(x.op):
		return nil, unsupported(x.pos, "the function $%s is not supported", x.op)
	case w.scope.local(x.op):
		return keepIf(x.keep, &localVar{freeVar{x.op}}), nil
	}
	c.used(x.op).whole = true
	return keepIf(x.keep, &freeVar{x.op}), nil
}

func (c *compiler) used(variable string) *usage {
	u := c.free[variable]
	if u == nil {
		u = &usage{fields: map[string]bool{}}
		c.free[variable] = u
	}
	return u
}

func (c *compiler) operation(x *syntax, w where) (node, error) {
	switch x.op {
	case ".":
		w.tail = false
		return c.path(x, w)
	case "[":
		return c.filtered(x, w)
	case ":=":
		return nil, unsupported(x.pos, ":= can only be a statement of a block")
	}
	w.tail = false
	switch x.op {
	case "and", "or":
		parts, err := c.all(chained(x), w)
		return &logic{parts: parts, or: x.op == "or"}, err
	case "&":
		parts, err := c.all(chained(x), w)
		return &concat{parts: parts, pos: x.pos}, err
	}
	lhs, err := c.expr(x.lhs, w)
	if err != nil {
		return nil, err
	}
	rhs, err := c.expr(x.rhs, w)
	join := arithmetic
	switch x.op {
	case "=", "!=":
		join = equality
	case "<", "<=", ">", ">=":
		join = comparison
	case "in":
		join = inclusion
	case "..":
		join = span
	}
	return &binary{lhs: lhs, rhs: rhs, op: x.op, join: join, pos: x.pos}, err
}

// chained takes a chain of one operator apart. All of them hold to the left, and
// join nothing but their operands, so that the order of joining does not show.
func chained(x *syntax) []*syntax {
	op, n := x.op, 1
	for y := x; y.kind == kindBinary && y.op == op; y = y.lhs {
		n++
	}
	parts := make([]*syntax, n)
	for ; n > 1; x = x.lhs {
		n--
		parts[n] = x.rhs
	}
	parts[0] = x
	return parts
}

func (c *compiler) all(list []*syntax, w where) ([]node, error) {
	nodes := make([]node, len(list))
	for i, x := range list {
		var err error
		if nodes[i], err = c.expr(x, w); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

func (c *compiler) cond(x *syntax, w where) (node, error) {
	var n cond
	var err error
	test := w
	test.tail = false
	if n.test, err = c.expr(x.list[0], test); err != nil {
		return nil, err
	}
	if n.then, err = c.expr(x.list[1], w); err != nil {
		return nil, err
	}
	if len(x.list) > 2 {
		n.otherwise, err = c.expr(x.list[2], w)
	}
	return &n, err
}

func (c *compiler) block(statements []*syntax, w where) (node, error) {
	n := &block{statements: make([]node, len(statements))}
	sc := &scope{outer: w.scope, bound: map[string]bool{}, later: map[string]bool{}}
	for _, x := range statements {
		for ; x.kind == kindBinary && x.op == ":="; x = x.rhs {
			if err := bindable(x.lhs); err != nil {
				return nil, err
			}
			sc.later[x.lhs.op] = true
			n.binds = true
		}
	}
	if n.binds {
		w.scope = sc
	}
	tail := w.tail
	for i, x := range statements {
		var err error
		w.tail = tail && i == len(statements)-1
		if n.statements[i], err = c.statement(x, w); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (c *compiler) statement(x *syntax, w where) (node, error) {
	if x.kind != kindBinary || x.op != ":=" {
		return c.expr(x, w)
	}
	w.tail = false
	value, err := c.statement(x.rhs, w)
	w.scope.bound[x.lhs.op] = true
	return &bind{name: x.lhs.op, value: value}, err
}

// bindable refuses the names that mean something already.
func bindable(x *syntax) error {
	if x.op == "states" || IsFunction(x.op) {
		return unsupported(x.pos, "$%s is taken and cannot be bound", x.op)
	}
	return nil
}

func (c *compiler) lambda(x *syntax, w where) (node, error) {
	def := &lambdaNode{params: make([]string, len(x.list))}
	sc := &scope{outer: w.scope, bound: map[string]bool{}, lambda: true}
	for i, param := range x.list {
		if err := bindable(param); err != nil {
			return nil, err
		}
		if sc.bound[param.op] {
			return nil, unsupported(param.pos, "the function has two parameters $%s", param.op)
		}
		sc.bound[param.op] = true
		def.params[i] = param.op
	}
	w.scope, w.tail = sc, true
	var err error
	def.body, err = c.body(x.rhs, w)
	return def, err
}

// call compiles a call; of a library function it also checks how many arguments
// are written, which the reference does when it runs, filling up with the context.
func (c *compiler) call(x *syntax, w where, tail bool) (node, error) {
	n := &call{pos: x.pos, args: make([]node, len(x.list)), tail: tail}
	var err error
	called := c.libraryName(x.lhs, w)
	switch {
	case called != nil && (len(x.list) < called.required() || len(x.list) > len(called.params)):
		return nil, syntaxError(x.pos, "T0410", "$%s is called with %d arguments", called.name, len(x.list))
	case called != nil:
		n.callee = &literal{called}
	case x.lhs.kind == kindVar && c.isFree(x.lhs, w):
		return nil, unsupported(x.lhs.pos, "there is no function $%s here", x.lhs.op)
	case x.lhs.kind == kindVar, x.lhs.kind == kindBlock, x.lhs.kind == kindLambda, x.lhs.kind == kindCall:
		if n.callee, err = c.expr(x.lhs, w); err != nil {
			return nil, err
		}
	default:
		return nil, unsupported(x.pos, "only a variable, a function or a block can be called")
	}
	if tail && called != nil && called.name == "sort" && len(x.list) > 1 {
		// The reference does not wrap functions on this way, and $sort needs that.
		return nil, unsupported(x.pos, "$sort with a function cannot be a function's last call; bind its result to a variable first")
	}
	for i, arg := range x.list {
		passed := c.libraryName(arg, w)
		switch {
		case passed != nil && tail:
			// Likewise, for every function that calls it.
			return nil, unsupported(arg.pos, "$%s cannot be passed on by a function's last call; write function($v){$%s($v)}", arg.op, arg.op)
		case passed != nil:
			n.args[i] = &literal{passed}
		case arg.kind == kindRegex && i == 1 && called != nil && called.name == "contains":
			n.args[i], err = compileRegex(arg.regex)
		default:
			n.args[i], err = c.expr(arg, w)
		}
		if err != nil {
			return nil, err
		}
	}
	return n, nil
}

// libraryName gives the function of the library that a variable names, if it does.
func (c *compiler) libraryName(x *syntax, w where) *builtin {
	if x.kind != kindVar || x.keep || w.scope.local(x.op) {
		return nil
	}
	return library[x.op]
}
