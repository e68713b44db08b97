package exact

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// plainDepth is how deep a plain value is nested at most.
	plainDepth = 100
	// sharedBytes is the longest text of which the strings within are parts: they keep
	// all of it in memory.
	sharedBytes = 4 << 10
	// unsortedKeys is how many keys are sorted without memory being asked for.
	unsortedKeys = 16
)

// plain reads a value that is nested no deeper than plainDepth. False says no more
// than that encoding/json has to read it.
func plain(text []byte) (any, bool) {
	r := reader{text: text}
	if len(text) <= sharedBytes {
		r.shared = string(text)
	}
	v, ok := r.value(0)
	r.space()
	return v, ok && r.at == len(text)
}

// reader reads a text from the beginning to the end. What it does not know it does
// not take.
type reader struct {
	text   []byte
	shared string // the same, where the strings within may be parts of it
	at     int
}

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// next takes c, with the space around it.
func (r *reader) next(c byte) bool {
	r.space()
	if r.at == len(r.text) || r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) value(depth int) (any, bool) {
	r.space()
	if r.at == len(r.text) || depth > plainDepth {
		return nil, false
	}
	switch c := r.text[r.at]; c {
	case '{':
		return r.object(depth)
	case '[':
		return r.list(depth)
	case '"':
		return r.string()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	default:
		return r.number()
	}
}

func (r *reader) word(w string) bool {
	ok := bytes.HasPrefix(r.text[r.at:], []byte(w))
	r.at += len(w)
	return ok
}

func (r *reader) object(depth int) (any, bool) {
	r.at++
	object := map[string]any{}
	if r.next('}') {
		return object, true
	}
	for {
		r.space()
		key, ok := r.string()
		if !ok || !r.next(':') {
			return nil, false
		}
		if object[key], ok = r.value(depth + 1); !ok {
			return nil, false
		}
		if !r.next(',') {
			return object, r.next('}')
		}
	}
}

func (r *reader) list(depth int) (any, bool) {
	r.at++
	list := []any{}
	if r.next(']') {
		return list, true
	}
	for {
		item, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		list = append(list, item)
		if !r.next(',') {
			return list, r.next(']')
		}
	}
}

// string takes a string. One with escapes is encoding/json's to read.
func (r *reader) string() (string, bool) {
	if r.at == len(r.text) || r.text[r.at] != '"' {
		return "", false
	}
	begin, isASCII := r.at+1, true
	for i := begin; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			return r.part(begin, i), isASCII || utf8.Valid(r.text[begin:i])
		case c == '\\':
			return r.escaped(i)
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			isASCII = false
		}
	}
	return "", false
}

// escaped takes the string that r.at begins, whose first escape is at i.
func (r *reader) escaped(i int) (string, bool) {
	for ; i < len(r.text) && r.text[i] != '"'; i++ {
		if r.text[i] == '\\' {
			i++
		}
	}
	if i >= len(r.text) {
		return "", false
	}
	var s string
	err := json.Unmarshal(r.text[r.at:i+1], &s)
	r.at = i + 1
	return s, err == nil
}

func (r *reader) part(from, to int) string {
	if r.shared != "" {
		return r.shared[from:to]
	}
	return string(r.text[from:to])
}

func (r *reader) number() (any, bool) {
	begin := r.at
	n := numberLength(r.text[begin:])
	r.at += n
	return json.Number(r.part(begin, r.at)), n > 0
}

// numberLength gives how much of the beginning of a text is one number, as RFC 8259
// has it; 0 for none.
func numberLength[T ~string | ~[]byte](text T) int {
	i := 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	begin := i
	if i = digits(text, i); i == begin || text[begin] == '0' && i > begin+1 {
		return 0
	}
	if i < len(text) && text[i] == '.' {
		begin = i + 1
		if i = digits(text, begin); i == begin {
			return 0
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		begin = i + 1
		if begin < len(text) && (text[begin] == '+' || text[begin] == '-') {
			begin++
		}
		if i = digits(text, begin); i == begin {
			return 0
		}
	}
	return i
}

// digits gives where the digits end that begin at i.
func digits[T ~string | ~[]byte](text T, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}

// roomFor is about how many bytes a value takes that appendPlain writes.
func roomFor(v any, depth int) int {
	if depth > plainDepth {
		return 0
	}
	switch v := v.(type) {
	case string:
		return 2 + len(v)
	case json.Number:
		return len(v)
	case []any:
		n := 2
		for _, item := range v {
			n += 1 + roomFor(item, depth+1)
		}
		return n
	case map[string]any:
		n := 2
		for key, member := range v {
			n += 4 + len(key) + roomFor(member, depth+1)
		}
		return n
	default:
		return 8
	}
}

// appendPlain appends a value of the types that Decode gives, with the keys of
// objects sorted. False says no more than that encoding/json has to write it.
func appendPlain(b []byte, v any, depth int) ([]byte, bool) {
	if depth > plainDepth { // it may hold itself
		return b, false
	}
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), true
	case bool:
		return strconv.AppendBool(b, v), true
	case string:
		return appendString(b, v)
	case json.Number:
		return append(b, v...), v != "" && numberLength(v) == len(v)
	case int:
		return strconv.AppendInt(b, int64(v), 10), true
	case float64:
		text, err := json.Marshal(v)
		return append(b, text...), err == nil
	case []any:
		return appendList(b, v, depth)
	case map[string]any:
		return appendObject(b, v, depth)
	default:
		return b, false
	}
}

func appendList(b []byte, list []any, depth int) ([]byte, bool) {
	if list == nil {
		return append(b, "null"...), true
	}
	b = append(b, '[')
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var ok bool
		if b, ok = appendPlain(b, item, depth+1); !ok {
			return b, false
		}
	}
	return append(b, ']'), true
}

func appendObject(b []byte, object map[string]any, depth int) ([]byte, bool) {
	if object == nil {
		return append(b, "null"...), true
	}
	var few [unsortedKeys]string
	keys := few[:0]
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		var ok bool
		if b, ok = appendString(b, key); !ok {
			return b, false
		}
		b = append(b, ':')
		if b, ok = appendPlain(b, object[key], depth+1); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

// appendString appends a string. One in which more than line breaks, quotes and
// backslashes is escaped is encoding/json's to write.
func appendString(b []byte, s string) ([]byte, bool) {
	b = append(b, '"')
	from, isASCII := 0, true
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '"', c == '\\':
			b = append(append(b, s[from:i]...), '\\', c)
			from = i + 1
		case c == '\n':
			b = append(append(b, s[from:i]...), '\\', 'n')
			from = i + 1
		case c < ' ':
			return b, false
		case c >= utf8.RuneSelf:
			isASCII = false
		}
	}
	// JavaScript took these two for ends of lines, so encoding/json escapes them.
	if !isASCII && (!utf8.ValidString(s) || strings.ContainsAny(s, "\u2028\u2029")) {
		return b, false
	}
	return append(append(b, s[from:]...), '"'), true
}
