package template

// IsText says whether the value is a text with something to fill in.
func (v *Value) IsText() bool { return v.root.text != nil }

// IsWhole says whether the value is a text that is exactly one expression.
func (v *Value) IsWhole() bool { return v.IsText() && v.root.text.Whole() }

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
		if call.filter.name != filterDefault {
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

// CanFail says whether filling in or emitting the value can fail, where there says
// which paths always have a value. Only what is handed on cannot: a text that is one
// whole {{ }} with no other filter than default, where the last default, or the path
// if there is none, always has a value.
func (v *Value) CanFail(there func(Path) bool) bool {
	for n := range v.root.texts {
		t := n.text
		if t.problem != nil {
			return true
		}
		if t.Dynamic() && (!t.Whole() || !t.parts[0].expression.handsOn(there)) {
			return true
		}
	}
	return false
}

func (x *expression) handsOn(there func(Path) bool) bool {
	sure := there(x.path)
	for _, c := range x.calls {
		if c.filter.name != filterDefault {
			return false
		}
		sure = c.args[0].ref < 0 || there(c.args[0].path)
	}
	return sure
}
