// Package sam reads template.yaml as the tools of AWS do, so that tests can ask it
// questions, and writes the part of it that follows from the catalog.
//
// Intrinsic functions are read as their long form: !Ref Table is {"Ref": "Table"},
// !Sub text is {"Fn::Sub": "text"}. Nothing is evaluated; Text makes them readable.
package sam

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Template is the parts of a template that are asked for.
type Template struct {
	Parameters map[string]Parameter `yaml:"Parameters"`
	Conditions map[string]any       `yaml:"Conditions"`
	Globals    map[string]any       `yaml:"Globals"`
	Resources  map[string]Resource  `yaml:"Resources"`
	Outputs    map[string]any       `yaml:"Outputs"`
}

// Parameter is a parameter's declaration.
type Parameter struct {
	Type        string `yaml:"Type"`
	Description string `yaml:"Description"`
	Default     any    `yaml:"Default"`
}

// Resource is a resource.
type Resource struct {
	Type       string         `yaml:"Type"`
	Condition  string         `yaml:"Condition"`
	Metadata   map[string]any `yaml:"Metadata"`
	Properties map[string]any `yaml:"Properties"`
}

// Parse reads a template.
func Parse(text []byte) (*Template, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("reading YAML: %w", err)
	}
	lengthen(&root)
	var t Template
	if err := root.Decode(&t); err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	return &t, nil
}

// lengthen writes intrinsic functions in their long form.
func lengthen(n *yaml.Node) {
	for _, child := range n.Content {
		lengthen(child)
	}
	name, short := strings.CutPrefix(n.Tag, "!")
	if !short || strings.HasPrefix(name, "!") || name == "" {
		return
	}
	value := *n
	switch value.Tag = ""; {
	case name == "GetAtt" && n.Kind == yaml.ScalarNode:
		value = list(strings.SplitN(n.Value, ".", 2))
	case n.Kind == yaml.ScalarNode:
		value.Tag = "!!str"
	}
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	*n = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Content: []*yaml.Node{
		{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, &value,
	}}
}

func list(values []string) yaml.Node {
	n := yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, value := range values {
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value})
	}
	return n
}

// OfType lists the ids of the resources of a type, sorted.
func (t *Template) OfType(kind string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if t.Resources[id].Type == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// Text gives a value as one reads it: text as it is, {"Fn::Sub": text} the text,
// {"Ref": id} as ${id}, {"Fn::GetAtt": [id, attribute]} as ${id.attribute}; else "".
func Text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		if text, ok := v["Fn::Sub"].(string); ok {
			return text
		}
		if id, ok := v["Ref"].(string); ok {
			return "${" + id + "}"
		}
		if path, ok := v["Fn::GetAtt"].([]any); ok && len(path) == 2 {
			return fmt.Sprintf("${%v.%v}", path[0], path[1])
		}
	}
	return ""
}
