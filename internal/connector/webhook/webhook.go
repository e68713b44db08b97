// Package webhook is the connector that tells other systems about events the way
// the Standard Webhooks specification says, so that whoever receives them can
// check with a library off the shelf that they are genuine.
//
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package webhook

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
		Name:       "webhook",
		Title:      "Webhook",
		Category:   connector.HTTP,
		Summary:    "Send signed events to another system, as Standard Webhooks describes.",
		SetupGuide: setupGuide,
		Icon:       icon,
		AnyHost:    true,
		CredentialTypes: []connector.CredentialType{{
			Name:      "webhook_secret",
			Title:     "Webhook secret",
			Summary:   "The secret that sender and receiver share to sign webhooks.",
			Fields:    schema.Fields{secretField},
			HintField: secretField.Name,
		}},
		Actions: []connector.Action{sendAction},
	}
}

var secretField = schema.Field{
	Name: "secret", Kind: schema.Secret, Title: "Secret", Required: true, MaxLength: 1024,
	Help: "The secret that the receiver checks signatures with: as whsec_ and base64, or any other text as it is.",
}

// service speaks to whatever host the step names. The specification counts a
// redirect as a failure.
var service = rest.Service{KeepRedirects: true, Explain: explain}
