package httpconnector

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"switchboard/internal/exact"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// How a body is written.
const (
	bodyJSON      = "json"
	bodyForm      = "form"
	bodyMultipart = "multipart"
	bodyText      = "text"
	bodyNone      = "none"
)

// bodyTarget says what a variable in the body becomes part of. Only a body that
// is written as JSON text needs care: in an object the variable is a value of its
// own, and is encoded with the rest.
func bodyTarget(config map[string]any) template.Target {
	_, isText := config["body"].(string)
	kind, _ := config[bodyType.Name].(string)
	if isText && (kind == "" || kind == bodyJSON) {
		return template.TargetJSON
	}
	return template.TargetText
}

// encodeBody gives the bytes to send and what they are; nil for no body.
func encodeBody(in schema.Input) (content []byte, contentType string, err error) {
	value := in.Any(body)
	if value == nil {
		return nil, "", nil
	}
	switch in.Text(bodyType) {
	case bodyNone:
		return nil, "", nil
	case bodyText:
		return []byte(scalar(value)), "text/plain; charset=utf-8", nil
	case bodyForm:
		form, err := encodeForm(value)
		return []byte(form), "application/x-www-form-urlencoded", err
	case bodyMultipart:
		return encodeMultipart(value)
	default:
		content, err := encodeJSON(value)
		return content, "application/json", err
	}
}

// encodeJSON takes a text for JSON that the author wrote out.
func encodeJSON(value any) ([]byte, error) {
	text, ok := value.(string)
	if !ok {
		return compact(value)
	}
	if text = strings.TrimSpace(text); json.Valid([]byte(text)) {
		return []byte(text), nil
	}
	return nil, wrongBody("The body is not valid JSON.", "Check commas, quotes and brackets, write it as an object, or choose the body type text.")
}

func encodeForm(value any) (string, error) {
	fields, ok := value.(map[string]any)
	if !ok {
		return "", wrongBody("The body of a form has to be an object of its fields.", `Write it as {"name": "value"}; it is encoded for you.`)
	}
	form := make(url.Values, len(fields))
	for name, v := range fields {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, e := range list {
			switch e.(type) {
			case nil:
			case map[string]any, []any:
				return "", wrongBody(fmt.Sprintf("The form field %s holds a nested value.", name), "A form holds texts, numbers, true or false, and lists of them.")
			default:
				form.Add(name, scalar(e))
			}
		}
	}
	return form.Encode(), nil
}

func wrongBody(message, hint string) error { return wrongBodyAt("/body", message, hint) }

func wrongBodyAt(pointer, message, hint string) error {
	return fault.New(fault.InvalidInput, "%s", message).WithHint("%s", hint).At(pointer, message)
}

// scalar writes a value as text: as templates do, numbers as in JSON and anything
// with parts as compact JSON.
func scalar(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := compact(v)
	if err != nil {
		return fmt.Sprint(v) // not from JSON, so it cannot be in a config
	}
	return string(b)
}

func compact(v any) ([]byte, error) {
	b, err := exact.Encode(v)
	if err != nil {
		return nil, fmt.Errorf("writing body as JSON: %w", err)
	}
	return b, nil
}
