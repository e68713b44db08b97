package jsonata

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

type tokenKind int

const (
	tokEnd tokenKind = iota
	tokOp
	tokName
	tokVar
	tokString
	tokNumber
	tokValue // true, false, null
	tokRegex
)

type token struct {
	kind  tokenKind
	text  string // operator, name, string content or regex source
	num   float64
	value any
	flags string // of a regex
	pos   int
}

// operatorChars end a name, and stand alone as operators where they pair with no other.
const operatorChars = ".[]{}(),@#;:?+-*/%|=<>^&!~"

var pairedOperators = []string{"..", ":=", "!=", ">=", "<=", "**", "~>"}

type lexer struct {
	src string
	pos int
}

func syntaxError(pos int, code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Offset: pos}
}

func unsupported(pos int, format string, args ...any) *Error {
	return syntaxError(pos, CodeUnsupported, format, args...)
}

// next reads one token. A slash begins a regex unless an operand went before it.
func (l *lexer) next(afterOperand bool) (token, error) {
	for l.pos < len(l.src) && strings.IndexByte(" \t\n\r\v", l.src[l.pos]) >= 0 {
		l.pos++
	}
	if l.pos == len(l.src) {
		return token{kind: tokEnd, pos: l.pos}, nil
	}
	rest, c := l.src[l.pos:], l.src[l.pos]
	switch {
	case strings.HasPrefix(rest, "/*"):
		return token{}, unsupported(l.pos, "comments are not supported")
	case c == '/' && !afterOperand:
		return l.regex()
	case strings.IndexByte(operatorChars, c) >= 0:
		return l.operator(rest), nil
	case c == '"' || c == '\'':
		return l.quoted(c)
	case c >= '0' && c <= '9':
		return l.number()
	case c == '`':
		return l.backquoted()
	default:
		return l.word()
	}
}

func (l *lexer) operator(rest string) token {
	t := token{kind: tokOp, text: rest[:1], pos: l.pos}
	for _, op := range pairedOperators {
		if strings.HasPrefix(rest, op) {
			t.text = op
		}
	}
	l.pos += len(t.text)
	return t
}

func (l *lexer) number() (token, error) {
	start := l.pos
	digits := func() bool {
		from := l.pos
		for l.pos < len(l.src) && l.src[l.pos] >= '0' && l.src[l.pos] <= '9' {
			l.pos++
		}
		return l.pos > from
	}
	if l.src[l.pos] == '0' {
		l.pos++
	} else {
		digits()
	}
	// A point or an e without digits after it is not part of the number.
	if back := l.pos; l.pos < len(l.src) && l.src[l.pos] == '.' {
		l.pos++
		if !digits() {
			l.pos = back
		}
	}
	if back := l.pos; l.pos < len(l.src) && (l.src[l.pos] == 'e' || l.src[l.pos] == 'E') {
		l.pos++
		if l.pos < len(l.src) && (l.src[l.pos] == '+' || l.src[l.pos] == '-') {
			l.pos++
		}
		if !digits() {
			l.pos = back
		}
	}
	text := l.src[start:l.pos]
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return token{}, syntaxError(start, "S0102", "the number %s is out of range", text)
	}
	return token{kind: tokNumber, num: f, pos: start}, nil
}

func (l *lexer) backquoted() (token, error) {
	start := l.pos
	end := strings.IndexByte(l.src[start+1:], '`')
	if end < 0 {
		return token{}, syntaxError(start, "S0105", "a quoted name must end with a backquote")
	}
	l.pos = start + end + 2
	return token{kind: tokName, text: l.src[start+1 : start+1+end], pos: start}, nil
}

func (l *lexer) word() (token, error) {
	start := l.pos
	for l.pos < len(l.src) && strings.IndexByte(" \t\n\r\v"+operatorChars, l.src[l.pos]) < 0 {
		l.pos++
	}
	text := l.src[start:l.pos]
	if name, ok := strings.CutPrefix(text, "$"); ok {
		// "" is the context and "$" the whole input; the compiler says where they may stand.
		if name != "" && name != "$" && !isIdentifier(name) {
			return token{}, unsupported(start, "%q is no name for a variable", text)
		}
		return token{kind: tokVar, text: name, pos: start}, nil
	}
	switch text {
	case "and", "or", "in":
		return token{kind: tokOp, text: text, pos: start}, nil
	case "true", "false":
		return token{kind: tokValue, value: text == "true", pos: start}, nil
	case "null":
		return token{kind: tokValue, pos: start}, nil
	}
	if !isIdentifier(text) {
		return token{}, unsupported(start, "%q is no name; put it in backquotes", text)
	}
	return token{kind: tokName, text: text, pos: start}, nil
}

// isIdentifier is narrower than the reference, which takes whatever is no operator.
func isIdentifier(s string) bool {
	for i, r := range s {
		switch {
		case r == '_' || unicode.IsLetter(r):
		case i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r)):
		default:
			return false
		}
	}
	return s != ""
}

var simpleEscapes = map[byte]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

func (l *lexer) quoted(quote byte) (token, error) {
	start := l.pos
	var b strings.Builder
	for l.pos++; l.pos < len(l.src); l.pos++ {
		switch c := l.src[l.pos]; c {
		case quote:
			l.pos++
			return token{kind: tokString, text: b.String(), pos: start}, nil
		case '\\':
			if err := l.escape(&b); err != nil {
				return token{}, err
			}
		default:
			b.WriteByte(c)
		}
	}
	return token{}, syntaxError(start, "S0101", "a text must end with the quote it began with")
}

// escape reads an escape sequence and leaves the position on its last byte.
func (l *lexer) escape(b *strings.Builder) error {
	at := l.pos
	l.pos++
	if l.pos == len(l.src) {
		return nil // quoted reports the missing quote
	}
	c := l.src[l.pos]
	if plain, ok := simpleEscapes[c]; ok {
		b.WriteByte(plain)
		return nil
	}
	if c != 'u' {
		return syntaxError(at, "S0103", "there is no escape sequence \\%c", c)
	}
	r, err := l.hex4(at)
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		if !strings.HasPrefix(l.src[l.pos+1:], `\u`) {
			return unsupported(at, "half a surrogate pair is no text")
		}
		l.pos += 2
		low, err := l.hex4(at)
		if err != nil {
			return err
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return unsupported(at, "half a surrogate pair is no text")
		}
	}
	b.WriteRune(r)
	return nil
}

// hex4 reads the four digits after the u that the position is on.
func (l *lexer) hex4(at int) (rune, error) {
	if l.pos+4 < len(l.src) {
		if n, err := strconv.ParseUint(l.src[l.pos+1:l.pos+5], 16, 32); err == nil {
			l.pos += 4
			return rune(n), nil
		}
	}
	return 0, syntaxError(at, "S0104", "\\u must be followed by four hexadecimal digits")
}

// regex finds the closing slash as the reference does: not within brackets that it
// counts without knowing about character classes, and not after a lone backslash.
func (l *lexer) regex() (token, error) {
	start := l.pos
	depth, escaped := 0, false
	for l.pos++; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		if c == '/' && depth == 0 && !escaped {
			break
		}
		if l.src[l.pos-1] != '\\' {
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
		}
		escaped = c == '\\' && !escaped
	}
	if l.pos == len(l.src) {
		return token{}, syntaxError(start, "S0302", "a regular expression must end with /")
	}
	t := token{kind: tokRegex, text: l.src[start+1 : l.pos], pos: start}
	if t.text == "" {
		return token{}, syntaxError(start, "S0301", "a regular expression must not be empty")
	}
	l.pos++
	from := l.pos
	for l.pos < len(l.src) && (l.src[l.pos] == 'i' || l.src[l.pos] == 'm') {
		l.pos++
	}
	t.flags = l.src[from:l.pos]
	return t, nil
}
