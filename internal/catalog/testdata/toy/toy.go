// Package toy is a connector that a test adds to a copy of the module, to see that
// adding one is its folder and one line.
package toy

import (
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:       "toy",
		Title:      "Toy",
		Category:   connector.Data,
		Summary:    "Ring a bell.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name: "toy_key", Title: "Toy key", Summary: "A key of the toy.", Fields: schema.Fields{key}, HintField: key.Name,
		}},
		Actions: []connector.Action{ring},
	}
}

var service = rest.Service{Title: "Toy", Base: "https://toy.example", Authorize: rest.Bearer(key)}

var key = schema.Field{Name: "key", Kind: schema.Secret, Title: "Key", Required: true, MaxLength: 200, Help: "It is printed on the box."}
