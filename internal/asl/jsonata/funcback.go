package jsonata

import (
	"maps"
	"math"
	"slices"
)

// Functions that call functions. What those return is not unwrapped, as in the
// reference: only an evaluation does that.

func mapList(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok {
		return nothing{}, nil
	}
	mapped := &array{sequence: true}
	for i, v := range list {
		result, err := s.callBack(args[1], v, float64(i), args[0])
		if err != nil {
			return nil, err
		}
		if !isUndefined(result) {
			mapped.items = append(mapped.items, result)
		}
	}
	return mapped, s.growItems(len(mapped.items))
}

func filterList(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok {
		return nothing{}, nil
	}
	taken := &array{sequence: true}
	for i, v := range list {
		ok, err := s.holds(args[1], v, i, args[0])
		if err != nil {
			return nil, err
		}
		if ok {
			taken.items = append(taken.items, v)
		}
	}
	return taken, s.growItems(len(taken.items))
}

// holds asks a predicate about an element.
func (s *state) holds(fn, v any, i int, whole any) (bool, error) {
	result, err := s.callBack(fn, v, float64(i), whole)
	if err != nil {
		return false, err
	}
	return s.truth(result)
}

func single(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok {
		return nothing{}, nil
	}
	var found any = nothing{}
	n := 0
	for i, v := range list {
		ok := true
		if !isUndefined(args[1]) {
			var err error
			if ok, err = s.holds(args[1], v, i, args[0]); err != nil {
				return nil, err
			}
		}
		if ok {
			found = v
			if n++; n > 1 {
				return nil, s.fail("D3138", "$single found more than one match")
			}
		}
	}
	if n == 0 {
		return nil, s.fail("D3139", "$single found no match")
	}
	return found, nil
}

func reduce(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok {
		return nothing{}, nil
	}
	takes := arity(args[1])
	if takes < 2 {
		return nil, s.fail("D3050", "the function of $reduce must take two arguments at least")
	}
	result, i := args[2], 0
	if isUndefined(result) && len(list) > 0 {
		result, i = list[0], 1
	}
	for ; i < len(list); i++ {
		all := []any{result, list[i], float64(i), args[0]}
		var err error
		if result, err = s.apply(args[1], all[:min(takes, len(all))], nil); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func each(s *state, args []any) (any, error) {
	m, _ := fields(args[0])
	list := &array{sequence: true}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		result, err := s.callBack(args[1], m[name], name, args[0])
		if err != nil {
			return nil, err
		}
		if !isUndefined(result) {
			list.items = append(list.items, result)
		}
	}
	return list, s.growItems(len(m))
}

func sortList(s *state, args []any) (any, error) {
	list, ok := items(args[0])
	if !ok || len(list) <= 1 {
		return args[0], nil
	}
	after := func(a, b any) (bool, error) {
		swap, err := s.apply(args[1], []any{a, b}, nil)
		return truthy(swap), err
	}
	if isUndefined(args[1]) {
		var err error
		if after, err = s.naturalOrder(list); err != nil {
			return nil, err
		}
	}
	sorted, err := s.mergeSort(list, after)
	if err != nil {
		return nil, err
	}
	return &array{items: sorted}, s.growItems(len(sorted))
}

// naturalOrder compares the elements of a list of numbers, or of texts.
func (s *state) naturalOrder(list []any) (func(a, b any) (bool, error), error) {
	numbers, texts := true, true
	for _, v := range list {
		_, ok, err := s.numeric(v)
		if err != nil {
			return nil, err
		}
		numbers = numbers && ok
		texts = texts && symbol(v) == 's'
	}
	switch {
	case numbers:
		return func(a, b any) (bool, error) {
			x, _ := float(a)
			y, _ := float(b)
			return x > y, nil
		}, nil
	case texts:
		return func(a, b any) (bool, error) {
			return compareText(a.(string), b.(string)) > 0, nil
		}, nil
	}
	return nil, s.fail("D3070", "$sort without a function sorts numbers or texts, not a mixture")
}

// mergeSort halves and merges as the reference does, so that a comparison that is
// no order gives the same list, too.
func (s *state) mergeSort(list []any, after func(a, b any) (bool, error)) ([]any, error) {
	if len(list) <= 1 {
		return list, nil
	}
	middle := len(list) / 2
	left, err := s.mergeSort(list[:middle], after)
	if err != nil {
		return nil, err
	}
	right, err := s.mergeSort(list[middle:], after)
	if err != nil {
		return nil, err
	}
	merged := make([]any, 0, len(list))
	for len(left) > 0 && len(right) > 0 {
		swap, err := after(left[0], right[0])
		if err != nil {
			return nil, err
		}
		if swap {
			merged, right = append(merged, right[0]), right[1:]
		} else {
			merged, left = append(merged, left[0]), left[1:]
		}
	}
	return append(append(merged, left...), right...), nil
}

// truthy is JavaScript's own idea of truth, which the reference lets through here.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil, nothing:
		return false
	case bool:
		return v
	case string:
		return v != ""
	}
	if f, ok := float(v); ok {
		return f != 0 && !math.IsNaN(f)
	}
	return true
}
