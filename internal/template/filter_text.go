package template

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxTextBytes bounds what filters and a text can give; replace and join could
// otherwise grow a text exponentially.
const maxTextBytes = 8 << 20

func applyUpper(v any, _ []any) (any, error) { return upper(v.(string)), nil }

func applyLower(v any, _ []any) (any, error) { return lower(v.(string)), nil }

// trimmed is what trim takes away, the white space of JSON.
const trimmed = " \t\r\n"

func applyTrim(v any, _ []any) (any, error) { return strings.Trim(v.(string), trimmed), nil }

func applyJSON(v any, _ []any) (any, error) { return jsonText(appendJSON(nil, v)), nil }

func applyString(v any, _ []any) (any, error) { return textOf(v), nil }

func applyNumber(v any, _ []any) (any, error) {
	d, ok := parseDecimal(textOf(v))
	if !ok {
		return nil, errors.New(complaintNumber)
	}
	return d.number(), nil
}

func applyRound(v any, args []any) (any, error) {
	places := 0
	if len(args) > 0 {
		places, _ = wholeNumber(args[0]) // checked by its domain
	}
	d, ok := parseDecimal(textOf(v))
	if !ok {
		return nil, errors.New(complaintNumber)
	}
	return d.round(places).number(), nil
}

func applyLength(v any, _ []any) (any, error) {
	n := 0
	switch v := v.(type) {
	case string:
		n = utf8.RuneCountInString(v)
	case []any:
		n = len(v)
	case map[string]any:
		n = len(v)
	}
	return json.Number(strconv.Itoa(n)), nil
}

func applySplit(v any, args []any) (any, error) {
	parts := strings.Split(v.(string), args[0].(string))
	list := make([]any, len(parts))
	for i, part := range parts {
		list[i] = part
	}
	return list, nil
}

func applyReplace(v any, args []any) (any, error) {
	s, old, replacement := v.(string), args[0].(string), args[1].(string)
	if n := strings.Count(s, old); len(s)+n*(len(replacement)-len(old)) > maxTextBytes {
		return nil, errors.New(complaintLarge)
	}
	return strings.ReplaceAll(s, old, replacement), nil
}
