package jsonata

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// pattern is a regular expression. JavaScript's are rewritten for RE2, which knows
// no backtracking and so needs no bound; what RE2 lacks, or means differently, is
// refused when the expression is compiled.
//
// JavaScript matches UTF-16 code units. So that counting them agrees, a character
// beyond U+FFFF becomes two of the private plane 16, in the pattern and in the text.
type pattern struct{ re *regexp.Regexp }

func (p *pattern) matches(text string) bool {
	if strings.IndexFunc(text, isPair) < 0 {
		return p.re.MatchString(text)
	}
	var b strings.Builder
	for _, r := range text {
		writeUnits(&b, r)
	}
	return p.re.MatchString(b.String())
}

func isPair(r rune) bool { return r >= 0x10000 }

func writeUnits(b *strings.Builder, r rune) {
	if isPair(r) {
		high, low := utf16.EncodeRune(r)
		b.WriteRune(0x100000 + high)
		r = 0x100000 + low
	}
	b.WriteRune(r)
}

const (
	jsSpace   = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	jsNotLine = `[^\n\r\x{2028}\x{2029}]`
)

func compileRegex(t token) (node, error) {
	x := translator{src: t.text, pos: t.pos + 1, fold: strings.Contains(t.flags, "i")}
	if strings.Contains(t.flags, "m") {
		return nil, unsupported(t.pos, "the flag m of a regular expression is not supported")
	}
	if err := x.alternatives(0); err != nil {
		return nil, err
	}
	re, err := regexp.Compile(x.out.String())
	if err != nil {
		return nil, unsupported(t.pos, "the regular expression /%s/ is not supported", t.text)
	}
	return &literal{&pattern{re}}, nil
}

// translator rewrites one regular expression, from left to right.
type translator struct {
	src  string
	at   int
	pos  int // of src in the expression
	fold bool
	out  strings.Builder
}

func (x *translator) refuse(what string) error {
	return unsupported(x.pos+min(x.at, len(x.src)), "%s is not supported in a regular expression", what)
}

func (x *translator) peek() byte {
	if x.at < len(x.src) {
		return x.src[x.at]
	}
	return 0
}

// alternatives goes up to the end, or to the bracket that closes the group.
func (x *translator) alternatives(depth int) error {
	if depth > 100 {
		return x.refuse("nesting this deep")
	}
	for x.at < len(x.src) && x.peek() != ')' {
		if x.peek() == '|' {
			x.at++
			x.out.WriteByte('|')
			continue
		}
		quantifiable, err := x.atom(depth)
		if err != nil {
			return err
		}
		if err := x.quantifier(quantifiable); err != nil {
			return err
		}
	}
	if depth == 0 && x.at < len(x.src) {
		return x.refuse("a closing bracket without an opening one")
	}
	return nil
}

// atom rewrites one thing to match, or an assertion, which cannot be repeated.
func (x *translator) atom(depth int) (quantifiable bool, err error) {
	r, size := utf8.DecodeRuneInString(x.src[x.at:])
	x.at += size
	switch r {
	case '^', '$':
		x.out.WriteRune(r)
		return false, nil
	case '.':
		x.out.WriteString(jsNotLine)
	case '(':
		return true, x.group(depth)
	case '[':
		return true, x.class()
	case '\\':
		return x.escape()
	case '*', '+', '?', '{', '}', ']':
		x.at -= size
		return false, x.refuse(fmt.Sprintf("%q here", r))
	default:
		return true, x.literal(r)
	}
	return true, nil
}

func (x *translator) literal(r rune) error {
	switch {
	case x.fold && r >= utf8.RuneSelf && unicode.IsLetter(r):
		return x.refuse("the flag i with letters beyond ASCII")
	case x.fold && isLetter(r):
		fmt.Fprintf(&x.out, "[%c%c]", r, r^0x20)
	case isPair(r):
		// A quantifier that follows repeats the second half only, as in JavaScript.
		writeUnits(&x.out, r)
	default:
		fmt.Fprintf(&x.out, `\x{%x}`, r)
	}
	return nil
}

func isLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

func (x *translator) group(depth int) error {
	if x.peek() == '?' {
		if !strings.HasPrefix(x.src[x.at:], "?:") {
			return x.refuse("a group with (?")
		}
		x.at += 2
	}
	x.out.WriteString("(?:")
	if err := x.alternatives(depth + 1); err != nil {
		return err
	}
	if x.peek() != ')' {
		return x.refuse("a group without an end")
	}
	x.at++
	x.out.WriteByte(')')
	return nil
}

func (x *translator) escape() (quantifiable bool, err error) {
	switch c := x.peek(); c {
	case 'b', 'B':
		x.at++
		x.out.WriteString(`\` + string(c))
		return false, nil
	case 'd', 'D', 'w', 'W':
		x.at++
		x.out.WriteString(`\` + string(c))
		return true, nil
	case 's', 'S':
		x.at++
		x.out.WriteString(map[byte]string{'s': "[", 'S': "[^"}[c] + jsSpace + "]")
		return true, nil
	}
	r, err := x.character()
	if err != nil {
		return false, err
	}
	return true, x.literal(r)
}

// character reads what follows a backslash and stands for one character.
func (x *translator) character() (rune, error) {
	c := x.peek()
	x.at++
	switch c {
	case 't', 'n', 'v', 'f', 'r':
		return map[byte]rune{'t': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r'}[c], nil
	case 'x':
		return x.hex(2)
	case 'u':
		return x.hex(4)
	}
	if c < '!' || c > '~' || c >= '0' && c <= '9' || isLetter(rune(c)) || c == '_' {
		return 0, x.refuse("this escape sequence")
	}
	return rune(c), nil
}

func (x *translator) hex(digits int) (rune, error) {
	var r rune
	for range digits {
		at := strings.IndexByte("0123456789abcdef", x.peek()|0x20)
		if c := x.peek(); at < 0 || c < '0' {
			return 0, x.refuse("this escape sequence")
		}
		r = r<<4 | rune(at)
		x.at++
	}
	if utf16.IsSurrogate(r) {
		r += 0x100000 // the half that writeUnits makes
	}
	return r, nil
}

func (x *translator) quantifier(allowed bool) error {
	start := x.at
	switch x.peek() {
	case '*', '+', '?':
		x.at++
	case '{':
		end := strings.IndexByte(x.src[x.at:], '}')
		if end < 0 || !isCount(x.src[x.at+1:x.at+end]) {
			return x.refuse("this use of {")
		}
		x.at += end + 1
	default:
		return nil
	}
	if !allowed {
		return x.refuse("repeating an assertion")
	}
	if x.peek() == '?' {
		x.at++
	}
	x.out.WriteString(x.src[start:x.at])
	return nil
}

// isCount says whether text is n, n, or n,m.
func isCount(text string) bool {
	from, to, _ := strings.Cut(text, ",")
	return from != "" && strings.Trim(from+to, "0123456789") == ""
}

// class rewrites what stands in square brackets.
func (x *translator) class() error {
	x.out.WriteByte('[')
	if x.peek() == '^' {
		x.at++
		x.out.WriteByte('^')
	}
	if x.peek() == ']' {
		return x.refuse("an empty class")
	}
	for x.peek() != ']' {
		if x.at >= len(x.src) {
			return x.refuse("a class without an end")
		}
		from, set, err := x.member()
		if err != nil {
			return err
		}
		to, rest := from, x.src[x.at:]
		if len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
			x.at++
			var setAfter bool
			if to, setAfter, err = x.member(); err != nil {
				return err
			}
			if set || setAfter || to < from {
				return x.refuse("this range")
			}
		}
		if !set {
			if err := x.span(from, to); err != nil {
				return err
			}
		}
	}
	x.at++
	x.out.WriteByte(']')
	return nil
}

// member reads one character of a class, or writes a set such as \d.
func (x *translator) member() (r rune, set bool, err error) {
	r, size := utf8.DecodeRuneInString(x.src[x.at:])
	x.at += size
	if isPair(r) {
		return 0, false, x.refuse("a class with characters beyond U+FFFF")
	}
	if r != '\\' {
		return r, false, nil
	}
	switch c := x.peek(); c {
	case 'd', 'D', 'w', 'W':
		x.out.WriteString(`\` + string(c))
	case 's':
		x.out.WriteString(jsSpace)
	case 'b':
		x.at++
		return '\b', false, nil
	default:
		r, err = x.character()
		return r, false, err
	}
	x.at++
	return 0, true, nil
}

// span writes a range of a class, in both cases where the case does not count.
func (x *translator) span(from, to rune) error {
	if isPair(from) != isPair(to) {
		return x.refuse("a range up to half a surrogate pair")
	}
	fmt.Fprintf(&x.out, `\x{%x}-\x{%x}`, from, to)
	if from < 0xd800 && to > 0xdfff && !isPair(to) {
		x.out.WriteString(`\x{10d800}-\x{10dfff}`)
	}
	if !x.fold {
		return nil
	}
	if to >= utf8.RuneSelf {
		return x.refuse("the flag i with characters beyond ASCII")
	}
	for r := from; r <= to; r++ {
		if isLetter(r) {
			fmt.Fprintf(&x.out, `\x{%x}`, r^0x20)
		}
	}
	return nil
}
