package jsonata

import (
	"maps"
	"slices"
)

// element is one entry of an array constructor.
type element struct {
	node   node
	nested bool // written as an array itself, and then not flattened
}

type arrayNode struct {
	elements []element
	cons     bool // a step of a path, which does not flatten it
}

func (n *arrayNode) eval(s *state, in any, env *frame) (any, error) {
	list := &array{items: make([]any, 0, len(n.elements)), cons: n.cons}
	for _, e := range n.elements {
		v, err := s.eval(e.node, in, env)
		if err != nil {
			return nil, err
		}
		if isUndefined(v) {
			continue
		}
		if inner, ok := items(v); ok && !e.nested {
			list.items = append(list.items, inner...)
		} else {
			list.items = append(list.items, v)
		}
	}
	return list, s.growItems(len(list.items))
}

// objectNode is an object constructor. In the reference it is a group-by over the
// context, which matters where the context is a list.
type objectNode struct {
	keys   []node
	values []node
	names  []string // the keys where all are literals; they differ
	pos    int
}

func (n *objectNode) eval(s *state, in any, env *frame) (any, error) {
	if err := s.growItems(2 * len(n.keys)); err != nil {
		return nil, err
	}
	if _, ok := items(in); ok || n.names == nil {
		return n.grouped(s, in, env)
	}
	made := make(object, len(n.names))
	for i, name := range n.names {
		v, err := s.eval(n.values[i], in, env)
		if err != nil {
			return nil, err
		}
		if !isUndefined(v) {
			made[name] = v
		}
	}
	return made, nil
}

// group is what one key has collected: the pair that gave the key, and the items
// that became its context.
type group struct {
	pair    int
	context any
	joined  *array // the context, where it was made from several items
}

// add does what $append does, without copying what is there already.
func (g *group) add(s *state, item any) error {
	switch {
	case isUndefined(item):
		return nil
	case isUndefined(g.context):
		g.context = item
		return nil
	case g.joined == nil:
		first, ok := items(g.context)
		if !ok {
			first = []any{g.context}
		}
		g.joined = &array{items: slices.Clone(first)}
		g.context = g.joined
	}
	more, ok := items(item)
	if !ok {
		more = []any{item}
	}
	g.joined.items = append(g.joined.items, more...)
	return s.growItems(len(more))
}

func (n *objectNode) grouped(s *state, in any, env *frame) (any, error) {
	list, ok := items(in)
	if !ok {
		list = []any{in}
	}
	if len(list) == 0 {
		list = []any{nothing{}} // so that {} makes an object of an empty context, too
	}
	groups := map[string]*group{}
	for _, item := range list {
		if err := n.group(s, groups, item, env); err != nil {
			return nil, err
		}
	}
	made := make(object, len(groups))
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		g := groups[name]
		v, err := s.eval(n.values[g.pair], g.context, env)
		if err != nil {
			return nil, err
		}
		if !isUndefined(v) {
			made[name] = v
		}
	}
	return made, nil
}

// group evaluates the keys for one item and adds it to their groups.
func (n *objectNode) group(s *state, groups map[string]*group, item any, env *frame) error {
	for i, key := range n.keys {
		v, err := s.eval(key, item, env)
		if err != nil {
			return err
		}
		s.at = n.pos
		name, ok := v.(string)
		switch {
		case isUndefined(v):
			continue
		case !ok:
			return s.fail("T1003", "an object's key must be a text")
		}
		g, ok := groups[name]
		if !ok {
			groups[name] = &group{pair: i, context: item}
			continue
		}
		if g.pair != i {
			return s.fail("D1009", "two keys of the object are %q", name)
		}
		if err := g.add(s, item); err != nil {
			return err
		}
	}
	return nil
}
