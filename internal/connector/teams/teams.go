// Package teams is the connector for Microsoft Teams over a webhook of Workflows:
// a flow in Teams that waits for a request and posts what comes with it.
//
// The webhook's address is the credential. It names the host, and what follows
// the host lets anybody post, so all of it is a secret: every part that a service
// might repeat is hidden before a request leaves.
//
// Source: https://learn.microsoft.com/connectors/teams/#microsoft-teams-webhook
package teams

import (
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:            "teams",
		Title:           "Microsoft Teams",
		Category:        connector.Messaging,
		Summary:         "Post messages and Adaptive Cards to a channel or chat in Teams.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: hosts,
		CredentialTypes: []connector.CredentialType{{
			Name:      "teams_webhook",
			Title:     "Teams webhook",
			Summary:   "The address of a webhook that was made with Workflows in Teams.",
			Fields:    schema.Fields{address},
			HintField: address.Name,
			// A webhook can only be asked by posting, so there is no Verify.
		}},
		Actions: []connector.Action{postMessage, postCard},
	}
}

var address = schema.Field{
	Name: "url", Kind: schema.Secret, Title: "Webhook URL", Required: true, MaxLength: 4096,
	Help: "The whole address that Workflows shows when the webhook is made. Whoever has it can post.",
	// In the clear the secret could be read on the way; only a stand-in on the same
	// machine has no way to speak of.
	Pattern:     `https://[^\s/?#@]+/\S+|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?/\S+`,
	PatternHint: "Paste the whole address that Workflows shows, from https:// to its end. It is long, and ends in sig= and a signature.",
}
