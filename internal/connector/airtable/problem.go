package airtable

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is how Airtable refuses: error is an object, or a bare type such as
// "NOT_FOUND". What stands before its API answers with a list.
type refusal struct {
	Error  json.RawMessage `json:"error"`
	Errors []struct {
		Type    string `json:"error"`
		Message string `json:"message"`
	} `json:"errors"`
}

// pause is how long a base answers 429 to everything once it did to one call.
//
// Source: https://airtable.com/developers/web/api/rate-limits
const pause = 30 * time.Second

// explain says what a refusal means, in Airtable's words and ours.
//
// Source: https://airtable.com/developers/web/api/errors
func explain(r rest.Response) rest.Problem {
	kind, message := read(r)
	p := rest.Problem{Message: cmp.Or(message, kind), Hint: hints[kind]}
	if kind == "" {
		p = rest.CommonProblem(r)
	}
	switch {
	case kind == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE":
		p.Code = fault.ServiceUnavailable // the list is read from its beginning when the step is tried again
	case r.Status == http.StatusTooManyRequests && r.Header.Get("Retry-After") == "":
		p.RetryAfter = pause
	}
	return p
}

// read finds the type and the words of a refusal; "" where it is not Airtable's.
func read(r rest.Response) (kind, message string) {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil {
		return "", ""
	}
	if len(said.Errors) > 0 {
		return said.Errors[0].Type, said.Errors[0].Message
	}
	var whole struct{ Type, Message string }
	if json.Unmarshal(said.Error, &whole) == nil {
		return whole.Type, whole.Message
	}
	if json.Unmarshal(said.Error, &kind) != nil {
		return "", ""
	}
	return kind, ""
}

// hints say what to do, by type of error.
var hints = map[string]string{
	"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND": "Add the base under Access of the token, check the token's scopes and that you may edit the base, and check the names or ids of base and table.",
	"INVALID_PERMISSIONS":                    "Your account may not do this here: check your role in the base, and whether editing the table or a field is restricted.",
	"TABLE_NOT_FOUND":                        "Check the table's name, with capitals and spaces, or use its id, which begins with tbl.",
	"VIEW_NAME_NOT_FOUND":                    "Check the view's name, with capitals and spaces, or use its id, which begins with viw.",
	"NOT_FOUND":                              "Check the ids of base and table.",
	"UNKNOWN_FIELD_NAME":                     "Fields go by their exact name, with the same capitals and spaces, or by their id, which begins with fld.",
	"INVALID_VALUE_FOR_COLUMN":               "The value does not fit the kind of field. With Convert values (typecast) on, Airtable makes it fit where it can.",
	"INVALID_MULTIPLE_CHOICE_OPTIONS":        "The choice does not exist. With Convert values (typecast) on, Airtable adds it, if you may change the base.",
	"CANNOT_ACCEPT_VALUE":                    "The field cannot be written: formulas, lookups, counts and the like are computed by Airtable.",
	"FIELD_CANNOT_ACCEPT_VALUE":              "The field cannot be written: formulas, lookups, counts and the like are computed by Airtable.",
	"INVALID_FILTER_BY_FORMULA":              "Write field names in braces and texts in double quotes, as in {Status} = \"Open\".",
	"LIST_RECORDS_ITERATOR_NOT_AVAILABLE":    "The table changed, or reading took too long. The step begins at the first page when it is tried again.",
	"PUBLIC_API_BILLING_LIMIT_EXCEEDED":      "The workspace has used up the calls of its plan for this month.",
}
