package notion

import "strings"

// readValues makes plain values of a page's properties: what a workflow compares
// and prints. What Notion computes is read by the kind of its result.
func readValues(properties map[string]any) map[string]any {
	values := make(map[string]any, len(properties))
	for name, p := range properties {
		values[name] = readValue(p)
	}
	return values
}

// readValue reads a property value, which holds its value under the name of its type.
//
// Source: https://developers.notion.com/reference/page-property-values
func readValue(property any) any {
	object, _ := property.(map[string]any)
	kind, _ := object["type"].(string)
	value := object[kind]
	switch kind {
	case "title", "rich_text":
		return plainText(value)
	case "select", "status", "created_by", "last_edited_by":
		return member(value, "name", "id")
	case "multi_select", "people", "relation", "files":
		return members(value)
	case "date":
		return readDate(value)
	case "formula":
		return readValue(value)
	case "unique_id":
		return member(value, "number")
	case "rollup":
		if rollup, ok := value.(map[string]any); ok && rollup["type"] == "array" {
			list, _ := rollup["array"].([]any)
			values := make([]any, len(list))
			for i, e := range list {
				values[i] = readValue(e)
			}
			return values
		}
		return readValue(value)
	default: // number, checkbox, url, email, phone_number, times, and results of formulas
		return value
	}
}

// plainText joins the parts of a rich text.
func plainText(value any) string {
	parts, _ := value.([]any)
	var b strings.Builder
	for _, p := range parts {
		if object, ok := p.(map[string]any); ok {
			b.WriteString(plain(object["plain_text"]))
		}
	}
	return b.String()
}

// member gives the first of the members that an object has.
func member(value any, names ...string) any {
	object, _ := value.(map[string]any)
	for _, name := range names {
		if v, ok := object[name]; ok && v != nil {
			return v
		}
	}
	return nil
}

func members(value any) []any {
	list, _ := value.([]any)
	found := make([]any, len(list))
	for i, e := range list {
		found[i] = member(e, "name", "id")
	}
	return found
}

// readDate gives a date as it is written when a page is created.
func readDate(value any) any {
	start, end := member(value, "start"), member(value, "end")
	if end == nil {
		return start
	}
	return plain(start) + "/" + plain(end)
}
