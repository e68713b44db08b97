package compile

import (
	"maps"
	"slices"

	"switchboard/internal/schema"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// shape is what is known, while editing, of a value that templates reach into.
type shape struct {
	open    bool             // anything may be inside
	scalar  bool             // nothing is inside
	list    bool             // items are inside, of any shape
	members map[string]shape // of an object
}

var (
	anything = shape{open: true}
	aScalar  = shape{scalar: true}
	aList    = shape{list: true}
)

// mistake says why a path cannot exist, or "" if it can. known are the names that
// could have been meant.
func (s shape) mistake(steps []template.Step) (message string, known []string) {
	for i, step := range steps {
		switch {
		case s.open:
			return "", nil
		case s.scalar:
			return noMembers(steps, i), nil
		case s.list:
			if !step.IsIndex {
				return notAnObject(steps, i), nil
			}
			return "", nil
		case step.IsIndex:
			return notAList(steps, i), nil
		}
		member, ok := s.members[step.Name]
		if !ok {
			return noSuchMember(step.Name), slices.Sorted(maps.Keys(s.members))
		}
		s = member
	}
	return "", nil
}

// fieldsShape is the shape of an object with these fields.
func fieldsShape(fields schema.Fields, open bool) shape {
	members := make(map[string]shape, len(fields))
	for _, f := range fields {
		switch f.Kind {
		case schema.Text, schema.Secret, schema.Choice, schema.Integer, schema.Number, schema.Boolean:
			members[f.Name] = aScalar
		case schema.List, schema.Items, schema.Values:
			members[f.Name] = aList
		default:
			members[f.Name] = anything
		}
	}
	return shape{open: open, members: members}
}

// schemaShape is the shape that a JSON Schema describes, as far as it closes it:
// members that are not named may come unless additionalProperties is false.
func schemaShape(s map[string]any) shape {
	properties, ok := s["properties"].(map[string]any)
	if _, patterns := s["patternProperties"]; !ok || patterns || s["additionalProperties"] != false {
		return anything
	}
	members := make(map[string]shape, len(properties))
	for name, p := range properties {
		m, _ := p.(map[string]any)
		switch m["type"] {
		case "string", "number", "integer", "boolean", "null":
			members[name] = aScalar
		case "array":
			members[name] = aList
		case "object":
			members[name] = schemaShape(m)
		default:
			members[name] = anything
		}
	}
	return shape{members: members}
}

// triggerShape is what {{trigger}} holds. Every member is there in every execution.
func triggerShape(triggerType string, config map[string]any) shape {
	switch triggerType {
	case workflow.TriggerWebhook:
		return shape{members: map[string]shape{"body": anything, "headers": anything, "query": anything, "method": aScalar}}
	case workflow.TriggerManual:
		input := anything
		if s, ok := config["input_schema"].(map[string]any); ok {
			input = schemaShape(s)
		}
		return shape{members: map[string]shape{"input": input}}
	case workflow.TriggerSchedule:
		return shape{members: map[string]shape{"scheduled_at": aScalar, "late": aScalar}}
	case workflow.TriggerEvent:
		return shape{members: map[string]shape{"detail": anything, "source": aScalar, "detail_type": aScalar, "id": aScalar, "time": aScalar}}
	default:
		return anything
	}
}
