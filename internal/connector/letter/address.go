package letter

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

const (
	// longestAddress is what fits the path of a command (RFC 5321, 4.5.3.1.3).
	longestAddress = 254
	// longestLine is what fits a line of a header with its name (RFC 5322, 2.1.1).
	longestLine = 900
)

// addressHint says how addresses are written.
const addressHint = `Write name@example.com or Name <name@example.com>, with a comma between two addresses and double quotes around a name that has a comma in it.`

// Recipient is an address, and where in the config it stands.
type Recipient struct {
	mail.Address
	Pointer string
}

// addresses reads a field that is one text or a list, where each text holds one
// address or several with commas between them. Every bad one is reported.
func addresses(in schema.Input, field schema.Field) ([]Recipient, []fault.Field) {
	var good []Recipient
	var bad []fault.Field
	texts := in.List(field)
	for i, text := range texts {
		pointer := "/" + schema.Escape(field.Name)
		if len(texts) > 1 {
			pointer = fmt.Sprintf("%s/%d", pointer, i)
		}
		for _, one := range splitAddresses(text) {
			address, err := ParseAddress(one)
			if err != nil {
				bad = append(bad, fault.Field{
					Pointer: pointer, Message: fmt.Sprintf("%q is not an email address: %v.", short(one), err), Hint: addressHint,
				})
				continue
			}
			good = append(good, Recipient{Address: address, Pointer: pointer})
		}
	}
	return good, bad
}

// ParseAddress reads one address as RFC 5322 writes it. The domain comes back in
// ASCII, because that is the form which every mail server understands.
func ParseAddress(text string) (mail.Address, error) {
	if len(text) > longestLine {
		return mail.Address{}, fmt.Errorf("it is longer than %d characters", longestLine)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return mail.Address{}, errors.New("it holds a line break or another control character")
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return mail.Address{}, errors.New(strings.TrimPrefix(err.Error(), "mail: "))
	}
	// An encoded word may bring in what the text itself does not show.
	if strings.ContainsFunc(parsed.Name+parsed.Address, unicode.IsControl) {
		return mail.Address{}, errors.New("its name hides a line break or another control character")
	}
	local, name := Split(*parsed)
	domain := name
	if !strings.HasPrefix(name, "[") {
		if domain, err = idna.Lookup.ToASCII(name); err != nil || domain == "" {
			return mail.Address{}, fmt.Errorf("%q is not a domain name", name)
		}
	}
	parsed.Address = local + "@" + domain
	if len(parsed.Address) > longestAddress {
		return mail.Address{}, fmt.Errorf("it is longer than %d characters", longestAddress)
	}
	return *parsed, nil
}

// splitAddresses cuts a text at the commas that stand between addresses: not
// within quotes, comments or angle brackets. Empty parts are left out.
func splitAddresses(text string) []string {
	var parts []string
	start, comments := 0, 0
	quoted, escaped, angled := false, false, false
	add := func(part string) {
		if part = strings.Trim(part, " \t"); part != "" {
			parts = append(parts, part)
		}
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case escaped:
			escaped = false
		case c == '\\' && (quoted || comments > 0):
			escaped = true
		case c == '"' && comments == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			comments++
		case c == ')' && comments > 0:
			comments--
		case comments > 0:
		case c == '<', c == '>':
			angled = c == '<'
		case c == ',' && !angled:
			add(text[start:i])
			start = i + 1
		}
	}
	add(text[start:])
	return parts
}

// Split gives the two sides of an address; a quoted left side may hold an @ too.
func Split(address mail.Address) (local, domain string) {
	at := strings.LastIndexByte(address.Address, '@')
	return address.Address[:at], address.Address[at+1:]
}

// short is the beginning of a text, to name it in a message.
func short(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
