package task

import (
	"encoding/json"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/secret"
)

// hidePersonal hides the values of fields that say who somebody is: services like to
// quote in an error what they were sent, and errors are stored with the execution.
func hidePersonal(r *secret.Redactor, fields schema.Fields, config map[string]any) {
	for _, f := range fields {
		if f.Personal {
			hideAll(r, config[f.Name])
		}
		items, _ := config[f.Name].([]any)
		for _, item := range items {
			values, _ := item.(map[string]any)
			hidePersonal(r, f.Fields, values)
		}
	}
}

// withoutPersonal is the fault without them.
func (a *attempt) withoutPersonal(f *fault.Error) *fault.Error {
	r := secret.NewPersonalRedactor()
	hidePersonal(r, a.action.Input, a.config)
	return redacted(f, r)
}

// withoutContent takes what was said out of a text for the log. Who may read the
// execution sees it there, beside the fields themselves.
func (a *attempt) withoutContent(text string) string {
	if a == nil {
		return text
	}
	r := secret.NewRedactor()
	for _, f := range a.action.Input {
		if f.Content {
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
