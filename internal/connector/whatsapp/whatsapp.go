// Package whatsapp is the connector for WhatsApp over Twilio. It uses the client
// and the credential of package twilio; what is its own is WhatsApp's rules: an
// address in place of a number, and templates for whoever has not written lately.
//
// Source: https://www.twilio.com/docs/whatsapp/api
package whatsapp

import (
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/connector/twilio"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:            "whatsapp",
		Title:           "WhatsApp over Twilio",
		Category:        connector.Messaging,
		Summary:         "Send WhatsApp messages and templates from a Twilio account.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		Base:            twilio.Base,
		CredentialTypes: []connector.CredentialType{twilio.CredentialType()},
		Actions:         []connector.Action{sendMessage},
	}
}
