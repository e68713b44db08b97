package template

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// decimal is an exact decimal number: 0.digits times ten to the point. It has
// neither leading nor trailing zeros; zero has no digits. Binary floating point
// cannot round 2.675 as people expect.
type decimal struct {
	negative bool
	digits   string
	point    int
}

// parseDecimal reads -?digits[.digits][e[+-]digits], leading zeros allowed, of at
// most the size of a double, which is all that JSON numbers promise.
func parseDecimal(s string) (decimal, bool) {
	var d decimal
	rest, negative := strings.CutPrefix(s, "-")
	whole := leadingDigits(rest)
	rest = rest[len(whole):]
	fraction := ""
	if strings.HasPrefix(rest, ".") {
		fraction = leadingDigits(rest[1:])
		if fraction == "" {
			return d, false
		}
		rest = rest[1+len(fraction):]
	}
	exponent := 0
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		unsigned := strings.TrimPrefix(strings.TrimPrefix(rest[1:], "+"), "-")
		if len(rest[1:])-len(unsigned) > 1 || unsigned == "" || leadingDigits(unsigned) != unsigned {
			return d, false
		}
		n, err := strconv.Atoi(rest[1:])
		if err != nil {
			return d, false
		}
		exponent, rest = n, ""
	}
	if whole == "" || rest != "" {
		return d, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return d, false
	}
	if f == 0 {
		return d, true
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	d.negative, d.point = negative, exponent+len(digits)-len(fraction)
	d.digits = strings.TrimRight(digits, "0")
	return d, true
}

func leadingDigits(s string) string {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n]
}

// number writes the decimal in the shortest form of JSON, the one of JavaScript.
func (d decimal) number() json.Number {
	var b strings.Builder
	if d.digits == "" {
		return "0"
	}
	if d.negative {
		b.WriteByte('-')
	}
	count := len(d.digits)
	switch {
	case d.point > 21 || d.point <= -6:
		b.WriteString(d.digits[:1])
		if count > 1 {
			b.WriteByte('.')
			b.WriteString(d.digits[1:])
		}
		b.WriteByte('e')
		if d.point > 0 {
			b.WriteByte('+')
		}
		b.WriteString(strconv.Itoa(d.point - 1))
	case d.point <= 0:
		b.WriteString("0.")
		b.WriteString(strings.Repeat("0", -d.point))
		b.WriteString(d.digits)
	case d.point >= count:
		b.WriteString(d.digits)
		b.WriteString(strings.Repeat("0", d.point-count))
	default:
		b.WriteString(d.digits[:d.point])
		b.WriteByte('.')
		b.WriteString(d.digits[d.point:])
	}
	return json.Number(b.String())
}

// round keeps places digits after the point; half goes away from zero.
func (d decimal) round(places int) decimal {
	keep := d.point + places
	if keep >= len(d.digits) {
		return d
	}
	if keep < 0 {
		return decimal{}
	}
	kept := []byte("0" + d.digits[:keep])
	if d.digits[keep] >= '5' {
		i := len(kept) - 1
		for kept[i] == '9' {
			kept[i] = '0'
			i--
		}
		kept[i]++
	}
	digits := strings.TrimLeft(string(kept), "0")
	d.point += len(digits) - keep
	if d.digits = strings.TrimRight(digits, "0"); d.digits == "" {
		return decimal{}
	}
	return d
}

// wholeNumber reads a JSON value as an integer, if it is one. Beyond 15 digits all
// are alike, as they are only used to count.
func wholeNumber(v any) (int, bool) {
	if kindOf(v) != aNumber {
		return 0, false
	}
	d, ok := parseDecimal(textOf(v))
	if !ok || d.point < len(d.digits) {
		return 0, false
	}
	if d.point > 15 {
		d = decimal{negative: d.negative, digits: "1", point: 16}
	}
	n, err := strconv.Atoi(string(d.number()))
	return n, err == nil
}
