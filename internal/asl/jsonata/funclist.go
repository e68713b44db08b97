package jsonata

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
)

// Functions over numbers, lists, objects and values of any type.

func toNumber(s *state, args []any) (any, error) {
	switch v := args[0].(type) {
	case nothing, float64, json.Number:
		return v, nil
	case bool:
		if v {
			return 1.0, nil
		}
		return 0.0, nil
	case string:
		if f, ok := parseNumber(v); ok {
			return f, nil
		}
	}
	return nil, s.fail("D3030", "the value cannot become a number")
}

// ofNumber makes a function of a number a function of the library.
func ofNumber(f func(float64) float64) func(*state, []any) (any, error) {
	return func(_ *state, args []any) (any, error) {
		if x, ok := float(args[0]); ok {
			return f(x), nil
		}
		return nothing{}, nil
	}
}

var (
	abs   = ofNumber(math.Abs)
	floor = ofNumber(math.Floor)
	ceil  = ofNumber(math.Ceil)
)

func round(_ *state, args []any) (any, error) {
	f, ok := float(args[0])
	if !ok {
		return nothing{}, nil
	}
	precision, _ := float(args[1])
	return roundEven(f, precision), nil
}

func sum(_ *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok {
		return nothing{}, nil
	}
	total := 0.0
	for _, v := range list {
		f, _ := float(v)
		total += f
	}
	return total, nil
}

// extreme folds a list of numbers; an empty one has no extreme.
func extreme(v any, better func(a, b float64) float64) (any, error) {
	list, _ := items(v)
	if len(list) == 0 {
		return nothing{}, nil
	}
	best, _ := float(list[0])
	for _, v := range list[1:] {
		f, _ := float(v)
		best = better(best, f)
	}
	return best, nil
}

func maximum(_ *state, args []any) (any, error) { return extreme(args[0], math.Max) }
func minimum(_ *state, args []any) (any, error) { return extreme(args[0], math.Min) }

// callable says whether a function was given as an argument itself. The reference
// wraps such a function, and takes the wrapper for false.
func callable(v any) bool { return symbol(v) == 'f' }

func toBoolean(s *state, args []any) (any, error) {
	if isUndefined(args[0]) {
		return nothing{}, nil
	}
	if callable(args[0]) {
		return false, nil
	}
	return s.truth(args[0])
}

func not(s *state, args []any) (any, error) {
	if isUndefined(args[0]) {
		return nothing{}, nil
	}
	if callable(args[0]) {
		return true, nil
	}
	ok, err := s.truth(args[0])
	return !ok, err
}

func exists(_ *state, args []any) (any, error) { return !isUndefined(args[0]), nil }

func typeName(s *state, args []any) (any, error) {
	switch symbol(args[0]) {
	case 's':
		return "string", nil
	case 'n':
		if _, ok, err := s.numeric(args[0]); err != nil || !ok {
			return "object", err // NaN, to the reference
		}
		return "number", nil
	case 'b':
		return "boolean", nil
	case 'l':
		return "null", nil
	case 'a':
		return "array", nil
	case 'o':
		return "object", nil
	case 'f':
		return "function", nil
	}
	return nothing{}, nil
}

func raise(s *state, args []any) (any, error) {
	message, _ := args[0].(string)
	if message == "" {
		message = "$error() function evaluated"
	}
	return nil, s.fail("D3137", "%s", message)
}

func count(_ *state, args []any) (any, error) {
	list, _ := items(args[0])
	return float64(len(list)), nil
}

func appendLists(s *state, args []any) (any, error) { return s.appended(args[0], args[1]) }

func reverse(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok || len(list) <= 1 {
		return args[0], nil
	}
	list = slices.Clone(list)
	slices.Reverse(list)
	return &array{items: list}, s.growItems(len(list))
}

func distinct(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok || len(list) <= 1 {
		return args[0], nil
	}
	unique := &array{sequence: isSequence(args[0])}
	scalars := map[any]bool{}
	var others []any // lists and objects are compared one by one
	for _, v := range list {
		known := false
		if key, ok := scalarKey(v); ok {
			known = scalars[key]
			scalars[key] = true
		} else {
			for i := 0; i < len(others) && !known; i++ {
				var err error
				if known, err = s.equal(v, others[i]); err != nil {
					return nil, err
				}
			}
			if !known {
				others = append(others, v)
			}
		}
		if !known {
			unique.items = append(unique.items, v)
		}
	}
	return unique, s.growItems(3 * len(unique.items))
}

// scalarKey finds equal scalars in a map. NaN equals nothing, in a map either.
func scalarKey(v any) (any, bool) {
	if f, ok := float(v); ok {
		return f, true
	}
	switch v.(type) {
	case string, bool, nil:
		return v, true
	}
	return nil, false
}

func keys(s *state, args []any) (any, error) {
	names := map[string]bool{}
	if err := s.collectKeys(names, args[0]); err != nil {
		return nil, err
	}
	list := &array{sequence: true}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		list.items = append(list.items, name)
	}
	return list, s.growItems(len(list.items))
}

func (s *state) collectKeys(names map[string]bool, v any) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	m, _ := fields(v)
	for name := range m {
		names[name] = true
	}
	list, _ := items(v)
	for _, element := range list {
		if err := s.collectKeys(names, element); err != nil {
			return err
		}
	}
	return s.growItems(len(m))
}

func lookupField(s *state, args []any) (any, error) {
	name, ok := args[1].(string)
	if !ok {
		return nothing{}, nil
	}
	return s.lookup(args[0], name)
}

func merge(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok {
		return nothing{}, nil
	}
	merged := object{}
	for _, v := range list {
		m, _ := fields(v)
		maps.Copy(merged, m)
		if err := s.growItems(2 * len(m)); err != nil {
			return nil, err
		}
	}
	return merged, nil
}
