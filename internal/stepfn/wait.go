package stepfn

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/asl/jsonata"
)

// until says when a Wait that was entered ends, which Step Functions' history does not:
// by the definition, with what the history says of input and variables. It is zero
// where that cannot be known, such as for a text that was cut off for its length; the
// execution itself does not depend on it.
func (t *translation) until(v *visit, input json.RawMessage, entered time.Time) time.Time {
	wait := t.waits[v.state]
	if wait == nil {
		return time.Time{}
	}
	if wait.Timestamp != nil {
		text, _ := t.evaluated(wait.Timestamp, v.frame, input).(string)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return time.Time{}
		}
		return at.UTC()
	}
	var seconds float64
	switch n := t.evaluated(wait.Seconds, v.frame, input).(type) {
	case float64:
		seconds = n
	case json.Number:
		seconds, _ = n.Float64()
	default:
		return time.Time{}
	}
	return entered.Add(time.Duration(seconds * float64(time.Second)))
}

// evaluated gives the value of a state's field; nil where it has none.
func (t *translation) evaluated(field any, frame string, input json.RawMessage) any {
	source, isExpr := field.(asl.Expr)
	if !isExpr {
		return field
	}
	expr, err := jsonata.Compile(string(source))
	if err != nil {
		return nil
	}
	value, _, err := expr.Eval(scope{t, frame, input})
	if err != nil {
		return nil
	}
	return value
}

// scope is what the expressions of a state in a frame see.
type scope struct {
	t     *translation
	frame string
	input json.RawMessage
}

// Lookup implements jsonata.Bindings. A variable of a branch or an item is seen within
// it, one from around it as well.
func (s scope) Lookup(name string) (any, bool) {
	if name == "states" {
		execution := map[string]any{"Input": decoded(s.t.input)}
		return map[string]any{"input": decoded(s.input), "context": map[string]any{"Execution": execution}}, true
	}
	for frame := s.frame; ; {
		if v, ok := s.t.variables[frame][name]; ok {
			return v, true
		}
		at := strings.LastIndexByte(frame, '/')
		if at < 0 {
			return nil, false
		}
		frame = frame[:at]
	}
}

// remember notes the variables that a visit has set.
func (t *translation) remember(frame string, assigned map[string]string) {
	for name, value := range assigned {
		if t.variables[frame] == nil {
			t.variables[frame] = map[string]any{}
		}
		t.variables[frame][name] = decoded([]byte(value))
	}
}

func decoded(text []byte) any {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return v
}
