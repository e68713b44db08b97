package sam

import (
	"maps"
	"slices"
)

// Statement is a statement of a policy.
type Statement struct {
	Sid        string
	Effect     string
	Principal  any
	Actions    []string
	Resources  []string // see Text; those included that are on a condition
	Conditions map[string]map[string][]string
}

// Policy reads the statements of a policy document.
func Policy(document any) []Statement {
	d, _ := document.(map[string]any)
	var statements []Statement
	for _, item := range items(d["Statement"]) {
		raw, _ := item.(map[string]any)
		s := Statement{
			Sid: Text(raw["Sid"]), Effect: Text(raw["Effect"]), Principal: raw["Principal"],
			Actions: texts(raw["Action"]), Resources: texts(raw["Resource"]), Conditions: map[string]map[string][]string{},
		}
		operators, _ := raw["Condition"].(map[string]any)
		for operator, keys := range operators {
			s.Conditions[operator] = map[string][]string{}
			byKey, _ := keys.(map[string]any)
			for key, values := range byKey {
				s.Conditions[operator][key] = texts(values)
			}
		}
		statements = append(statements, s)
	}
	return statements
}

// Role gives what a role is allowed and denied: by its own policies, and by the
// managed ones of the template, those included that it has on a condition.
func (t *Template) Role(id string) []Statement {
	properties := t.Resources[id].Properties
	var statements []Statement
	for _, policy := range items(properties["Policies"]) {
		p, _ := policy.(map[string]any)
		statements = append(statements, Policy(p["PolicyDocument"])...)
	}
	for _, managed := range items(properties["ManagedPolicyArns"]) {
		for _, name := range refs(managed) {
			statements = append(statements, Policy(t.Resources[name].Properties["PolicyDocument"])...)
		}
	}
	return statements
}

// Policies gives every policy document of the template, by the resource that has it;
// who may assume a role is one of them.
func (t *Template) Policies() map[string][]Statement {
	found := map[string][]Statement{}
	for id, r := range t.Resources {
		for _, name := range []string{"PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"} {
			found[id] = append(found[id], Policy(r.Properties[name])...)
		}
		for _, policy := range items(r.Properties["Policies"]) {
			if p, ok := policy.(map[string]any); ok {
				found[id] = append(found[id], Policy(p["PolicyDocument"])...)
			}
		}
		if len(found[id]) == 0 {
			delete(found, id)
		}
	}
	return found
}

// refs lists the resources that a value refers to by Ref, wherever in it.
func refs(value any) []string {
	var found []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			found = append(found, refs(item)...)
		}
	case map[string]any:
		if id, ok := v["Ref"].(string); ok {
			return []string{id}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, refs(v[key])...)
		}
	}
	return found
}

func items(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func texts(value any) []string {
	var all []string
	for _, item := range items(value) {
		if branches := branchesOf(item); len(branches) > 0 {
			all = append(all, texts(branches)...)
		} else if text := Text(item); text != noValue {
			all = append(all, text)
		}
	}
	return all
}

// noValue is a branch of Fn::If that leaves the value out.
const noValue = "${AWS::NoValue}"

// branchesOf gives both values of Fn::If.
func branchesOf(value any) []any {
	m, _ := value.(map[string]any)
	if parts, ok := m["Fn::If"].([]any); ok && len(parts) == 3 {
		return parts[1:]
	}
	return nil
}
