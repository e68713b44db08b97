package run

import (
	"encoding/json"
	"fmt"
	"math"

	"switchboard/internal/exact"
)

// data is a JSON value that is decoded and encoded only when somebody asks: most
// task answers pass a machine without anything looking into them. It is not safe
// for concurrent use before value has been called.
type data struct {
	raw     json.RawMessage // valid JSON; nil where only v is known
	v       any
	decoded bool
	answer  bool // raw is a function's answer: the value is the integration's envelope around it
}

const envelopeHead, envelopeTail = `{"ExecutedVersion":"$LATEST","Payload":`, `,"StatusCode":200}`

func encoded(raw json.RawMessage) *data { return &data{raw: raw} }
func decoded(v any) *data               { return &data{v: v, decoded: true} }

// value gives the decoded form.
func (d *data) value() (any, error) {
	if d.decoded {
		return d.v, nil
	}
	v, err := decode(d.raw)
	if err != nil {
		return nil, err
	}
	if d.answer {
		v = map[string]any{"ExecutedVersion": "$LATEST", "Payload": v, "StatusCode": float64(200)}
	}
	d.v, d.decoded = v, true
	return v, nil
}

// encode gives the JSON text.
func (d *data) encode() (json.RawMessage, error) {
	switch {
	case d.raw == nil:
		raw, err := encode(d.v)
		if err != nil {
			return nil, err
		}
		d.raw = raw
		return raw, nil
	case d.answer:
		return join(envelopeHead, d.raw, envelopeTail), nil
	default:
		return d.raw, nil
	}
}

func join(head string, body []byte, tail string) []byte {
	out := make([]byte, 0, len(head)+len(body)+len(tail))
	return append(append(append(out, head...), body...), tail...)
}

// decode keeps numbers as their text, so that what only passes through stays exact.
func decode(raw json.RawMessage) (any, error) {
	v, err := exact.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("decoding a value: %w", err)
	}
	return v, nil
}

// encode writes a value with sorted keys and without HTML escapes.
func encode(v any) (json.RawMessage, error) {
	raw, err := exact.Encode(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a value: %w", err)
	}
	return raw, nil
}

// exceeds says whether the JSON texts of values have together more than limit
// bytes. It encodes only where an upper bound, which costs one walk, does not
// settle it.
func exceeds(limit int, values ...any) (bool, error) {
	bound := 0
	for _, v := range values {
		bound += atMost(v)
	}
	if bound <= limit {
		return false, nil
	}
	size := 0
	for _, v := range values {
		raw, err := encode(v)
		if err != nil {
			return false, err
		}
		size += len(raw)
	}
	return size > limit, nil
}

// atMost is an upper bound of a value's encoded size.
func atMost(v any) int {
	switch v := v.(type) {
	case string:
		return 2 + 6*len(v)
	case json.Number:
		return len(v)
	case []any:
		n := 2
		for _, e := range v {
			n += 1 + atMost(e)
		}
		return n
	case map[string]any:
		n := 2
		for k, e := range v {
			n += 4 + 6*len(k) + atMost(e)
		}
		return n
	default:
		return 32
	}
}

// number reads a JSON number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	default:
		return 0, false
	}
}

// whole reads a JSON number that is an integer within [0, most].
func whole(v any, most float64) (int64, bool) {
	f, ok := number(v)
	if !ok || f < 0 || f > most || f != math.Trunc(f) {
		return 0, false
	}
	return int64(f), true
}
