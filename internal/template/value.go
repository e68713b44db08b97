package template

import (
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/fault"
)

// Value is a JSON value, such as the config of a node, whose texts are templates.
// The names of members are not templates. It is safe for concurrent use.
type Value struct {
	root   node
	refs   []ValueRef
	broken bool
}

// ValueProblem is a problem in the text at Pointer, a JSON pointer from the root.
type ValueProblem struct {
	Problem
	Pointer string
}

// ValueRef is a reference in the text at Pointer, a JSON pointer from the root.
type ValueRef struct {
	Ref
	Pointer string
}

// node is a part of a value. Only parts that hold something to fill in, or an
// escaped {{, are taken apart; the others stay as they are.
type node struct {
	plain   any
	text    *Template
	pointer string // of the text
	names   []string
	parts   []node // of a list, or of an object, in the order of names
}

func (n *node) isPlain() bool { return n.text == nil && n.parts == nil }

// ParseValue reads every text of a JSON value, as deep as it goes. The value must
// not change afterwards. Members are visited by name, so the order of problems
// and references is stable.
func ParseValue(v any) (*Value, []ValueProblem) {
	value := &Value{}
	var problems []ValueProblem
	value.root = value.parse(v, "", &problems)
	return value, problems
}

func (value *Value) parse(v any, pointer string, problems *[]ValueProblem) node {
	n := node{plain: v}
	switch v := v.(type) {
	case string:
		if !strings.Contains(v, "{{") {
			return n
		}
		text, found := Parse(v)
		for _, p := range found {
			*problems = append(*problems, ValueProblem{Problem: p, Pointer: pointer})
		}
		for _, r := range text.Refs() {
			value.refs = append(value.refs, ValueRef{Ref: r, Pointer: pointer})
		}
		n.text, n.pointer = text, pointer
		value.broken = value.broken || text.problem != nil
	case []any:
		n.parts = make([]node, len(v))
		for i, item := range v {
			if isPlain(item) {
				n.parts[i] = node{plain: item}
				continue
			}
			n.parts[i] = value.parse(item, pointer+"/"+strconv.Itoa(i), problems)
		}
	case map[string]any:
		n.names = sortedNames(v)
		n.parts = make([]node, len(v))
		for i, name := range n.names {
			if isPlain(v[name]) {
				n.parts[i] = node{plain: v[name]}
				continue
			}
			n.parts[i] = value.parse(v[name], pointer+"/"+pointerEscaper.Replace(name), problems)
		}
	}
	if !slices.ContainsFunc(n.parts, func(part node) bool { return !part.isPlain() }) {
		n.names, n.parts = nil, nil
	}
	return n
}

// isPlain says whether there is nothing to fill in, nor anything to look into.
func isPlain(v any) bool {
	switch v := v.(type) {
	case string:
		return !strings.Contains(v, "{{")
	case []any, map[string]any:
		return false
	default:
		return true
	}
}

// sortedNames is slices.Sorted(maps.Keys(v)), in one allocation.
func sortedNames(v map[string]any) []string {
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// Refs lists the references of all texts.
func (value *Value) Refs() []ValueRef { return value.refs }

// Broken says whether a text has a problem, so that it can neither be filled in nor
// emitted.
func (value *Value) Broken() bool { return value.broken }

// Render fills in the values and gives a value of the same shape, which may share
// memory with the parsed one and with vars. target says for each text, by its
// pointer, what it becomes part of; nil means plain text everywhere. Errors are
// those of Template.Render, and name the field.
func (value *Value) Render(vars Vars, target func(pointer string) Target) (any, error) {
	return value.root.build(func(text *Template, pointer string) (any, *fault.Error) {
		if target == nil {
			return text.render(vars, TargetText)
		}
		return text.render(vars, target(pointer))
	})
}

// Emit gives a value of the same shape in which every text with an expression is
// replaced by what wrap makes of its JSONata. Other texts stay as they are; those
// that look like {% %} are for asl.Literal to take care of.
func (value *Value) Emit(r Resolver, wrap func(expr string) any) (any, error) {
	return value.root.build(func(text *Template, pointer string) (any, *fault.Error) {
		if text.problem == nil && !text.Dynamic() {
			return text.render(nil, TargetText)
		}
		expr, err := text.emit(r, emission{pointer: pointer})
		if err != nil {
			return nil, fault.Of(err)
		}
		return wrap(expr), nil
	})
}

// build makes the value anew with what leaf makes of its texts.
func (n *node) build(leaf func(text *Template, pointer string) (any, *fault.Error)) (any, error) {
	switch {
	case n.isPlain():
		return n.plain, nil
	case n.text != nil:
		v, f := leaf(n.text, n.pointer)
		if f != nil {
			return nil, at(f, n.pointer)
		}
		return v, nil
	case n.names == nil:
		list := make([]any, len(n.parts))
		for i := range n.parts {
			v, err := n.parts[i].build(leaf)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	object := make(map[string]any, len(n.parts))
	for i, name := range n.names {
		v, err := n.parts[i].build(leaf)
		if err != nil {
			return nil, err
		}
		object[name] = v
	}
	return object, nil
}
