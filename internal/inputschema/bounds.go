package inputschema

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// Bounds of what a schema may cost. The library that validates has none: a schema of a
// few lines could double its work at every level, and never end.
const (
	maxSchemas     = 5_000  // within a schema
	maxWays        = 10_000 // through it, from its beginning
	maxDigits      = 400    // of a number
	maxExponent    = 400    // the library calculates with all digits, as 1e999999999 would have them
	hugeNumber     = "is a number with more digits than can be dealt with"
	tooComplicated = "it is too complicated: where it refers to itself or to other parts, do so in fewer places"
)

// bounded says why a schema would cost too much; nil if it does not.
func bounded(root *jsonschema.Schema) error {
	b := bounds{ways: map[*jsonschema.Schema]int{}, open: map[*jsonschema.Schema]int{}}
	if b.count(root) > maxWays || len(b.ways) > maxSchemas || b.loops {
		return errors.New(tooComplicated)
	}
	return nil
}

// bounds counts the ways through a schema. One that leads back to where it came from
// is followed once; several that do from one place multiply with each level of an
// input, and are refused.
type bounds struct {
	ways  map[*jsonschema.Schema]int
	open  map[*jsonschema.Schema]int // on the way from the root to here: how deep in a value
	depth int
	loops bool
}

func (b *bounds) count(s *jsonschema.Schema) int {
	if n, ok := b.ways[s]; ok {
		return n
	}
	if len(b.ways) > maxSchemas || b.loops {
		return 0
	}
	b.open[s] = b.depth
	n, back := 1, 0
	same := inPlace(s)
	for _, child := range same {
		at, isOpen := b.open[child]
		if isOpen && at == b.depth {
			b.loops = true // it would be asked about the same value for ever
			return 0
		}
		if !isOpen {
			n = min(n+b.count(child), maxWays+1)
		}
		if len(same) > 1 && b.leadsBack(child, map[*jsonschema.Schema]bool{}) {
			back++
		}
	}
	b.depth++
	for _, child := range below(s) {
		if _, isOpen := b.open[child]; !isOpen {
			n = min(n+b.count(child), maxWays+1)
		}
	}
	b.depth--
	delete(b.open, s)
	b.ways[s] = n
	if back > 1 {
		b.loops = true
	}
	return n
}

// leadsBack says whether a schema leads to one that is open.
func (b *bounds) leadsBack(s *jsonschema.Schema, seen map[*jsonschema.Schema]bool) bool {
	if _, isOpen := b.open[s]; isOpen {
		return true
	}
	if seen[s] || len(seen) > maxSchemas {
		return false
	}
	seen[s] = true
	for _, children := range [][]*jsonschema.Schema{inPlace(s), below(s)} {
		for _, child := range children {
			if b.leadsBack(child, seen) {
				return true
			}
		}
	}
	return false
}

// inPlace are the schemas that are asked about the same value.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	all := append(append(append([]*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}, s.AllOf...), s.AnyOf...), s.OneOf...)
	if s.DynamicRef != nil {
		all = append(all, s.DynamicRef.Ref)
	}
	for _, child := range s.DependentSchemas {
		all = append(all, child)
	}
	for _, child := range s.Dependencies {
		all = append(all, schemaIn(child)...)
	}
	return there(all)
}

// below are those that are asked about its parts.
func below(s *jsonschema.Schema) []*jsonschema.Schema {
	all := append([]*jsonschema.Schema{s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema}, s.PrefixItems...)
	for _, child := range s.Properties {
		all = append(all, child)
	}
	for _, child := range s.PatternProperties {
		all = append(all, child)
	}
	for _, child := range []any{s.AdditionalProperties, s.Items, s.AdditionalItems} {
		all = append(all, schemaIn(child)...)
	}
	return there(all)
}

func schemaIn(v any) []*jsonschema.Schema {
	switch v := v.(type) {
	case *jsonschema.Schema:
		return []*jsonschema.Schema{v}
	case []*jsonschema.Schema:
		return v
	}
	return nil
}

func there(all []*jsonschema.Schema) []*jsonschema.Schema {
	var found []*jsonschema.Schema
	for _, s := range all {
		if s != nil {
			found = append(found, s)
		}
	}
	return found
}

// checkNumbers refuses numbers that would have more digits than can be dealt with.
func checkNumbers(v any, pointer string) *fault.Error {
	switch v := v.(type) {
	case json.Number:
		if isHuge(v.String()) {
			return fault.New(fault.ValidationFailed, "The input does not fit the trigger's input_schema.").At(pointer, hugeNumber)
		}
	case []any:
		for i, item := range v {
			if f := checkNumbers(item, pointer+"/"+strconv.Itoa(i)); f != nil {
				return f
			}
		}
	case map[string]any:
		for name, item := range v {
			if f := checkNumbers(item, pointer+"/"+schema.Escape(name)); f != nil {
				return f
			}
		}
	}
	return nil
}

func isHuge(number string) bool {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	if len(mantissa) > maxDigits {
		return true
	}
	n, err := strconv.Atoi(exponent)
	return exponent != "" && (err != nil || n > maxExponent || n < -maxExponent)
}
