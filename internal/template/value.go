package template

import (
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/fault"
)

// Value is a JSON value, such as the config of a node, whose texts are templates, or
// a part of one. The names of members are not templates. It is safe for concurrent use.
type Value struct {
	root *node
	refs []ValueRef // of a whole value
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
	var problems []ValueProblem
	root := parseNode(v, "", &problems)
	value := &Value{root: &root}
	value.refs = value.Refs()
	return value, problems
}

func parseNode(v any, pointer string, problems *[]ValueProblem) node {
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
		n.text, n.pointer = text, pointer
	case []any:
		if !slices.ContainsFunc(v, isDeep) {
			return n
		}
		n.parts = make([]node, len(v))
		for i, item := range v {
			if !isDeep(item) {
				n.parts[i] = node{plain: item}
				continue
			}
			n.parts[i] = parseNode(item, pointer+"/"+strconv.Itoa(i), problems)
		}
	case map[string]any:
		if !anyDeep(v) {
			return n
		}
		n.names = sortedNames(v)
		n.parts = make([]node, len(v))
		for i, name := range n.names {
			if !isDeep(v[name]) {
				n.parts[i] = node{plain: v[name]}
				continue
			}
			n.parts[i] = parseNode(v[name], pointer+"/"+escapePointer(name), problems)
		}
	}
	if !slices.ContainsFunc(n.parts, func(part node) bool { return !part.isPlain() }) {
		n.names, n.parts = nil, nil
	}
	return n
}

// isDeep says whether there is something to fill in, or to look into.
func isDeep(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "{{")
	case []any, map[string]any:
		return true
	default:
		return false
	}
}

func anyDeep(object map[string]any) bool {
	for _, v := range object {
		if isDeep(v) {
			return true
		}
	}
	return false
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

// escapePointer makes a name into one token of a JSON pointer. Hardly any needs it.
func escapePointer(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// Refs lists the references of all texts.
func (value *Value) Refs() []ValueRef {
	if value.refs != nil {
		return value.refs
	}
	count := 0
	for n := range value.root.texts {
		count += len(n.text.refs)
	}
	if count == 0 {
		return nil
	}
	refs := make([]ValueRef, 0, count)
	for n := range value.root.texts {
		for _, r := range n.text.refs {
			refs = append(refs, ValueRef{Ref: r, Pointer: n.pointer})
		}
	}
	return refs
}

// Broken says whether a text has a problem, so that it can neither be filled in nor
// emitted.
func (value *Value) Broken() bool {
	for n := range value.root.texts {
		if n.text.problem != nil {
			return true
		}
	}
	return false
}

// texts visits the texts that are taken apart, in order.
func (n *node) texts(yield func(*node) bool) {
	n.eachText(yield)
}

// eachText is texts; it says whether to go on.
func (n *node) eachText(yield func(*node) bool) bool {
	if n.text != nil {
		return yield(n)
	}
	for i := range n.parts {
		if !n.parts[i].eachText(yield) {
			return false
		}
	}
	return true
}

// Render fills in the values and gives a value of the same shape, which may share
// memory with the parsed one and with vars. target says for each text, by its
// pointer, what it becomes part of; nil means plain text everywhere. Errors are
// those of Template.Render, and name the field.
func (value *Value) Render(vars Vars, target func(pointer string) Target) (any, error) {
	return value.build(func(text *Template, pointer string) (any, *fault.Error) {
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
	return value.build(func(text *Template, pointer string) (any, *fault.Error) {
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

// Found gives a JSONata expression for each {{ }} within the value that may have no
// value. Of the one of a text that is whole it is that value; it is undefined exactly
// where Emit's would fail because nothing is there.
func (value *Value) Found(r Resolver) ([]string, error) {
	var exprs []string
	for n := range value.root.texts {
		found, err := n.text.found(r, n.pointer)
		if err != nil {
			return nil, err
		}
		exprs = append(exprs, found...)
	}
	return exprs, nil
}

// InJSONata says why Emit cannot write the value: it has a filter that only Render
// knows. It is the error of the first one.
func (value *Value) InJSONata() error {
	for n := range value.root.texts {
		for _, p := range n.text.parts {
			if p.expression == nil {
				continue
			}
			for i := range p.expression.calls {
				if c := &p.expression.calls[i]; !c.filter.emits() {
					return at(notOffered(c.name(), c.filter), n.pointer)
				}
			}
		}
	}
	return nil
}

// build makes the value anew with what leaf makes of its texts.
func (value *Value) build(leaf func(text *Template, pointer string) (any, *fault.Error)) (any, error) {
	return value.root.build(func(n *node) (any, error) {
		pointer := n.pointer
		v, f := leaf(n.text, pointer)
		if f != nil {
			return nil, at(f, pointer)
		}
		return v, nil
	})
}

func (n *node) build(leaf func(*node) (any, error)) (any, error) {
	switch {
	case n.isPlain():
		return n.plain, nil
	case n.text != nil:
		return leaf(n)
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
