package sendgrid

import (
	"errors"

	"switchboard/internal/schema"
)

// Addresses reads a text as the field to is read: pairs of address and name.
func Addresses(text string) ([][2]string, error) {
	var r reader
	var pairs [][2]string
	for _, a := range r.addresses(schema.NewInput(map[string]any{"to": []string{text}}), to) {
		pairs = append(pairs, [2]string{a.Email, a.Name})
	}
	if len(r.bad) > 0 {
		return nil, errors.New(r.bad[0].Message)
	}
	return pairs, nil
}
