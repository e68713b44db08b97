// Package schema declares the fields of actions and credentials once. From one
// declaration come the form in the console, the JSON Schema in the catalog, the
// decoding and checking of values, the documentation and the redaction.
//
// A field is declared as a variable and read through the same variable:
//
//	var channel = schema.Field{Name: "channel", Kind: schema.Text, Title: "Channel", Required: true}
//	...
//	name := in.Text(channel)
package schema

import (
	"slices"

	"switchboard/internal/template"
)

// Kind says what values a field takes.
type Kind string

// The kinds of field.
const (
	Text    Kind = "text"    // a string
	Secret  Kind = "secret"  // a string that is never shown again
	Integer Kind = "integer" // a whole number
	Number  Kind = "number"  // any number
	Boolean Kind = "boolean"
	Choice  Kind = "choice" // one of Choices
	List    Kind = "list"   // a list of texts, or one text
	Map     Kind = "map"    // names to texts, numbers or booleans
	Object  Kind = "object" // a JSON object of any shape
	JSON    Kind = "json"   // any JSON value
	Items   Kind = "items"  // a list of objects, each with Fields
	Values  Kind = "values" // a list of any JSON values
)

// Field is one input of an action or of a credential type, or one output of an action.
type Field struct {
	Name        string // the key in config, data or output
	Kind        Kind
	Title       string // what the form shows
	Help        string // one or two sentences under the input
	Placeholder string // an example value in the empty input
	Required    bool
	Nullable    bool // null is a value of it, not its absence
	Default     any  // what an absent value means; of the field's kind
	Advanced    bool
	Fixed       bool // has to be known beforehand: a template in place of it, or of one of its items, is a mistake
	Personal    bool // says who somebody is: never stored, and kept out of logs and errors, also where a service quotes it
	Content     bool // what is said, or what is kept of anything: stored with the execution, and kept out of logs

	// EncodedBy names the output that says "base64" where this one is the bytes of a
	// file, which may be larger than data may; "" if it never is.
	EncodedBy string

	MinLength, MaxLength int      // of a text in characters, of a list in items; 0 is no limit
	Min, Max             *float64 // of a number
	Pattern              string   // regular expression that a whole text must match
	PatternHint          string   // what to say when it does not
	Choices              []string // of a choice, or suggestions for a text
	Fields               Fields   // of each of Items

	// Escape says what the value becomes part of, so that a variable cannot
	// break out of its place. EscapeBy, where set, decides by the other values.
	Escape   template.Target
	EscapeBy func(config map[string]any) template.Target

	// Options names the loader of values from the service, one of its connector;
	// typing one by hand always works too. "" for none. The loader is given the
	// values of the fields that OptionsDepend names.
	Options       string
	OptionsDepend []string
}

// Fields is a list of fields in the order in which a form shows them.
type Fields []Field

// Lookup finds a field by name.
func (fs Fields) Lookup(name string) (Field, bool) {
	for _, f := range fs {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// unknownNames lists the names that are no field's, sorted.
func (fs Fields) unknownNames(raw map[string]any) []string {
	var names []string
	for name := range raw {
		if !slices.ContainsFunc(fs, func(f Field) bool { return f.Name == name }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Names lists the fields' names in order.
func (fs Fields) Names() []string {
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = f.Name
	}
	return names
}

// Target says how a variable in the field's value is escaped, given the node's whole config.
func (f Field) Target(config map[string]any) template.Target {
	if f.EscapeBy != nil {
		return f.EscapeBy(config)
	}
	return f.Escape
}

// Targets gives the target of every field that escapes, by name.
func (fs Fields) Targets(config map[string]any) map[string]template.Target {
	targets := map[string]template.Target{}
	for _, f := range fs {
		if target := f.Target(config); target != template.TargetText {
			targets[f.Name] = target
		}
	}
	return targets
}

// Limit makes a bound for Min and Max.
func Limit(v float64) *float64 { return &v }
