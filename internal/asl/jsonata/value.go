package jsonata

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// nothing is the reference's undefined. JSON null is nil.
type nothing struct{}

func isUndefined(v any) bool { _, ok := v.(nothing); return ok }

// array is a list that an evaluation made; lists that were given stay []any. The
// flags are those that the reference hangs on its arrays: a sequence unwraps when
// it holds one element, unless keep is set, and a cons is not flattened by the
// path it is a step of.
type array struct {
	items    []any
	sequence bool
	cons     bool
	keep     bool
}

// object is an object that an evaluation made; objects that were given stay
// map[string]any, so that export can stop at them.
type object map[string]any

func items(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case *array:
		return v.items, true
	}
	return nil, false
}

func fields(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case object:
		return v, true
	}
	return nil, false
}

func isSequence(v any) bool {
	a, ok := v.(*array)
	return ok && a.sequence
}

// float gives a number's value; text that is no number, which JSON cannot hold
// but a caller can, is NaN.
func float(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case json.Number:
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil && !math.IsInf(f, 0) {
			return math.NaN(), true
		}
		return f, true
	}
	return 0, false
}

// numeric is float for where the reference insists on a finite number.
func (s *state) numeric(v any) (float64, bool, error) {
	f, ok := float(v)
	switch {
	case !ok || math.IsNaN(f):
		return 0, false, nil
	case math.IsInf(f, 0):
		return 0, false, s.fail("D1001", "the number is out of range")
	}
	return f, true, nil
}

// symbol is the letter that stands for a value's type in signatures.
func symbol(v any) byte {
	switch v.(type) {
	case string:
		return 's'
	case float64, json.Number:
		return 'n'
	case bool:
		return 'b'
	case nil:
		return 'l'
	case []any, *array:
		return 'a'
	case map[string]any, object:
		return 'o'
	case *lambda, *builtin, *pattern:
		return 'f'
	}
	return 'm'
}

// truth is the reference's cast to boolean.
func (s *state) truth(v any) (bool, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		return v != "", nil
	case float64, json.Number:
		f, ok, err := s.numeric(v)
		return ok && f != 0, err
	case map[string]any:
		return len(v) > 0, nil
	case object:
		return len(v) > 0, nil
	case []any:
		return s.anyTrue(v)
	case *array:
		return s.anyTrue(v.items)
	case *lambda, *builtin, *pattern:
		return true, nil
	}
	return false, nil
}

func (s *state) anyTrue(list []any) (bool, error) {
	found := false
	for _, v := range list {
		if err := s.enter(); err != nil {
			return false, err
		}
		t, err := s.truth(v)
		if err != nil {
			return false, err
		}
		s.leave()
		found = found || t
	}
	return found, nil
}

// lookup is a field of an object, or the sequence of that field of all objects in a list.
func (s *state) lookup(v any, name string) (any, error) {
	if m, ok := fields(v); ok {
		if field, ok := m[name]; ok {
			return field, nil
		}
		return nothing{}, nil
	}
	list, ok := items(v)
	if !ok {
		return nothing{}, nil
	}
	found := &array{sequence: true}
	for _, element := range list {
		if err := s.enter(); err != nil {
			return nil, err
		}
		field, err := s.lookup(element, name)
		if err != nil {
			return nil, err
		}
		s.leave()
		if nested, ok := items(field); ok {
			found.items = append(found.items, nested...)
		} else if !isUndefined(field) {
			found.items = append(found.items, field)
		}
	}
	return found, s.growItems(len(found.items))
}

// equal compares in depth; numbers by value, however they were written.
func (s *state) equal(a, b any) (bool, error) {
	if x, ok := a.(string); ok {
		s.read(len(x))
		return a == b, nil
	}
	if err := s.enter(); err != nil {
		return false, err
	}
	defer s.leave()
	if x, ok := items(a); ok {
		y, ok := items(b)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if same, err := s.equal(x[i], y[i]); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	if x, ok := fields(a); ok {
		y, ok := fields(b)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for name, field := range x {
			other, ok := y[name]
			if !ok {
				return false, nil
			}
			if same, err := s.equal(field, other); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	return sameScalar(a, b), nil
}

// sameScalar compares what is no list and no object.
func sameScalar(a, b any) bool {
	if x, ok := float(a); ok {
		y, ok := float(b)
		return ok && x == y
	}
	switch symbol(a) {
	case 's', 'b', 'l', 'f':
		return symbol(a) == symbol(b) && a == b
	}
	return isUndefined(a) && isUndefined(b)
}

// identical is the reference's ===, which compares lists and objects by identity.
// Go's empty lists have none; they are taken for different ones.
func identical(a, b any) bool {
	switch symbol(a) {
	case 'a', 'o':
		x, y := reflect.ValueOf(a), reflect.ValueOf(b)
		if x.Kind() != y.Kind() || x.Kind() == reflect.Slice && (x.Len() != y.Len() || x.Len() == 0) {
			return false
		}
		return x.Pointer() == y.Pointer()
	}
	return sameScalar(a, b)
}

// appended is the reference's $append, which array constructors use as well.
func (s *state) appended(a, b any) (any, error) {
	if isUndefined(a) {
		return b, nil
	}
	if isUndefined(b) {
		return a, nil
	}
	x, ok := items(a)
	if !ok {
		x = []any{a}
	}
	y, ok := items(b)
	if !ok {
		y = []any{b}
	}
	return &array{items: slices.Concat(x, y)}, s.growItems(len(x) + len(y))
}

// export turns what the evaluation made into plain Go values. A value that was
// given is passed on as it is; all are measured once the evaluation was long
// enough to have multiplied them.
func (s *state) export(v any) (any, error) {
	if s.steps < maxSteps-50 {
		if err := s.measure(v); err != nil {
			return nil, err
		}
	}
	return s.plain(v)
}

// measure charges for every place that a value stands in, so that a small graph
// cannot become huge JSON.
func (s *state) measure(v any) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if text, ok := v.(string); ok {
		return s.grow(len(text))
	}
	if list, ok := items(v); ok {
		for _, element := range list {
			if err := s.measure(element); err != nil {
				return err
			}
		}
	}
	if m, ok := fields(v); ok {
		for name, field := range m {
			if err := s.grow(len(name)); err != nil {
				return err
			}
			if err := s.measure(field); err != nil {
				return err
			}
		}
	}
	return nil
}

// plain rewrites lists and objects in place: nothing else holds them any more.
func (s *state) plain(v any) (_ any, err error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	switch v := v.(type) {
	case *array:
		for i, element := range v.items {
			if v.items[i], err = s.plain(element); err != nil {
				return nil, err
			}
		}
		if v.items == nil {
			return []any{}, nil
		}
		return v.items, nil
	case object:
		for name, field := range v {
			if v[name], err = s.plain(field); err != nil {
				return nil, err
			}
		}
		return map[string]any(v), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, s.fail("D1001", "the result holds a number that is out of range")
		}
		if v == 0 {
			return 0.0, nil // JSON.stringify has no -0
		}
		return v, nil
	case nothing:
		return nil, nil
	case *lambda, *builtin, *pattern:
		return nil, s.fail(CodeNotJSON, "the result holds a function")
	default:
		return v, nil
	}
}
