package stepfn

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// Ids of ours are a kind and 32 hexadecimal digits. In the names of state machines they
// are written with 25 digits of base 36, which makes room for a prefix: nothing is lost,
// and the long form, by which an operator searches, is in the state machine's tags.
const (
	shortBase   = 36
	shortDigits = 25
)

var (
	longID  = regexp.MustCompile(`^([a-z]+)_([0-9a-f]{32})$`)
	shortID = regexp.MustCompile(`^([a-z]+)_([0-9a-z]{25})$`)
)

// shortened gives an id's short form; the id itself where it has none. False is for an
// id that is like the short form of another.
func shortened(id string) (short string, ok bool) {
	parts := longID.FindStringSubmatch(id)
	if parts == nil {
		return id, !shortID.MatchString(id)
	}
	n, _ := new(big.Int).SetString(parts[2], 16)
	return parts[1] + "_" + leftPadded(n.Text(shortBase), shortDigits), true
}

// lengthened gives the id of a short form.
func lengthened(short string) (id string, ok bool) {
	parts := shortID.FindStringSubmatch(short)
	if parts == nil {
		return short, true
	}
	n, _ := new(big.Int).SetString(parts[2], shortBase)
	if n.BitLen() > 128 {
		return "", false
	}
	return fmt.Sprintf("%s_%032x", parts[1], n), true
}

func leftPadded(digits string, n int) string {
	return strings.Repeat("0", n-len(digits)) + digits
}
