package telegram

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// Ways to write a formatted text.
const (
	modeHTML       = "HTML"
	modeMarkdownV2 = "MarkdownV2"
	modeMarkdown   = "Markdown"
)

// longestText is how many characters a message may have after its formatting has
// been read, so it can be checked here only where there is none.
const longestText = 4096

// The fields of the action.
var (
	chatID = schema.Field{
		Name: "chat_id", Kind: schema.Text, Title: "Chat", Required: true, Personal: true, MaxLength: 64,
		Help:        "The id of a person, group or channel, or the @name of a public channel or group. The bot has to be a member, and a person has to have started it.",
		Placeholder: "-1001234567890",
		Pattern:     `-?[0-9]{1,16}|@[A-Za-z][A-Za-z0-9_]*`, PatternHint: "A number such as 123456789 or -1001234567890, or the name of a public channel or group such as @my_channel. A person has no other address than the number.",
	}
	text = schema.Field{
		Name: "text", Kind: schema.Text, Title: "Text", Required: true, Content: true, MaxLength: 8 * longestText, EscapeBy: textTarget,
		Help: "At most 4096 characters, formatting not counted.",
	}
	parseMode = schema.Field{
		Name: "parse_mode", Kind: schema.Choice, Title: "Formatting", Choices: []string{modeHTML, modeMarkdownV2, modeMarkdown},
		Help: "How the text is written; empty means plain. Values of variables are escaped for it.",
	}
	replyTo = schema.Field{
		Name: "reply_to_message_id", Kind: schema.Integer, Title: "Reply to", Advanced: true, Min: schema.Limit(1),
		Help: "The message_id of the message in the same chat that this one answers.",
	}
	threadID = schema.Field{
		Name: "message_thread_id", Kind: schema.Integer, Title: "Topic", Advanced: true, Min: schema.Limit(1),
		Help: "The id of a topic, in a group that has topics.",
	}
	silent = schema.Field{
		Name: "disable_notification", Kind: schema.Boolean, Title: "Silently", Advanced: true, Default: false,
		Help: "Deliver the message without a sound.",
	}
)

// textTarget says what a variable in the text becomes part of.
func textTarget(config map[string]any) template.Target {
	switch config["parse_mode"] {
	case modeHTML:
		return template.TargetHTML
	case modeMarkdownV2:
		return template.TargetMarkdownV2
	case modeMarkdown:
		return template.TargetMarkdown
	}
	return template.TargetText
}

// Source: https://core.telegram.org/bots/api#sendmessage
var sendMessage = connector.Action{
	Name:    "send_message",
	Title:   "Send a message",
	Summary: "Send a text to a person, group or channel.",
	Input:   schema.Fields{chatID, text, parseMode, replyTo, threadID, silent},
	Output: schema.Fields{
		{Name: "message_id", Kind: schema.Integer, Title: "Message", Required: true, Help: "The id of the message within its chat."},
		{Name: "chat_id", Kind: schema.Integer, Title: "Chat", Required: true, Personal: true, Help: "The id of the chat, also where it was named by its @name."},
	},
	Run: runSendMessage,
	Examples: []connector.Example{{
		Title:  "Tell a channel that the backup is done",
		Config: map[string]any{"chat_id": "@example_alerts", "text": "Backup <b>done</b> in 12 &lt; 15 minutes", "parse_mode": "HTML", "disable_notification": true},
		Request: connector.ExampleRequest{
			Method: "POST", Header: map[string]string{"Content-Type": "application/json"},
			Body: `{"chat_id": "@example_alerts", "text": "Backup <b>done</b> in 12 &lt; 15 minutes", "parse_mode": "HTML", "disable_notification": true}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"ok": true, "result": {"message_id": 365, "date": 1767323045, "text": "Backup done in 12 < 15 minutes",
				"chat": {"id": -1001234567890, "type": "channel", "title": "Example alerts", "username": "example_alerts"}}}`,
		},
		Output: map[string]any{"message_id": 365, "chat_id": -1001234567890},
	}, {
		Title:  "Answer a message in a topic of a group",
		Config: map[string]any{"chat_id": -1009876543210, "text": "Fixed.", "reply_to_message_id": 17, "message_thread_id": 3},
		Request: connector.ExampleRequest{
			Method: "POST",
			Body:   `{"chat_id": -1009876543210, "text": "Fixed.", "reply_parameters": {"message_id": 17}, "message_thread_id": 3}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"ok": true, "result": {"message_id": 18, "message_thread_id": 3, "date": 1767323045, "text": "Fixed.",
				"chat": {"id": -1009876543210, "type": "supergroup", "title": "Operations", "is_forum": true}}}`,
		},
		Output: map[string]any{"message_id": 18, "chat_id": -1009876543210},
	}},
}

// message is what sendMessage is asked for. A reply is said with reply_parameters,
// which took the place of reply_to_message_id in Bot API 7.0.
type message struct {
	ChatID    any    `json:"chat_id"` // a number, or a name with @
	Text      string `json:"text"`
	ParseMode string `json:"parse_mode,omitempty"`
	Reply     *reply `json:"reply_parameters,omitempty"`
	ThreadID  int    `json:"message_thread_id,omitempty"`
	Silent    bool   `json:"disable_notification,omitempty"`
}

type reply struct {
	MessageID int `json:"message_id"`
}

func runSendMessage(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	m := message{
		ChatID: readChat(in.Text(chatID)), Text: in.Text(text), ParseMode: in.Text(parseMode),
		ThreadID: in.Int(threadID), Silent: in.Bool(silent),
	}
	if n := utf8.RuneCountInString(m.Text); m.ParseMode == "" && n > longestText {
		return nil, fault.New(fault.InvalidInput, "The text has %d characters; Telegram takes at most %d.", n, longestText).
			WithHint("Shorten it, for example with the filter slice, or send it in several messages.").At("/text", "It is too long.")
	}
	if id := in.Int(replyTo); id != 0 {
		m.Reply = &reply{MessageID: id}
	}
	var sent struct {
		MessageID int64 `json:"message_id"`
		Chat      struct {
			ID int64 `json:"id"`
		} `json:"chat"`
	}
	if err := invoke(ctx, call, "sendMessage", m, &sent); err != nil {
		return nil, err
	}
	if sent.MessageID == 0 {
		return nil, strange("Telegram took the message, but did not say under which id.")
	}
	return connector.Output{"message_id": sent.MessageID, "chat_id": sent.Chat.ID}, nil
}

// readChat gives an id as the number that it is, and a name as it stands.
func readChat(id string) any {
	if strings.HasPrefix(id, "@") {
		return id
	}
	return json.Number(id)
}
