package jsonata

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// numberText writes a number as ECMAScript does.
func numberText(f float64) string {
	switch {
	case f == 0:
		return "0" // -0, too
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if size := math.Abs(f); size >= 1e-6 && size < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
}

// round15 keeps 15 significant digits, which is how the reference hides what
// binary arithmetic does to decimals.
func round15(f float64) float64 {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return f
	}
	// ECMAScript rounds an exact tie away from zero, strconv to even. A tie has a
	// 5 as its 16th digit and nothing after it.
	digits := strconv.FormatFloat(f, 'e', 15, 64)
	mantissa, exponent, _ := strings.Cut(digits, "e")
	if strings.HasSuffix(mantissa, "5") && exactly(f, digits) {
		head, up := mantissa[:len(mantissa)-1], "9e"+exponent
		if rounded, err := strconv.ParseFloat(head+up, 64); err == nil {
			f = rounded // no longer a tie
		}
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	return rounded // infinite for the largest doubles, which round up
}

func exactly(f float64, decimal string) bool {
	want, ok := new(big.Rat).SetString(decimal)
	return ok && new(big.Rat).SetFloat64(f).Cmp(want) == 0
}

// parseNumber is the reference's $number for texts: decimal as in JSON but with
// leading zeros, or hexadecimal, octal or binary with a prefix.
func parseNumber(text string) (float64, bool) {
	if isDecimal(text) {
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	}
	if !looksPrefixed(text) {
		return 0, false
	}
	// From here on the reference takes whatever Number makes of it, NaN included.
	text = strings.TrimSpace(text)
	base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[text[1]|0x20]
	if text[0] != '0' || base == 0 || strings.ContainsAny(text, "+-") {
		return math.NaN(), true
	}
	n, ok := new(big.Int).SetString(text[2:], base)
	if !ok {
		return math.NaN(), true
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	return f, true
}

func isDecimal(text string) bool {
	digits := func() bool {
		n := len(text)
		text = strings.TrimLeft(text, "0123456789")
		return len(text) < n
	}
	text = strings.TrimPrefix(text, "-")
	if !digits() {
		return false
	}
	if strings.HasPrefix(text, ".") {
		if text = text[1:]; !digits() {
			return false
		}
	}
	if text != "" && text[0]|0x20 == 'e' {
		if text = text[1:]; text != "" && (text[0] == '+' || text[0] == '-') {
			text = text[1:]
		}
		if !digits() {
			return false
		}
	}
	return text == ""
}

// looksPrefixed is the reference's /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/,
// whose anchors belong to the first and the last alternative only.
func looksPrefixed(text string) bool {
	const hex = "0123456789abcdefABCDEF"
	if len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' && strings.IndexByte(hex, text[2]) >= 0 {
		return true
	}
	for i := 0; i+2 < len(text); i++ {
		if text[i] == '0' && text[i+1]|0x20 == 'o' && text[i+2] >= '0' && text[i+2] <= '7' {
			return true
		}
	}
	ones := strings.TrimRight(text, "01")
	if n := len(ones); n > 0 && n < len(text) && ones[n-1]|0x20 == 'b' {
		return strings.HasSuffix(ones[:n-1], "0")
	}
	return false
}

// roundEven is the reference's $round: to an even neighbour on a tie, by moving the
// decimal point in the number's text, which multiplying would get wrong.
func roundEven(f, precision float64) float64 {
	shifted := precision != 0 && !math.IsNaN(precision)
	if shifted {
		f = shift(f, precision)
	}
	rounded := math.Floor(f)
	if f-rounded >= 0.5 {
		rounded++
	}
	if math.Abs(rounded-f) == 0.5 && math.Abs(math.Mod(rounded, 2)) == 1 {
		rounded--
	}
	if shifted {
		rounded = shift(rounded, -precision)
	}
	if rounded == 0 {
		return 0 // not -0
	}
	return rounded
}

// shift moves the decimal point. Where the reference would read nonsense, it is NaN.
func shift(f, places float64) float64 {
	if math.IsInf(f, 0) || math.IsNaN(f) || places != math.Trunc(places) || math.Abs(places) >= 1e21 {
		return math.NaN()
	}
	places = max(min(places, 1e6), -1e6) // far beyond what a double can hold, either way
	mantissa, exponent, _ := strings.Cut(numberText(f), "e")
	e, _ := strconv.Atoi(exponent) // no exponent is 0
	f, err := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(e+int(places)), 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}
