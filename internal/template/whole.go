package template

// Path gives the path of a value that is one whole {{ path }} without filters: a
// value that can be looked up, and found to be missing, without failing.
func (v *Value) Path() (Path, bool) {
	t := v.root.text
	if t == nil || len(t.parts) != 1 || t.parts[0].expression == nil || len(t.parts[0].expression.calls) > 0 {
		return Path{}, false
	}
	return t.parts[0].expression.path, true
}
