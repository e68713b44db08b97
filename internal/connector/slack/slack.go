// Package slack is the connector for Slack: it speaks the Web API with the token
// of a bot.
//
// The client is a few typed calls over rest. Slack's own rule that a refusal is an
// answer with status 200 and {"ok": false} is told to rest once, in service; what
// the codes mean stands in one table, in problem.go.
//
// Source: https://docs.slack.dev/apis/web-api
package slack

import (
	"context"
	_ "embed" // the guide and the glyph
	"errors"
	"net/http"
	"net/url"

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
		Name:       "slack",
		Title:      "Slack",
		Category:   connector.Messaging,
		Summary:    "Post and update messages, react to them, and find people in a Slack workspace.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "slack_bot_token",
			Title:     "Slack bot token",
			Summary:   "The token of a Slack app's bot, which begins with xoxb-.",
			Fields:    schema.Fields{token},
			HintField: token.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{postMessage, updateMessage, addReaction, findUserByEmail},
		Options: map[string]connector.OptionLoader{"channels": listChannels},
	}
}

var token = schema.Field{
	Name: "token", Kind: schema.Secret, Title: "Bot token", Required: true, MaxLength: 1024,
	Help:    "The Bot User OAuth Token of your Slack app, under OAuth & Permissions.",
	Pattern: `xoxb-\S+`,
	PatternHint: "A bot token begins with xoxb-. A user token (xoxp-), an app-level token (xapp-), a rotating token (xoxe.) and the address of an incoming webhook do not work here: " +
		"copy the Bot User OAuth Token under OAuth & Permissions.",
}

// service is the Web API. The token goes in a header: in the form it would be part
// of what Slack and proxies may log.
var service = rest.Service{
	Title: "Slack", Base: "https://slack.com",
	Authorize: rest.Bearer(token),
	Refused:   func(r rest.Response) bool { e := read(r); return e.OK != nil && !*e.OK },
	Explain:   explain,
}

// get calls a method that only reads.
func get(ctx context.Context, call *connector.Call, method string, args url.Values, into any) (rest.Response, error) {
	return invoke(ctx, call, rest.Request{Method: http.MethodGet, Path: rest.Path("api", method), Query: args}, into)
}

// post calls a method that acts. Slack documents of two of its errors that part
// of what was asked may have been done before they arose.
func post(ctx context.Context, call *connector.Call, method string, args url.Values, into any) (rest.Response, error) {
	resp, err := invoke(ctx, call, rest.Request{Method: http.MethodPost, Path: rest.Path("api", method), Form: args}, into)
	if f, ok := errors.AsType[*fault.Error](err); ok && maybeDone[read(resp).Error] {
		f.Unsettled = true
	}
	return resp, err
}

func invoke(ctx context.Context, call *connector.Call, r rest.Request, into any) (rest.Response, error) {
	resp, err := service.JSON(ctx, call, r, into)
	if err == nil && read(resp).OK == nil {
		f := fault.New(fault.BadResponse, "Slack's answer does not say whether it is a success.").
			WithHint("Something else than Slack may have answered: a proxy, or a test server.")
		f.Unsettled = true
		return resp, f
	}
	return resp, err
}
