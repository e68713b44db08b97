package run

import "switchboard/internal/asl"

// scope is what expressions see: the variables of the frame and those around it,
// and $states.
type scope struct {
	f      *frame
	states map[string]any
}

// Lookup implements jsonata.Bindings.
func (s *scope) Lookup(name string) (any, bool) {
	if name == "states" {
		return s.states, true
	}
	for f := s.f; f != nil; f = f.parent {
		if v, ok := f.vars[name]; ok {
			return v, true
		}
	}
	return nil, false
}

// scope builds the parts of $states that are needed.
func (v *visit) scope(n needs, result *data, failed *failure) (*scope, error) {
	sc := &scope{f: v.f}
	if n == 0 {
		return sc, nil
	}
	sc.states = make(map[string]any, 4)
	if n&needsInput != 0 {
		if err := sc.decoded("input", v.input); err != nil {
			return nil, err
		}
	}
	if n&needsResult != 0 && result != nil {
		if err := sc.decoded("result", result); err != nil {
			return nil, err
		}
	}
	if n&needsError != 0 && failed != nil {
		sc.states["errorOutput"] = failed.output()
	}
	if n&needsContext != 0 {
		about, err := v.context()
		if err != nil {
			return nil, err
		}
		sc.states["context"] = about
	}
	return sc, nil
}

func (s *scope) decoded(part string, d *data) error {
	value, err := d.value()
	if err != nil {
		return fail(asl.ErrorRuntime, "$states.%s cannot be read: %v", part, err)
	}
	s.states[part] = value
	return nil
}

// output is $states.errorOutput.
func (e *failure) output() map[string]any {
	return map[string]any{"Error": e.name, "Cause": e.cause}
}

// context builds $states.context.
func (v *visit) context() (map[string]any, error) {
	about, machine, err := v.f.x.shared()
	if err != nil {
		return nil, fail(asl.ErrorRuntime, "$states.context cannot be read: %v", err)
	}
	c := map[string]any{
		"Execution":    about,
		"State":        map[string]any{"Name": v.s.name, "EnteredTime": stamp(v.entered), "RetryCount": float64(v.attempt - 1)},
		"StateMachine": machine,
	}
	if it := v.f.item; it != nil {
		c["Map"] = map[string]any{"Item": map[string]any{"Index": float64(it.index), "Value": it.value}}
	}
	if t, ok := v.s.body.(*task); ok && t.token {
		token, err := v.issue()
		if err != nil {
			return nil, err
		}
		c["Task"] = map[string]any{"Token": token}
	}
	return c, nil
}
