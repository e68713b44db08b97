package notion

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/spelling"
)

// write makes property values of plain ones, by kind of column. The error is what
// the value should have been.
//
// Source: https://developers.notion.com/reference/page-property-values
var write = map[string]func(value any) (any, error){
	"title":        func(v any) (any, error) { return richText(plain(v)), nil },
	"rich_text":    func(v any) (any, error) { return richText(plain(v)), nil },
	"number":       writeNumber,
	"select":       func(v any) (any, error) { return map[string]any{"name": plain(v)}, nil },
	"status":       func(v any) (any, error) { return map[string]any{"name": plain(v)}, nil },
	"multi_select": func(v any) (any, error) { return each(v, "name", nil), nil },
	"date":         writeDate,
	"checkbox":     writeCheckbox,
	"url":          func(v any) (any, error) { return plain(v), nil },
	"email":        func(v any) (any, error) { return plain(v), nil },
	"phone_number": func(v any) (any, error) { return plain(v), nil },
	"people":       func(v any) (any, error) { return each(v, "id", map[string]any{"object": "user"}), nil },
	"relation":     func(v any) (any, error) { return each(v, "id", nil), nil },
	"files":        writeFiles,
}

// isTyped says whether a value is written as Notion wants it: {"number": 5}.
func isTyped(value any) bool {
	object, ok := value.(map[string]any)
	if !ok {
		return false
	}
	for kind := range write {
		if _, ok := object[kind]; ok {
			return true
		}
	}
	return false
}

// writeProperties makes property values of what the user gave, by the columns of
// the data source. Nothing, and an empty text, leave a property empty.
func writeProperties(given map[string]any, columns map[string]column) (map[string]any, error) {
	properties := make(map[string]any, len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, at := given[name], "/properties/"+schema.Escape(name)
		if value == nil || value == "" {
			continue
		}
		if isTyped(value) {
			properties[name] = value
			continue
		}
		kind, ok := kindOf(name, columns)
		if !ok {
			return nil, fault.New(fault.InvalidInput, "There is no property %q in the database.", name).
				WithHint("%s", spelling.Hint(name, slices.Sorted(maps.Keys(columns)), "The properties are")).At(at, "There is no such property.")
		}
		writeValue, ok := write[kind]
		if !ok {
			return nil, fault.New(fault.InvalidInput, "The property %q cannot be filled in: Notion computes what is of the kind %s.", name, kind).At(at, "Notion computes it.")
		}
		written, err := writeValue(value)
		if err != nil {
			return nil, fault.New(fault.InvalidInput, "The property %q of the kind %s takes %s.", name, kind, err).At(at, "It has to be "+err.Error()+".")
		}
		properties[name] = map[string]any{kind: written}
	}
	return properties, nil
}

// kindOf finds a column by name or id.
func kindOf(name string, columns map[string]column) (string, bool) {
	if c, ok := columns[name]; ok {
		return c.Type, true
	}
	for _, c := range columns {
		if c.ID == name {
			return c.Type, true
		}
	}
	return "", false
}

func writeNumber(v any) (any, error) {
	text := strings.TrimSpace(plain(v))
	if _, err := strconv.ParseFloat(text, 64); err != nil || !json.Valid([]byte(text)) {
		return nil, errors.New("a number")
	}
	return json.Number(text), nil
}

func writeCheckbox(v any) (any, error) {
	switch strings.ToLower(strings.TrimSpace(plain(v))) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return nil, errors.New("true or false")
	}
}

// writeDate takes a date or time, two of them joined by a slash, or an object with
// start and end.
func writeDate(v any) (any, error) {
	if object, ok := v.(map[string]any); ok {
		if _, ok := object["start"]; !ok {
			return nil, errors.New("a date, or an object with start and end")
		}
		return object, nil
	}
	text := strings.TrimSpace(plain(v))
	start, end, isRange := strings.Cut(text, "/")
	if !isRange {
		return map[string]any{"start": start}, nil
	}
	return map[string]any{"start": start, "end": end}, nil
}

// writeFiles links to files elsewhere, named by the end of their address.
func writeFiles(v any) (any, error) {
	files := []any{}
	for _, address := range texts(v) {
		if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
			return nil, errors.New("addresses of files, beginning with https://")
		}
		path, _, _ := strings.Cut(strings.TrimRight(address, "/"), "?")
		name := clip(path[strings.LastIndexByte(path, '/')+1:], 100)
		files = append(files, map[string]any{"name": name, "type": "external", "external": map[string]any{"url": address}})
	}
	return files, nil
}

// each makes an object of every text.
func each(v any, member string, more map[string]any) []any {
	objects := []any{}
	for _, text := range texts(v) {
		object := map[string]any{member: text}
		maps.Copy(object, more)
		objects = append(objects, object)
	}
	return objects
}

// texts reads a list, or a text with commas, which none of the names and ids that
// stand in lists may hold.
func texts(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = nil
		for part := range strings.SplitSeq(plain(v), ",") {
			list = append(list, part)
		}
	}
	var found []string
	for _, e := range list {
		if text := strings.TrimSpace(plain(e)); text != "" {
			found = append(found, text)
		}
	}
	return found
}

// plain writes any value as a text.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any, map[string]any:
		encoded, _ := json.Marshal(v) // it came from JSON
		return string(encoded)
	default:
		return fmt.Sprint(v)
	}
}
