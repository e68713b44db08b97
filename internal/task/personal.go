package task

import (
	"encoding/json"

	"switchboard/internal/secret"
)

// withoutPersonal takes the values of fields that hold personal data out of a text for
// the log: services like to quote in an error what they were sent. Who may read the
// execution sees them there, beside the fields themselves.
func (a *attempt) withoutPersonal(text string) string {
	if a == nil {
		return text
	}
	r := secret.NewRedactor()
	for _, f := range a.action.Input {
		if f.Personal {
			hideAll(r, a.config[f.Name])
		}
	}
	return r.Text(text)
}

// hideAll hides every text and number of a value.
func hideAll(r *secret.Redactor, v any) {
	switch v := v.(type) {
	case string:
		r.Hide(v)
	case json.Number:
		r.Hide(v.String())
	case []any:
		for _, e := range v {
			hideAll(r, e)
		}
	case map[string]any:
		for _, e := range v {
			hideAll(r, e)
		}
	}
}
