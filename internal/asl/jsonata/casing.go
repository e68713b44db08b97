package jsonata

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// upper and lower map as ECMAScript does, by Unicode's SpecialCasing.txt without
// a locale: some characters become several, which package strings leaves out.

// longUpper holds the characters that grow, apart from those that upper computes.
var longUpper = map[rune]string{
	'ß': "SS", 'ŉ': "ʼN", 'ǰ': "J\u030c", 'ΐ': "Ι\u0308\u0301", 'ΰ': "Υ\u0308\u0301", 'և': "ԵՒ",
	'ẖ': "H\u0331", 'ẗ': "T\u0308", 'ẘ': "W\u030a", 'ẙ': "Y\u030a", 'ẚ': "Aʾ",
	'ὐ': "Υ\u0313", 'ὒ': "Υ\u0313\u0300", 'ὔ': "Υ\u0313\u0301", 'ὖ': "Υ\u0313\u0342",
	'\u1fb2': "\u1fbaΙ", '\u1fb3': "ΑΙ", '\u1fb4': "ΆΙ", '\u1fb6': "Α\u0342", '\u1fb7': "Α\u0342Ι", '\u1fbc': "ΑΙ",
	'\u1fc2': "\u1fcaΙ", '\u1fc3': "ΗΙ", '\u1fc4': "ΉΙ", '\u1fc6': "Η\u0342", '\u1fc7': "Η\u0342Ι", '\u1fcc': "ΗΙ",
	'\u1fd2': "Ι\u0308\u0300", '\u1fd3': "Ι\u0308\u0301", '\u1fd6': "Ι\u0342", '\u1fd7': "Ι\u0308\u0342",
	'\u1fe2': "Υ\u0308\u0300", '\u1fe3': "Υ\u0308\u0301", '\u1fe4': "Ρ\u0313", '\u1fe6': "Υ\u0342", '\u1fe7': "Υ\u0308\u0342",
	'\u1ff2': "\u1ffaΙ", '\u1ff3': "ΩΙ", '\u1ff4': "ΏΙ", '\u1ff6': "Ω\u0342", '\u1ff7': "Ω\u0342Ι", '\u1ffc': "ΩΙ",
	'ﬀ': "FF", 'ﬁ': "FI", 'ﬂ': "FL", 'ﬃ': "FFI", 'ﬄ': "FFL", 'ﬅ': "ST", 'ﬆ': "ST",
	'ﬓ': "ՄՆ", 'ﬔ': "ՄԵ", 'ﬕ': "ՄԻ", 'ﬖ': "ՎՆ", 'ﬗ': "ՄԽ",
}

func upper(text string) string {
	if isASCII(text) {
		return strings.ToUpper(text)
	}
	var b strings.Builder
	for _, r := range text {
		if long, ok := longUpper[r]; ok {
			b.WriteString(long)
		} else if r >= 0x1f80 && r < 0x1fb0 { // Greek vowels with a subscript iota
			b.WriteRune([]rune{0x1f08, 0x1f28, 0x1f68}[(r-0x1f80)/16] + r%8)
			b.WriteRune('Ι')
		} else {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

func lower(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == 'İ':
			b.WriteString("i\u0307")
		case r == 'Σ' && endsWord(text, i):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// endsWord is Unicode's Final_Sigma: a letter before the sigma and none behind it,
// accents and the like not counted.
func endsWord(text string, sigma int) bool {
	before := strings.TrimRightFunc(text[:sigma], caseIgnorable)
	after := strings.TrimLeftFunc(text[sigma+len("Σ"):], caseIgnorable)
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	return cased(last) && !cased(first)
}

func cased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

func caseIgnorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) ||
		strings.ContainsRune("'.:··՟״‘’․‧︓﹒﹕＇．：", r)
}
