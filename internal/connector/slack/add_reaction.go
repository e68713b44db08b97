package slack

import (
	"context"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

var emoji = schema.Field{
	Name: "name", Kind: schema.Text, Title: "Emoji", Required: true, MaxLength: 100,
	Help:        "The name of the emoji, with or without colons. Skin tones are added as thumbsup::skin-tone-3.",
	Placeholder: "white_check_mark",
	Pattern:     `\s*:?[^\s:]+(::skin-tone-[2-6])?:?\s*`, PatternHint: "The name of one emoji, such as white_check_mark or :tada:.",
}

// Source: https://docs.slack.dev/reference/methods/reactions.add
var addReaction = connector.Action{
	Name:       "add_reaction",
	Title:      "Add a reaction",
	Summary:    "Put an emoji on a message; that it is there already counts as done.",
	Input:      schema.Fields{channelID, ts, emoji},
	Repeatable: always,
	Run:        runAddReaction,
	Examples: []connector.Example{{
		Title:  "Tick a message off",
		Config: map[string]any{"channel": "C1H9RESGL", "ts": "1503435956.000247", "name": ":white_check_mark:"},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/api/reactions.add", Body: "channel=C1H9RESGL&timestamp=1503435956.000247&name=white_check_mark",
		},
		Response: connector.ExampleResponse{Body: `{"ok":true}`},
	}, {
		Title:  "The reaction is there already",
		Config: map[string]any{"channel": "C1H9RESGL", "ts": "1503435956.000247", "name": "thumbsup::skin-tone-3"},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/api/reactions.add", Body: "channel=C1H9RESGL&timestamp=1503435956.000247&name=thumbsup%3A%3Askin-tone-3",
		},
		Response: connector.ExampleResponse{Body: `{"ok":false,"error":"already_reacted"}`},
	}},
}

func runAddReaction(ctx context.Context, call *connector.Call) (connector.Output, error) {
	args := url.Values{
		"channel":   {strings.TrimSpace(call.Input.Text(channelID))},
		"timestamp": {call.Input.Text(ts)},
		"name":      {strings.Trim(call.Input.Text(emoji), ": \t\r\n")},
	}
	var done struct{}
	resp, err := post(ctx, call, "reactions.add", args, &done)
	if err != nil && read(resp).Error != "already_reacted" {
		return nil, err
	}
	return connector.Output{}, nil
}
