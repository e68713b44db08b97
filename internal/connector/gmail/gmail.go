// Package gmail is the connector for Gmail: it sends mail as the mailbox whose owner
// has granted access.
//
// It asks for gmail.send alone, which cannot read: a workflow that is led astray
// cannot be made to hand on what is in a mailbox.
package gmail

import (
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/connector/google"
	"switchboard/internal/connector/rest"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

const base = "https://gmail.googleapis.com"

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:            "gmail",
		Title:           "Gmail",
		Category:        connector.Email,
		Summary:         "Send email from a Gmail or Google Workspace mailbox.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		Base:            base,
		Hosts:           google.Hosts(),
		CredentialTypes: []connector.CredentialType{google.Type()},
		Scopes:          []string{"https://www.googleapis.com/auth/gmail.send"},
		Actions:         []connector.Action{sendEmail},
	}
}

var service = rest.Service{Title: "Gmail", Base: base, Explain: explain}
