package template

import "switchboard/internal/fault"

// Render fills in the values. A text that is one whole {{ }} gives its value,
// which may share memory with vars; everything else gives a string. Errors are
// faults: MissingValue, or InvalidTemplate where a filter or the target cannot
// take a value, or where the template has problems.
func (t *Template) Render(vars Vars, target Target) (any, error) {
	v, f := t.render(vars, target)
	if f != nil {
		return nil, f
	}
	return v, nil
}

func (t *Template) render(vars Vars, target Target) (any, *fault.Error) {
	switch {
	case t.problem != nil:
		return nil, unusable(t.problem)
	case !target.known():
		return nil, fault.New(fault.Internal, "There is no escaping for the target %q.", string(target))
	case t.Whole():
		return t.parts[0].expression.whole(vars, target)
	}
	out := output{target: target, text: make([]byte, 0, 2*len(t.source))}
	var last *expression // is to blame, also for what shows only in the text after it
	for _, part := range t.parts {
		var err error
		if part.expression == nil {
			err = out.literal(part.literal)
		} else {
			last = part.expression
			v, f := last.value(vars)
			if f != nil {
				return nil, f
			}
			err = out.value(v)
		}
		if err != nil {
			return nil, last.refused(err)
		}
	}
	if last != nil { // what is all the author's own is left alone
		if err := out.finish(); err != nil {
			return nil, last.refused(err)
		}
	}
	return string(out.text), nil
}

// refused says why the expression's value cannot stand where it is put.
func (e *expression) refused(err error) *fault.Error {
	return refused("%s", refusal(e.name(len(e.calls)), err.Error()))
}

func (e *expression) whole(vars Vars, target Target) (any, *fault.Error) {
	v, f := e.value(vars)
	if f != nil {
		return nil, f
	}
	if raw, ok := v.(jsonText); ok {
		v = string(raw)
	}
	v, err := escapeWhole(v, target)
	if err != nil {
		return nil, e.refused(err)
	}
	return v, nil
}

// name is what messages call the expression's value after so many of its filters:
// a.b | upper.
func (e *expression) name(filters int) string {
	name := e.path.String()
	for i := range filters {
		name += " | " + e.calls[i].filter.name
	}
	return name
}

// name is what messages call the value after this filter.
func (c *call) name() string { return c.of.name(c.place + 1) }

// value looks the path up and passes it through the filters.
func (e *expression) value(vars Vars) (any, *fault.Error) {
	absent := "" // what is missing, while something is
	v, ok := vars.Lookup(e.path)
	if !ok {
		absent = e.name(0)
	}
	for i := range e.calls {
		c := &e.calls[i]
		if c.filter.name == filterDefault {
			if absent != "" || v == nil {
				v, absent = c.args[0].valueIn(vars)
			}
			continue
		}
		if absent != "" || v == nil && c.filter.takes&aNull == 0 {
			continue
		}
		if raw, ok := v.(jsonText); ok {
			v = string(raw)
		}
		var f *fault.Error
		if v, absent, f = c.apply(v, vars); f != nil {
			return nil, f
		}
	}
	if absent != "" {
		return nil, missing(absent)
	}
	return v, nil
}

// valueIn gives the argument, or what is missing.
func (a *argument) valueIn(vars Vars) (v any, absent string) {
	if a.ref < 0 {
		return a.value, ""
	}
	v, ok := vars.Lookup(a.path)
	if !ok {
		return nil, a.path.String()
	}
	return v, ""
}

func (c *call) apply(v any, vars Vars) (result any, absent string, _ *fault.Error) {
	args := c.literals
	if args == nil {
		args = make([]any, len(c.args))
		for i := range c.args {
			if args[i], absent = c.args[i].valueIn(vars); absent != "" {
				return nil, absent, nil
			}
			if p := c.filter.params[i]; !p.takes.contains(args[i]) {
				return nil, "", refused("%s", untakenArgument(c.name(), c.filter, p)).WithHint("%s", p.takes.explain(args[i]))
			}
		}
	}
	if c.filter.takes&kindOf(v) == 0 {
		return nil, "", refused("%s", untakenValue(c.name(), c.filter)+kindOf(v).typeName())
	}
	result, err := c.filter.apply(v, args)
	if err != nil {
		return nil, "", refused("%s", refusal(c.name(), err.Error()))
	}
	if _, none := result.(nothing); none {
		return nil, c.name(), nil
	}
	return result, "", nil
}
