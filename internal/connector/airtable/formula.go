package airtable

import (
	"strings"

	"switchboard/internal/fault"
)

// checkQuotes refuses a formula in which a value could have broken out of its place.
//
// Variables are escaped as in JSON: within double quotes as their content, elsewhere
// as a whole quoted text. A formula knows single quotes and braces, too, which JSON
// does not. A value that was put there, or behind a backslash, begins with a double
// quote, so a formula with one in such a place is refused, whoever wrote it.
// Source: https://support.airtable.com/docs/formula-field-reference
func checkQuotes(formula string) error {
	const wrong = "The formula has a double quote within single quotes or braces, or behind a backslash."
	inside := byte(0) // the quote or brace that ends what the text stands within; 0 for none
	for i := 0; i < len(formula); i++ {
		switch c := formula[i]; {
		case c == '\\' && inside != '"' && strings.HasPrefix(formula[i+1:], `"`),
			c == '"' && inside != 0 && inside != '"':
			return fault.New(fault.InvalidInput, wrong).
				WithHint(`Write texts in double quotes, and a double quote within one as \". A field whose name has one goes by its id.`).At("/formula", wrong)
		case c == '\\':
			i++ // what follows stands for itself
		case inside == 0 && (c == '"' || c == '\''):
			inside = c
		case inside == 0 && c == '{':
			inside = '}'
		case c == inside:
			inside = 0
		}
	}
	return nil
}
