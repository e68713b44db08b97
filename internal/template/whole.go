package template

// IsText says whether the value is a text with something to fill in.
func (v *Value) IsText() bool { return v.root.text != nil }

// Path gives the path of a value that is one whole {{ path }} without filters: a
// value that can be looked up, and found to be missing, without failing.
func (v *Value) Path() (Path, bool) {
	t := v.root.text
	if t == nil || len(t.parts) != 1 || t.parts[0].expression == nil || len(t.parts[0].expression.calls) > 0 {
		return Path{}, false
	}
	return t.parts[0].expression.path, true
}

// Handed gives the paths of a value that is one whole {{ path }} and only hands on
// what it finds: without filters, or with no other than default, whose arguments
// are handed on too. Such a value may be anything that stands for another one.
func (v *Value) Handed() ([]Path, bool) {
	t := v.root.text
	if t == nil || len(t.parts) != 1 || t.parts[0].expression == nil {
		return nil, false
	}
	e := t.parts[0].expression
	paths := []Path{e.path}
	for _, call := range e.calls {
		if call.filter.name != "default" {
			return nil, false
		}
		for _, a := range call.args {
			if a.ref >= 0 {
				paths = append(paths, a.path)
			}
		}
	}
	return paths, true
}
