// Package sendgrid is the connector for Twilio SendGrid's mail API.
//
// The client is two typed calls over rest. SendGrid takes no idempotency key, and
// it takes a mail before it has looked at most of it, so what can be known to be
// wrong is said here before anything is sent.
//
// Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
package sendgrid

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
		Name:       "sendgrid",
		Title:      "SendGrid",
		Category:   connector.Email,
		Summary:    "Send email through Twilio SendGrid.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       "https://" + globalHost,
		Hosts:      []string{euHost},
		CredentialTypes: []connector.CredentialType{{
			Name:      "sendgrid",
			Title:     "SendGrid API key",
			Summary:   "A key of SendGrid that may send mail.",
			Fields:    schema.Fields{apiKey, region},
			HintField: apiKey.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{sendEmail},
	}
}

// Where the API stands: each region has its own host, and its own keys.
const (
	globalHost = "api.sendgrid.com"
	euHost     = "api.eu.sendgrid.com"

	regionGlobal = "global"
	regionEU     = "eu"
)

// The fields of the credential type.
var (
	apiKey = schema.Field{
		Name: "api_key", Kind: schema.Secret, Title: "API key", Required: true, MaxLength: 512,
		Help:    "A key with the permission Mail Send. It begins with SG. and is shown only when it is made.",
		Pattern: `[!-~]+`, PatternHint: "An API key has no spaces and no line breaks. Paste it again.",
	}
	region = schema.Field{
		Name: "region", Kind: schema.Choice, Title: "Region", Default: regionGlobal, Choices: []string{regionGlobal, regionEU}, Advanced: true,
		Help: "eu only for the key of an EU regional subuser; every other key is global.",
	}
)

var service = rest.Service{
	Title: "SendGrid",
	BaseOf: func(c connector.Credential) string {
		if c.Data.Text(region) == regionEU {
			return "https://" + euHost
		}
		return "https://" + globalHost
	},
	Authorize: rest.Bearer(apiKey),
	Explain:   explain,
}
