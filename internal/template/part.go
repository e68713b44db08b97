package template

import (
	"iter"
	"slices"
	"strconv"
)

// At gives the part of a value at a path of names and indexes, which is null where
// there is none. What it says of a place, it still says by the pointer from the root
// of the whole.
func (value *Value) At(path ...string) *Value {
	part := *value
	part.refs = nil
	for _, name := range path {
		part.root = part.root.member(name)
	}
	return &part
}

func (n *node) member(name string) *node {
	switch v := n.plain.(type) {
	case []any:
		i, err := strconv.Atoi(name)
		switch {
		case err != nil || i < 0 || i >= len(v):
			return &node{}
		case n.parts == nil:
			return &node{plain: v[i]}
		default:
			return &n.parts[i]
		}
	case map[string]any:
		if i, ok := slices.BinarySearch(n.names, name); ok {
			return &n.parts[i]
		}
		return &node{plain: v[name]}
	default:
		return &node{}
	}
}

// Parts visits, in order, the members or items that hold something to fill in or an
// escaped {{. A text has none.
func (value *Value) Parts() iter.Seq2[Step, *Value] {
	return func(yield func(Step, *Value) bool) {
		n := value.root
		for i := range n.parts {
			if n.parts[i].isPlain() {
				continue
			}
			step := Step{Index: i, IsIndex: n.names == nil}
			if !step.IsIndex {
				step = Step{Name: n.names[i]}
			}
			if !yield(step, &Value{root: &n.parts[i]}) {
				return
			}
		}
	}
}
