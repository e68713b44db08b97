package template

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonText is what the json filter gives: a text, but one that stands for itself
// where a JSON value is expected.
type jsonText string

// textOf gives the text form of a JSON value.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case jsonText:
		return string(v)
	case json.Number:
		return string(v)
	case nil:
		return ""
	}
	return string(appendText(nil, v))
}

// appendText appends the text form of a JSON value.
func appendText(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(dst, v...)
	case jsonText:
		return append(dst, v...)
	case nil:
		return dst
	}
	return appendJSON(dst, v)
}

// appendJSON appends a JSON value as compact JSON: members sorted, nothing
// escaped but what JSON demands, numbers to the digit. It differs from
// encoding/json in leaving <, >, &, U+2028 and U+2029 alone, as JavaScript does.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		dst = append(dst, '"')
		dst = appendStringContent(dst, v)
		return append(dst, '"')
	case jsonText:
		return appendJSON(dst, string(v))
	case json.Number:
		return append(dst, v...)
	case float64:
		return appendFloat(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case bool:
		return strconv.AppendBool(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, item)
		}
		return append(dst, ']')
	case map[string]any:
		return appendObject(dst, v)
	}
	return append(dst, "null"...)
}

func appendObject(dst []byte, object map[string]any) []byte {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSON(dst, name), ':')
		dst = appendJSON(dst, object[name])
	}
	return append(dst, '}')
}

// appendFloat writes a double as JavaScript does: 0.1, 1e+21, 1e-7, and 0 for -0.
func appendFloat(dst []byte, f float64) []byte {
	switch size := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case size == 0:
		return append(dst, '0')
	case size >= 1e-6 && size < 1e21:
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	d, _ := parseDecimal(strconv.FormatFloat(f, 'e', -1, 64))
	return append(dst, d.number()...)
}

const hexDigits = "0123456789abcdef"

// appendStringContent appends what stands between the quotes of a JSON string.
func appendStringContent(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[start:i]...)
				dst = utf8.AppendRune(dst, utf8.RuneError)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		if short := strings.IndexByte("\b\f\n\r\t\"\\", c); short >= 0 {
			dst = append(dst, '\\', `bfnrt"\`[short])
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(dst, s[start:]...)
}
