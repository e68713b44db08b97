package inputschema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/inputschema"
)

func decode(t *testing.T, text string) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestBounds(t *testing.T) {
	var doubling strings.Builder
	for i := range 40 {
		fmt.Fprintf(&doubling, `"d%d": {"allOf": [{"$ref": "#/$defs/d%d"}, {"$ref": "#/$defs/d%d"}]}, `, i, i+1, i+1)
	}
	for name, c := range map[string]struct {
		schema string
		ok     bool
	}{
		"OKPlain":        {`{"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]}`, true},
		"OKTree":         {`{"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}`, true},
		"OKList":         {`{"anyOf": [{"type": "null"}, {"type": "object", "properties": {"next": {"$ref": "#"}}}]}`, true},
		"OKShared":       {`{"$defs": {"x": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#/$defs/x"}}}`, true},
		"ErrDoubling":    {`{"$ref": "#/$defs/d0", "$defs": {` + doubling.String() + `"d40": {"type": "object"}}}`, false},
		"ErrDoublesDown": {`{"allOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}]}`, false},
		"ErrItself":      {`{"$ref": "#"}`, false},
		"ErrEachOther":   {`{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}`, false},
		"ErrHugeBound":   {`{"properties": {"a": {"minimum": 1e999999999}}}`, false},
		"ErrTinyStep":    {`{"properties": {"a": {"multipleOf": 1e-999999999}}}`, false},
		"ErrElsewhere":   {`{"$ref": "http://169.254.169.254/latest/meta-data"}`, false},
		"ErrFile":        {`{"$ref": "file:///etc/passwd"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := decode(t, c.schema).(map[string]any)
			if err := inputschema.Check(s); (err == nil) != c.ok {
				t.Errorf("err = %v, want ok %t", err, c.ok)
			}
		})
	}
	s, _ := decode(t, `{"type": "object", "properties": {"n": {"type": "number", "minimum": 0, "multipleOf": 0.5}}}`).(map[string]any)
	for text, want := range map[string]bool{
		`{"n": 1.5}`: true, `{"n": 1e300}`: true, `{"n": 1e999999999}`: false, `{"n": 1e-999999999}`: false, `{"n": 1` + strings.Repeat("0", 100_000) + `}`: false,
	} {
		err := inputschema.Validate(s, decode(t, text))
		if (err == nil) != want || (err != nil && !fault.Is(err, fault.ValidationFailed)) {
			t.Errorf("%.30s: err = %v, want ok %t", text, err, want)
		}
	}
}
