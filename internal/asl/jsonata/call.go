package jsonata

// lambda is a function written in the expression, with what it closes over.
type lambda struct {
	def *lambdaNode
	in  any
	env *frame
}

type lambdaNode struct {
	params []string
	body   node
}

func (n *lambdaNode) eval(_ *state, in any, env *frame) (any, error) {
	return &lambda{def: n, in: in, env: env}, nil
}

// tailCall is a call that a function's body has left to its caller, so that
// recursion in tail position needs no depth. As in the reference, its result is
// not unwrapped on the way.
type tailCall struct {
	call *call
	in   any
	env  *frame
}

type call struct {
	callee node
	args   []node
	tail   bool
	pos    int
}

func (n *call) eval(s *state, in any, env *frame) (any, error) {
	if n.tail {
		return &tailCall{call: n, in: in, env: env}, nil
	}
	fn, args, err := n.prepare(s, in, env)
	if err != nil {
		return nil, err
	}
	s.at = n.pos
	return s.apply(fn, args, in)
}

func (n *call) prepare(s *state, in any, env *frame) (fn any, args []any, err error) {
	if fn, err = s.eval(n.callee, in, env); err != nil {
		return nil, nil, err
	}
	args = make([]any, len(n.args))
	for i, arg := range n.args {
		if args[i], err = s.eval(arg, in, env); err != nil {
			return nil, nil, err
		}
	}
	return fn, args, nil
}

// apply calls a function, and goes on with the calls that it leaves. in is the
// context, which some functions take for an argument that is missing.
func (s *state) apply(fn any, args []any, in any) (any, error) {
	for {
		v, err := s.applyOnce(fn, args, in)
		if err != nil {
			return nil, err
		}
		next, ok := v.(*tailCall)
		if !ok {
			return v, nil
		}
		if fn, args, err = next.call.prepare(s, next.in, next.env); err != nil {
			return nil, err
		}
		s.at = next.call.pos
	}
}

func (s *state) applyOnce(fn any, args []any, in any) (any, error) {
	switch fn := fn.(type) {
	case *builtin:
		checked, err := fn.check(s, args, in)
		if err != nil {
			return nil, err
		}
		return fn.run(s, checked)
	case *lambda:
		env := &frame{outer: fn.env, names: fn.def.params, values: make([]any, len(fn.def.params))}
		for i := range env.values {
			env.values[i] = nothing{}
			if i < len(args) {
				env.values[i] = args[i]
			}
		}
		return s.eval(fn.def.body, fn.in, env)
	}
	return nil, s.fail("T1006", "what is called is no function")
}

// arity is how many arguments a function takes; those that call functions back
// pass no more than that.
func arity(fn any) int {
	switch fn := fn.(type) {
	case *builtin:
		return fn.arity
	case *lambda:
		return len(fn.def.params)
	}
	return 1
}

// callBack calls a function with a value, its position or key, and the whole.
func (s *state) callBack(fn any, value, position, whole any) (any, error) {
	args := []any{value, position, whole}
	return s.apply(fn, args[:min(max(arity(fn), 1), 3)], nil)
}
