package template

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

type tokenKind int

const (
	endOfText tokenKind = iota
	opening             // {{
	closing             // }}
	name
	number
	text
	mark // one of . [ ] | : ,
	stray
)

type token struct {
	kind       tokenKind
	start, end int
	value      string   // a name, a number or a mark as written, a text without its quotes
	problem    *Problem // of the token itself; it is usable nevertheless, unless it is stray
}

func (t token) is(m string) bool { return t.kind == mark && t.value == m }

// lexer reads the tokens of one expression.
type lexer struct {
	source string
	at     int
	// unclosed says for ' and " up to where a text is known not to close, so that
	// a line full of escaped quotes is not read again from each of them.
	unclosed [2]int
}

func (l *lexer) next() token {
	for l.at < len(l.source) && strings.IndexByte(" \t\r\n", l.source[l.at]) >= 0 {
		l.at++
	}
	start, rest := l.at, l.source[l.at:]
	switch {
	case rest == "":
		return token{kind: endOfText, start: start, end: start}
	case strings.HasPrefix(rest, "{{"):
		return l.take(opening, 2)
	case strings.HasPrefix(rest, "}}"):
		return l.take(closing, 2)
	case strings.IndexByte(".[]|:,", rest[0]) >= 0:
		return l.take(mark, 1)
	case rest[0] == '"' || rest[0] == '\'':
		return l.text()
	case rest[0] == '-' || rest[0] >= '0' && rest[0] <= '9':
		return l.number()
	}
	size := 0
	for size < len(rest) {
		if c := rest[size]; isWord(c) { // no digit comes first: that is a number
			size++
			continue
		}
		r, n := utf8.DecodeRuneInString(rest[size:])
		if size == 0 && !startsName(r) || !inName(r) {
			break
		}
		size += n
	}
	if size > 0 {
		return l.take(name, size)
	}
	_, size = utf8.DecodeRuneInString(rest)
	return l.take(stray, size)
}

func (l *lexer) take(kind tokenKind, size int) token {
	t := token{kind: kind, start: l.at, end: l.at + size, value: l.source[l.at : l.at+size]}
	l.at += size
	return t
}

// number takes everything that could be meant as part of the number.
func (l *lexer) number() token {
	size := 1
	for rest := l.source[l.at:]; size < len(rest); size++ {
		c := rest[size]
		digit, letter := c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z'
		if !digit && !letter && strings.IndexByte("._+-", c) < 0 {
			break
		}
	}
	t := l.take(number, size)
	digits := strings.TrimPrefix(t.value, "-")
	if _, ok := parseDecimal(t.value); !ok || len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		p := notANumber(t)
		t.problem = &p
	}
	return t
}

// text reads a quoted text. One without its closing quote is a stray token, so
// that what follows is still read.
func (l *lexer) text() token {
	quote, rest := l.source[l.at], l.source[l.at:]
	unclosed := &l.unclosed[strings.IndexByte(`'"`, quote)]
	if l.at < *unclosed {
		return l.unclosedText()
	}
	if plain := strings.IndexAny(rest[1:], string(quote)+"\\\n"); plain >= 0 && rest[1+plain] == quote {
		t := l.take(text, plain+2)
		t.value = t.value[1 : plain+1]
		return t
	}
	var b strings.Builder
	var bad *Problem
	i := 1
	for i < len(rest) && rest[i] != '\n' {
		switch c := rest[i]; c {
		case quote:
			t := l.take(text, i+1)
			t.value, t.problem = b.String(), bad
			return t
		case '\\':
			s, size := unescape(rest[i:])
			if size == 0 {
				size = 1
				if bad == nil {
					p := badEscape(l.at+i, min(l.at+i+2, len(l.source)))
					bad = &p
				}
			}
			b.WriteString(s)
			i += size
		default:
			b.WriteByte(c)
			i++
		}
	}
	*unclosed = l.at + i
	return l.unclosedText()
}

func (l *lexer) unclosedText() token {
	t := l.take(stray, 1)
	p := unclosedText(t)
	t.problem = &p
	return t
}

// unescape reads the escape that s begins with; size 0 means that it is none.
func unescape(s string) (text string, size int) {
	if len(s) < 2 {
		return "", 0
	}
	if i := strings.IndexByte(`"'\/bfnrt`, s[1]); i >= 0 {
		return "\"'\\/\b\f\n\r\t"[i : i+1], 2
	}
	r, ok := unicodeEscape(s)
	if !ok {
		return "", 0
	}
	if utf16.IsSurrogate(r) {
		if low, ok := unicodeEscape(s[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return string(pair), 12
			}
		}
		return "", 0
	}
	return string(r), 6
}

func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
