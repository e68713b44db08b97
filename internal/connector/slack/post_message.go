package slack

import (
	"context"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// Source: https://docs.slack.dev/reference/methods/chat.postMessage
var postMessage = connector.Action{
	Name:    "post_message",
	Title:   "Post a message",
	Summary: "Post a message to a channel, a thread or a person.",
	Input:   schema.Fields{channel, text, blocks, threadTS},
	Output: schema.Fields{
		{Name: "ts", Kind: schema.Text, Title: "Message", Required: true, Help: "What Slack calls the message; update_message, add_reaction and thread_ts take it."},
		{Name: "channel", Kind: schema.Text, Title: "Channel", Required: true, Help: "The id of the channel that the message is in."},
	},
	Run: runPostMessage,
	Examples: []connector.Example{{
		Title:  "Tell a channel about an order",
		Config: map[string]any{"channel": "#orders", "text": "Order 1042: 1200 EUR"},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/api/chat.postMessage", Body: "channel=%23orders&text=Order+1042%3A+1200+EUR",
		},
		Response: connector.ExampleResponse{Body: `{"ok":true,"channel":"C1H9RESGL","ts":"1503435956.000247","message":{"type":"message","subtype":"bot_message","text":"Order 1042: 1200 EUR","ts":"1503435956.000247","bot_id":"B19LU7CSY"}}`},
		Output:   map[string]any{"ts": "1503435956.000247", "channel": "C1H9RESGL"},
	}, {
		Title: "Answer in a thread, with a layout",
		Config: map[string]any{
			"channel": "C1H9RESGL", "thread_ts": "1503435956.000247", "text": "Shipped",
			"blocks": []any{
				map[string]any{"type": "header", "text": map[string]any{"type": "plain_text", "text": "Shipped"}},
				map[string]any{"type": "divider"},
			},
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/api/chat.postMessage",
			Body: "channel=C1H9RESGL&thread_ts=1503435956.000247&text=Shipped&blocks=" +
				"%5B%7B%22text%22%3A%7B%22text%22%3A%22Shipped%22%2C%22type%22%3A%22plain_text%22%7D%2C%22type%22%3A%22header%22%7D%2C%7B%22type%22%3A%22divider%22%7D%5D",
		},
		Response: connector.ExampleResponse{Body: `{"ok":true,"channel":"C1H9RESGL","ts":"1503435999.000300","message":{"type":"message","text":"Shipped","thread_ts":"1503435956.000247"}}`},
		Output:   map[string]any{"ts": "1503435999.000300", "channel": "C1H9RESGL"},
	}},
}

func runPostMessage(ctx context.Context, call *connector.Call) (connector.Output, error) {
	args, err := content(call.Input)
	if err != nil {
		return nil, err
	}
	args.Set("channel", strings.TrimSpace(call.Input.Text(channel)))
	if thread := call.Input.Text(threadTS); thread != "" {
		args.Set("thread_ts", thread)
	}
	var posted struct {
		TS      string `json:"ts"`
		Channel string `json:"channel"`
	}
	if _, err := post(ctx, call, "chat.postMessage", args, &posted); err != nil {
		return nil, err
	}
	return connector.Output{"ts": posted.TS, "channel": posted.Channel}, nil
}
