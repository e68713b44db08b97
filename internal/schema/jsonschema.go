package schema

import "switchboard/internal/template"

// JSONSchema renders the fields as a JSON Schema (2020-12) of an object. Members
// that begin with "x-" tell the console how to draw the form; a validator ignores them.
func (fs Fields) JSONSchema() map[string]any {
	properties := make(map[string]any, len(fs))
	required := []string{}
	order := make([]string, 0, len(fs))
	for _, f := range fs {
		properties[f.Name] = f.jsonSchema()
		order = append(order, f.Name)
		if f.Required {
			required = append(required, f.Name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false, "x-order": order}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// OutputSchema is like JSONSchema for what an action gives: a service may add members.
func (fs Fields) OutputSchema() map[string]any {
	s := fs.JSONSchema()
	delete(s, "additionalProperties")
	return s
}

func (f Field) jsonSchema() map[string]any {
	s := f.typeSchema()
	set := func(name string, value any, given bool) {
		if given {
			s[name] = value
		}
	}
	set("title", f.Title, f.Title != "")
	set("description", f.Help, f.Help != "")
	set("default", f.Default, f.Default != nil)
	set("x-kind", string(f.Kind), true)
	set("x-placeholder", f.Placeholder, f.Placeholder != "")
	set("x-advanced", true, f.Advanced)
	set("x-personal", true, f.Personal)
	set("x-content", true, f.Content)
	set("x-options", true, f.Options != "")
	set("x-options-depends", f.OptionsDepend, len(f.OptionsDepend) > 0)
	set("x-suggestions", f.Choices, f.Kind == Text && len(f.Choices) > 0)
	set("x-escape", string(f.Escape), f.Escape != template.TargetText)
	set("x-pattern-hint", f.PatternHint, f.PatternHint != "")
	set("minimum", f.Min, f.Min != nil)
	set("maximum", f.Max, f.Max != nil)
	return s
}

func (f Field) typeSchema() map[string]any {
	text := map[string]any{"type": "string"}
	switch f.Kind {
	case Text, Secret, Choice:
		if f.MinLength > 0 {
			text["minLength"] = f.MinLength
		}
		if f.MaxLength > 0 {
			text["maxLength"] = f.MaxLength
		}
		if f.Pattern != "" {
			text["pattern"] = "^(?:" + f.Pattern + ")$"
		}
		if f.Kind == Choice {
			text["enum"] = f.Choices
		}
		if f.Kind == Secret {
			text["format"] = "password"
			text["writeOnly"] = true
		}
		return text
	case Integer, Number, Boolean:
		return map[string]any{"type": string(f.Kind)}
	case List:
		return map[string]any{"type": []string{"string", "array"}, "items": text}
	case Map:
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": []string{"string", "number", "boolean", "null"}}}
	case Object:
		return map[string]any{"type": "object"}
	case Items:
		return map[string]any{"type": "array", "items": f.Fields.JSONSchema()}
	case Values:
		return map[string]any{"type": "array"}
	default:
		return map[string]any{}
	}
}
