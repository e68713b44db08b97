package event

import (
	"encoding/json"
	"reflect"
	"slices"
)

// Pattern is a parsed filter. The zero value fits everything.
type Pattern struct {
	members map[string]condition
	filter  map[string]any
}

// condition is fulfilled by the values of a member: those of the object that is looked
// at, none if it has no such member. Within a list of objects there are others;
// everywhere has their values too.
type condition func(values, everywhere []any) bool

// Fits says whether an event's detail fits.
func (p Pattern) Fits(detail any) bool {
	m, ok := detail.(map[string]any)
	return len(p.members) == 0 || ok && fits(p.members, m, []map[string]any{m})
}

func fits(members map[string]condition, m map[string]any, all []map[string]any) bool {
	for name, fulfilled := range members {
		if !fulfilled(valuesOf(name, m), valuesOf(name, all...)) {
			return false
		}
	}
	return true
}

func valuesOf(name string, objects ...map[string]any) []any {
	var values []any
	for _, m := range objects {
		if v, ok := m[name]; ok {
			values = append(values, v)
		}
	}
	return values
}

// within is fulfilled where one of the objects fits. Where there is no object, its
// members are missing.
func within(members map[string]condition) condition {
	return func(values, everywhere []any) bool {
		objects := objectsIn(values)
		if len(objects) == 0 {
			objects = []map[string]any{nil}
		}
		all := objectsIn(everywhere)
		return slices.ContainsFunc(objects, func(m map[string]any) bool { return fits(members, m, all) })
	}
}

// objectsIn gives the objects among values, and in lists among them.
func objectsIn(values []any) []map[string]any {
	var objects []map[string]any
	for _, v := range values {
		switch v := v.(type) {
		case map[string]any:
			objects = append(objects, v)
		case []any:
			objects = append(objects, objectsIn(v)...)
		}
	}
	return objects
}

// leavesIn gives the texts, numbers and so on among values, and in lists among them:
// the rest does not exist for EventBridge.
func leavesIn(values []any) []any {
	var leaves []any
	for _, v := range values {
		switch v := v.(type) {
		case map[string]any:
		case []any:
			leaves = append(leaves, leavesIn(v)...)
		default:
			leaves = append(leaves, v)
		}
	}
	return leaves
}

// leaf is fulfilled where one of the values is right.
func leaf(right func(v any) bool) condition {
	return func(values, _ []any) bool { return slices.ContainsFunc(leavesIn(values), right) }
}

// existing is fulfilled where there is a value, or where there is none anywhere.
func existing(want bool) condition {
	return func(values, everywhere []any) bool {
		if want {
			return len(leavesIn(values)) > 0
		}
		return len(leavesIn(everywhere)) == 0
	}
}

func equal(a, b any) bool {
	x, xOK := number(a)
	y, yOK := number(b)
	if xOK && yOK {
		return x == y
	}
	return reflect.DeepEqual(a, b)
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	default:
		return 0, false
	}
}

// maxNumber bounds what EventBridge compares.
const maxNumber = 5e9

func inRange(n float64) bool { return n >= -maxNumber && n <= maxNumber }

// EventBridge writes the filter as a rule's pattern has it under "detail"; nil where it
// fits everything. Numbers that have to be equal are compared as numbers: by the user
// guide, EventBridge would else compare how they are written.
func (p Pattern) EventBridge() map[string]any {
	if len(p.filter) == 0 {
		return nil
	}
	return rewritten(p.filter)
}

func rewritten(filter map[string]any) map[string]any {
	all := make(map[string]any, len(filter))
	for name, v := range filter {
		switch v := v.(type) {
		case map[string]any:
			all[name] = rewritten(v)
		case []any:
			list := slices.Clone(v)
			for i, item := range list {
				if n, ok := number(item); ok && inRange(n) {
					list[i] = map[string]any{"numeric": []any{"=", item}}
				}
			}
			all[name] = list
		}
	}
	return all
}
