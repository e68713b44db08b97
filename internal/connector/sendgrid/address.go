package sendgrid

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// address is an email address as SendGrid takes it.
type address struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

const addressHint = `Write name@example.com or Name <name@example.com>, with a comma between two addresses and double quotes around a name that has a comma in it.`

// reader reads addresses and notes what is wrong with them.
type reader struct {
	bad  []fault.Field
	seen map[string]bool // recipients so far, in lower case
}

// addresses reads a field that is one text or a list, where each text holds one
// address or several with commas between them.
func (r *reader) addresses(in schema.Input, field schema.Field) []address {
	texts := in.List(field)
	if field.Kind == schema.Text {
		texts = []string{in.Text(field)}
	}
	var good []address
	for i, text := range texts {
		if strings.Trim(text, ", \t") == "" {
			continue
		}
		pointer := "/" + schema.Escape(field.Name)
		if len(texts) > 1 {
			pointer = fmt.Sprintf("%s/%d", pointer, i)
		}
		parsed, err := parse(text)
		if err != nil {
			r.bad = append(r.bad, fault.Field{
				Pointer: pointer, Hint: addressHint,
				Message: fmt.Sprintf("%q is not an email address: %s.", text, strings.TrimPrefix(err.Error(), "mail: ")),
			})
		}
		good = append(good, parsed...)
	}
	return good
}

func parse(text string) ([]address, error) {
	list, err := netmail.ParseAddressList(strings.Trim(text, ", \t"))
	if err != nil {
		return nil, err
	}
	good := make([]address, 0, len(list))
	for _, a := range list {
		// An encoded word may bring in what the text itself does not show.
		if strings.ContainsFunc(text+a.Name+a.Address, unicode.IsControl) {
			return nil, errors.New("it holds a line break or another control character")
		}
		good = append(good, address{Email: a.Address, Name: a.Name})
	}
	return good, nil
}

// once reads recipients and leaves out who is among them already.
func (r *reader) once(in schema.Input, field schema.Field) []address {
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	return distinct(r.addresses(in, field), r.seen)
}

func (r *reader) wrong(field schema.Field, message string) {
	r.bad = append(r.bad, fault.Field{Pointer: "/" + schema.Escape(field.Name), Message: message, Hint: addressHint})
}

// distinct leaves out addresses that have been seen, and notes those that have not.
func distinct(all []address, seen map[string]bool) []address {
	var first []address
	for _, a := range all {
		if key := strings.ToLower(a.Email); !seen[key] {
			seen[key] = true
			first = append(first, a)
		}
	}
	return first
}
