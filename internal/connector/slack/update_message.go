package slack

import (
	"context"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// Source: https://docs.slack.dev/reference/methods/chat.update
var updateMessage = connector.Action{
	Name:    "update_message",
	Title:   "Update a message",
	Summary: "Change the text or the layout of a message that the bot posted.",
	Input:   schema.Fields{channelID, ts, text, blocks},
	Output: schema.Fields{
		{Name: "ts", Kind: schema.Text, Title: "Message", Required: true, Help: "The ts of the message; it stays the same."},
	},
	Repeatable: always,
	Run:        runUpdateMessage,
	Examples: []connector.Example{{
		Title:  "Mark an order as paid",
		Config: map[string]any{"channel": "C1H9RESGL", "ts": "1503435956.000247", "text": "Order 1042: paid"},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/api/chat.update", Body: "channel=C1H9RESGL&ts=1503435956.000247&text=Order+1042%3A+paid",
		},
		Response: connector.ExampleResponse{Body: `{"ok":true,"channel":"C1H9RESGL","ts":"1503435956.000247","text":"Order 1042: paid","message":{"text":"Order 1042: paid","user":"U34567890"}}`},
		Output:   map[string]any{"ts": "1503435956.000247"},
	}},
}

func runUpdateMessage(ctx context.Context, call *connector.Call) (connector.Output, error) {
	args, err := content(call.Input)
	if err != nil {
		return nil, err
	}
	args.Set("channel", strings.TrimSpace(call.Input.Text(channelID)))
	args.Set("ts", call.Input.Text(ts))
	var updated struct {
		TS string `json:"ts"`
	}
	if _, err := post(ctx, call, "chat.update", args, &updated); err != nil {
		return nil, err
	}
	return connector.Output{"ts": updated.TS}, nil
}
