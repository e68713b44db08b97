// Package telegram is the connector for bots on Telegram.
//
// The client is two typed calls over rest rather than a bot library: a workflow
// sends and never listens, and the token, which Telegram wants as part of the
// path, has to stay out of every error and log. rest never quotes an address, and
// what a service might repeat of it is redacted in the form in which a path holds it.
//
// Source: https://core.telegram.org/bots/api
package telegram

import (
	"context"
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:       "telegram",
		Title:      "Telegram",
		Category:   connector.Messaging,
		Summary:    "Send messages as a Telegram bot to people, groups and channels.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "telegram_bot",
			Title:     "Telegram bot",
			Summary:   "The token of a bot, which BotFather gives.",
			Fields:    schema.Fields{token},
			HintField: token.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{sendMessage},
	}
}

var token = schema.Field{
	Name: "token", Kind: schema.Secret, Title: "Bot token", Required: true, MaxLength: 256,
	Help:    "The token that BotFather gave for the bot: a number, a colon, and letters.",
	Pattern: `[0-9]+:[!-~]+`, PatternHint: "A token looks like 123456:ABC-DEF1234ghIkl, without the word bot before it. BotFather shows it with /token.",
}

var service = rest.Service{
	Title: "Telegram", Base: "https://api.telegram.org",
	Explain: explain,
	Refused: func(r rest.Response) bool { a := read(r); return a.OK != nil && !*a.OK },
}

// invoke calls a method of the Bot API and reads its result into into.
func invoke(ctx context.Context, call *connector.Call, method string, params, into any) error {
	path := rest.Path("bot"+call.Credential.Data.Text(token), method)
	answer := struct {
		OK     *bool `json:"ok"`
		Result any   `json:"result"`
	}{Result: into}
	if _, err := service.JSON(ctx, call, rest.Request{Path: path, JSON: params}, &answer); err != nil {
		return err
	}
	if answer.OK == nil {
		return strange("Telegram's answer does not say whether it is a success.")
	}
	return nil
}

// strange is the fault of a 2xx answer that is not Telegram's own.
func strange(message string) *fault.Error {
	f := fault.New(fault.BadResponse, "%s", message).
		WithHint("Something else than Telegram may have answered: a proxy, or a test server.")
	f.Unsettled = true
	return f
}
