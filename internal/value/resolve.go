package value

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Found are stored values by id.
type Found map[string]json.RawMessage

// Fetch gives stored values of one execution, as Decode reads them. Those that are
// not there are not in the answer.
type Fetch func(ids []string) (map[string]any, error)

// MissingError says that the value of a stand-in is not there.
type MissingError struct{ ID string }

func (e *MissingError) Error() string { return "there is no value " + e.ID }

// Mentions says whether a JSON text may hold stand-ins: whether to look any closer.
func Mentions(text []byte) bool { return bytes.Contains(text, []byte(`"`+member+`":"`+idPrefix)) }

// Resolve gives v with the values in place of their stand-ins. The error is a
// *MissingError where one is not there. v itself is not changed.
func Resolve(v any, fetch Fetch) (any, error) { return resolve(v, fetch, true) }

// ResolveSent is Resolve for data that somebody sent: what has no value is no stand-in,
// and stays as it is.
func ResolveSent(v any, fetch Fetch) (any, error) { return resolve(v, fetch, false) }

func resolve(v any, fetch Fetch, all bool) (any, error) {
	ids := IDs(v)
	if len(ids) == 0 {
		return v, nil
	}
	found, err := fetch(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, ok := found[id]; !ok && all {
			return nil, &MissingError{id}
		}
	}
	return put(v, found), nil
}

func put(v any, found map[string]any) any {
	return Replace(v, func(id, pointer string) (any, bool) {
		whole, ok := found[id]
		if !ok {
			return nil, false
		}
		part, ok := At(whole, pointer)
		return clone(part), ok
	})
}

// clone copies a part: who gets it may change it, and others have the value, too.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		copied := make(map[string]any, len(v))
		for name, e := range v {
			copied[name] = clone(e)
		}
		return copied
	case []any:
		copied := make([]any, len(v))
		for i, e := range v {
			copied[i] = clone(e)
		}
		return copied
	default:
		return v
	}
}

// IDs lists the values that v has stand-ins of, sorted, each once.
func IDs(v any) []string {
	ids := map[string]bool{}
	visit(v, func(r reference) { ids[r.id] = true })
	return slices.Sorted(maps.Keys(ids))
}

func visit(v any, see func(reference)) {
	if r, ok := referenceOf(v); ok {
		see(r)
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			visit(e, see)
		}
	case []any:
		for _, e := range v {
			visit(e, see)
		}
	}
}

// Replace gives v with something else in place of its stand-ins, as far as with has
// something. A stand-in is one of a part of a value where pointer is not "". What
// was put in is not looked into: it is somebody's data. v itself is not changed.
func Replace(v any, with func(id, pointer string) (any, bool)) any {
	if r, ok := referenceOf(v); ok {
		if other, ok := with(r.id, r.pointer); ok {
			return other
		}
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		return replaceMembers(v, with)
	case []any:
		return replaceItems(v, with)
	default:
		return v
	}
}

func replaceMembers(v map[string]any, with func(id, pointer string) (any, bool)) any {
	replaced := make(map[string]any, len(v))
	for name, e := range v {
		replaced[name] = Replace(e, with)
	}
	return replaced
}

func replaceItems(v []any, with func(id, pointer string) (any, bool)) any {
	replaced := make([]any, len(v))
	for i, e := range v {
		replaced[i] = Replace(e, with)
	}
	return replaced
}

// At gives the part of a value at a JSON pointer.
func At(v any, pointer string) (any, bool) {
	for _, name := range segments(pointer) {
		switch parent := v.(type) {
		case map[string]any:
			part, ok := parent[name]
			if !ok {
				return nil, false
			}
			v = part
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(parent) {
				return nil, false
			}
			v = parent[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// PartOf gives the part of a stored value at a JSON pointer as JSON text.
func PartOf(text json.RawMessage, pointer string) (json.RawMessage, error) {
	if pointer == "" {
		return text, nil
	}
	v, err := Decode(text)
	if err != nil {
		return nil, err
	}
	part, ok := At(v, pointer)
	if !ok {
		return nil, fmt.Errorf("there is nothing at %q", pointer)
	}
	return Encode(part)
}
