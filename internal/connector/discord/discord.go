// Package discord is the connector for bots on Discord.
//
// The client is two typed calls over rest: a workflow sends and never listens, so
// it needs no gateway. Discord takes a nonce with a message and gives back the
// message that it already made with it, which is what makes a step repeatable.
//
// Source: https://docs.discord.com/developers/reference
package discord

import (
	_ "embed" // the guide and the glyph
	"net/http"

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
		Name:       "discord",
		Title:      "Discord",
		Category:   connector.Messaging,
		Summary:    "Send messages as a Discord bot to the channels of a server.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "discord_bot",
			Title:     "Discord bot",
			Summary:   "The token of an application's bot.",
			Fields:    schema.Fields{token},
			HintField: token.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{sendMessage},
		Options: map[string]connector.OptionLoader{"channels": listChannels},
	}
}

var token = schema.Field{
	Name: "token", Kind: schema.Secret, Title: "Bot token", Required: true, MaxLength: 512,
	Help:    "The token of the bot, on the page Bot of the application. It is not the client secret, and not the public key.",
	Pattern: `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it without the word Bot before it.",
}

// service is version 10 of the API. Discord's edge may block callers that do not
// name themselves in this form.
var service = rest.Service{
	Title: "Discord", Base: "https://discord.com",
	Header: map[string]string{"User-Agent": "DiscordBot (switchboard, 1) " + rest.UserAgent},
	Authorize: func(r *http.Request, call *connector.Call) {
		r.Header.Set("Authorization", "Bot "+call.Credential.Data.Text(token))
	},
	Explain: explain,
}

// path gives the path of a resource.
func path(segments ...string) string {
	return rest.Path(append([]string{"api", "v10"}, segments...)...)
}
