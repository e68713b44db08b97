package secret

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// pattern is a text to look for, whichever of its characters are escaped.
type pattern struct {
	text string
	fold bool // it is hexadecimal: the case of letters does not matter
	// before and after say that in base64 the character there holds some bits of the value.
	before, after bool
}

// patternsOf gives what a value can look like, apart from how single characters of that
// are escaped.
func patternsOf(value string) []pattern {
	patterns := []pattern{{text: value}, {text: hex.EncodeToString([]byte(value)), fold: true}}
	// In base64 three bytes become four characters, so it depends on how many bytes stand
	// before the value: none, one or two, beside whole groups of three.
	for offset := range 3 {
		bits := 8 * offset                 // before the value
		from := (bits + 5) / 6             // the first character that holds nothing else
		to := (bits + 8*len(value)) / 6    // behind the last one
		whole := bits+8*len(value) == 6*to // there is none that holds a part of it
		padded := append(make([]byte, offset), value...)
		std := base64.StdEncoding.EncodeToString(padded)[from:to]
		p := pattern{text: std, before: 6*from != bits, after: !whole}
		patterns = append(patterns, p)
		if p.text = base64.URLEncoding.EncodeToString(padded)[from:to]; p.text != std {
			patterns = append(patterns, p)
		}
	}
	return patterns
}

// cases gives the bytes that may stand at a place of the text where it is not escaped.
func (p *pattern) cases(at int) []byte {
	c := p.text[at]
	if p.fold && c >= 'a' {
		return []byte{c, c - 'a' + 'A'}
	}
	return []byte{c}
}

// begins says whether c may be the first byte of the text.
func (p *pattern) begins(c byte) bool {
	return c == p.text[0] || p.fold && 'A' <= c && c <= 'F' && c+'a'-'A' == p.text[0]
}

// in gives how much of the beginning of s stands for the text; 0 if it does not.
func (p *pattern) in(s string) int {
	n := 0
	if strings.HasPrefix(s, p.text) {
		n = len(p.text)
	}
	steps := 4*len(p.text) + 64
	return max(n, p.follow(s, 0, p.text, &steps))
}

// follow gives where in s that ends which begins at i and stands for rest; 0 if that does
// not. What is escaped can be read in several ways where a value has such characters
// itself: all are tried, in so many steps at most.
func (p *pattern) follow(s string, i int, rest string, steps *int) (end int) {
	for rest != "" {
		if *steps--; *steps < 0 || i == len(s) {
			return 0
		}
		var read readings
		for _, spelled := range read.of(s[i:]) {
			if strings.HasPrefix(rest, spelled.text) {
				if end := p.follow(s, i+spelled.n, rest[len(spelled.text):], steps); end > 0 {
					return end
				}
			}
		}
		c := s[i]
		if p.fold && 'A' <= c && c <= 'F' {
			c += 'a' - 'A'
		}
		if c != rest[0] {
			return 0
		}
		i, rest = i+1, rest[1:]
	}
	return i
}

// around widens a match by the characters of base64 that hold a part of the value.
func (p *pattern) around(s string, from, to int) (int, int) {
	if p.before && from > 0 && isBase64(s[from-1]) {
		from--
	}
	if p.after && to < len(s) && isBase64(s[to]) {
		to++
	}
	return from, to
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

// introducers are what the spelling of an escaped character begins with.
const introducers = `%\&+`

// spelling is a character that is escaped in n bytes.
type spelling struct {
	text string
	n    int
}

// deepest is how often what is escaped may be escaped again.
const deepest = 4

// readings are what the same bytes may stand for.
type readings struct {
	all [deepest + 2]spelling
	n   int
}

func (r *readings) add(s spelling) {
	if s.n > 0 {
		r.all[r.n] = s
		r.n++
	}
}

// of gives what the beginning of s may stand for if it is escaped: once, or again and
// again.
func (r *readings) of(s string) []spelling {
	if c := s[0]; c == '%' || c == '\\' || c == '&' || c == '+' {
		r.read(s)
	}
	return r.all[:r.n]
}

func (r *readings) read(s string) {
	switch s[0] {
	case '+': // in a form
		r.add(spelling{" ", 1})
	case '%':
		for i := 1; ; i += len("25") {
			r.add(percent(s, i))
			if i > 2*deepest || !strings.HasPrefix(s[i:], "25") {
				return
			}
		}
	case '\\':
		run := 1
		for run < 1<<deepest && run < len(s) && s[run] == '\\' {
			run++
		}
		for i := 1; i < run; i = 2*i + 1 { // what is escaped is a backslash
			r.add(spelling{`\`, i + 1})
		}
		r.add(backslash(s, run))
	case '&':
		for i := 1; ; i += len("amp;") {
			r.add(entity(s, i))
			if i > 4*deepest || !strings.HasPrefix(s[i:], "amp;") {
				return
			}
		}
	}
}

// percent reads the two digits at i of what a URL has.
func percent(s string, i int) spelling {
	if c, ok := number(s, i, i+2, 16); ok {
		return spelling{string([]byte{byte(c)}), i + 2}
	}
	return spelling{}
}

// backslash reads what stands behind the backslashes of JSON text, or of a program's.
func backslash(s string, i int) spelling {
	if i == len(s) {
		return spelling{}
	}
	switch c := s[i]; c {
	case 'b':
		return spelling{"\b", i + 1}
	case 'f':
		return spelling{"\f", i + 1}
	case 'n':
		return spelling{"\n", i + 1}
	case 'r':
		return spelling{"\r", i + 1}
	case 't':
		return spelling{"\t", i + 1}
	case '"', '\'', '/':
		return spelling{s[i : i+1], i + 1}
	case 'x':
		if c, ok := number(s, i+1, i+3, 16); ok {
			return spelling{string(c), i + 3}
		}
	case 'u':
		c, ok := number(s, i+1, i+5, 16)
		if !ok {
			return spelling{}
		}
		n := i + 5
		if utf16.IsSurrogate(c) { // the other half stands behind as many backslashes
			again := n + i
			if again >= len(s) || s[n] != '\\' || s[again] != 'u' {
				return spelling{}
			}
			low, _ := number(s, again+1, again+5, 16)
			c, n = utf16.DecodeRune(c, low), again+5
		}
		if c != utf8.RuneError {
			return spelling{string(c), n}
		}
	}
	return spelling{}
}

// entity reads what HTML has between an ampersand and a semicolon.
func entity(s string, i int) spelling {
	const longest = 10
	name, _, ok := strings.Cut(s[i:min(len(s), i+longest)], ";")
	if !ok {
		return spelling{}
	}
	n := i + len(name) + 1
	switch name {
	case "amp":
		return spelling{"&", n}
	case "lt":
		return spelling{"<", n}
	case "gt":
		return spelling{">", n}
	case "quot":
		return spelling{`"`, n}
	case "apos":
		return spelling{"'", n}
	}
	digits, isNumber := strings.CutPrefix(name, "#")
	if !isNumber {
		return spelling{}
	}
	base := rune(10)
	if hexadecimal := strings.TrimLeft(digits, "xX"); hexadecimal != digits {
		digits, base = hexadecimal, 16
	}
	if c, ok := number(digits, 0, len(digits), base); ok {
		return spelling{string(c), n}
	}
	return spelling{}
}

// number reads the digits of s from a place up to another.
func number(s string, from, to int, base rune) (n rune, ok bool) {
	if to > len(s) || from >= to {
		return 0, false
	}
	for _, c := range []byte(s[from:to]) {
		digit := rune(-1)
		switch {
		case '0' <= c && c <= '9':
			digit = rune(c - '0')
		case 'a' <= c && c <= 'f':
			digit = rune(c-'a') + 10
		case 'A' <= c && c <= 'F':
			digit = rune(c-'A') + 10
		}
		if digit < 0 || digit >= base || n > utf8.MaxRune {
			return 0, false
		}
		n = n*base + digit
	}
	return n, true
}
