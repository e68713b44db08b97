package jsonata

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// text is $string: what a value is in a text. undefined has none.
func (s *state) text(v any) (text string, defined bool, err error) {
	switch v := v.(type) {
	case nothing:
		return "", false, nil
	case string:
		return v, true, nil
	case *lambda, *builtin, *pattern:
		return "", true, nil
	case float64, json.Number:
		f, _ := float(v)
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return "", false, s.fail("D3001", "a number that is out of range cannot become text")
		}
		return jsonNumber(f), true, nil
	}
	b, err := s.appendJSON(nil, v, -1)
	return string(b), true, err
}

// appendJSON is JSON.stringify as the reference calls it. indent is the level of
// the line, or -1 for everything on one line.
func (s *state) appendJSON(b []byte, v any, indent int) ([]byte, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	before := len(b)
	switch v := v.(type) {
	case nil, nothing:
		b = append(b, "null"...)
	case bool:
		if v {
			b = append(b, "true"...)
		} else {
			b = append(b, "false"...)
		}
	case float64, json.Number:
		f, ok, err := s.numeric(v)
		if err != nil {
			return nil, err
		}
		if !ok {
			f = math.NaN()
		}
		b = append(b, jsonNumber(f)...)
	case string:
		b = appendQuoted(b, v)
	case []any:
		return s.appendList(b, v, indent)
	case *array:
		return s.appendList(b, v.items, indent)
	case map[string]any:
		return s.appendObject(b, v, indent)
	case object:
		return s.appendObject(b, v, indent)
	case *lambda, *builtin, *pattern:
		b = append(b, `""`...)
	default:
		return nil, s.fail(CodeNotJSON, "a value of type %T is none of JSON's", v)
	}
	return b, s.grow(len(b) - before)
}

// jsonNumber is a number in JSON text, where JSON.stringify has null for what is none.
func jsonNumber(f float64) string {
	if f = round15(f); math.IsInf(f, 0) || math.IsNaN(f) {
		return "null"
	}
	return numberText(f)
}

func (s *state) appendList(b []byte, list []any, indent int) (_ []byte, err error) {
	if len(list) == 0 {
		return append(b, "[]"...), nil
	}
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLine(b, indent, 1)
		if b, err = s.appendJSON(b, v, deeper(indent)); err != nil {
			return nil, err
		}
	}
	return append(appendLine(b, indent, 0), ']'), nil
}

func (s *state) appendObject(b []byte, m map[string]any, indent int) (_ []byte, err error) {
	if len(m) == 0 {
		return append(b, "{}"...), nil
	}
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLine(b, indent, 1)
		b = append(appendQuoted(b, name), ':')
		if indent >= 0 {
			b = append(b, ' ')
		}
		if b, err = s.appendJSON(b, m[name], deeper(indent)); err != nil {
			return nil, err
		}
	}
	return append(appendLine(b, indent, 0), '}'), s.grow(16 * len(m))
}

func deeper(indent int) int {
	if indent < 0 {
		return indent
	}
	return indent + 1
}

func appendLine(b []byte, indent, more int) []byte {
	if indent < 0 {
		return b
	}
	return append(append(b, '\n'), strings.Repeat("  ", indent+more)...)
}

// appendQuoted escapes what JSON.stringify does, which is less than encoding/json.
func appendQuoted(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case strings.IndexByte("\b\f\n\r\t", c) >= 0:
			b = append(b, '\\', "btn?fr"[c-'\b'])
		default:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		}
	}
	return append(b, '"')
}

// compareText orders by UTF-16 code units, as JavaScript does: the pairs of
// U+10000 and above come before U+E000.
func compareText(a, b string) int {
	for len(a) > 0 && len(b) > 0 {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y {
			return int(unitRank(x)) - int(unitRank(y))
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

func unitRank(r rune) rune {
	switch {
	case r >= 0x10000:
		return r - 0x10000 + 0xd800 // after the low planes, before the rest of the last
	case r >= 0xe000:
		return r + 0x100000
	}
	return r
}

// sliceRunes is Array.prototype.slice on a text's code points.
func sliceRunes(text string, from, to float64) string {
	n := utf8.RuneCountInString(text)
	at := func(position float64) int {
		switch position = math.Trunc(position); {
		case math.IsNaN(position):
			return 0
		case position < 0:
			return int(max(position+float64(n), 0))
		}
		return int(min(position, float64(n)))
	}
	start, end := at(from), at(to)
	if start >= end {
		return ""
	}
	index, first, last := 0, len(text), len(text)
	for i := range text {
		if index == start {
			first = i
		}
		if index == end {
			last = i
			break
		}
		index++
	}
	return text[first:last]
}
