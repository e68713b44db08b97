package discord

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// Whom a message may notify.
const (
	mentionNone     = "none"
	mentionUsers    = "users"
	mentionRoles    = "users_and_roles"
	mentionEveryone = "everyone"
)

// mentions gives what Discord is told to look for in the content.
var mentions = map[string][]string{
	mentionNone:     {},
	mentionUsers:    {"users"},
	mentionRoles:    {"users", "roles"},
	mentionEveryone: {"users", "roles", "everyone"},
}

// The fields of the action.
var (
	channelID = schema.Field{
		Name: "channel_id", Kind: schema.Text, Options: "channels", Title: "Channel", Required: true, Escape: template.TargetPathSegment, MaxLength: 32,
		Help:        "The id of a channel or thread. Turn on Developer Mode in Discord's advanced settings, then right-click the channel and copy its id.",
		Placeholder: "1234567890123456789",
		Pattern:     `[0-9]+`, PatternHint: "The id of a channel is a long number, such as 1234567890123456789. Its name is not enough.",
	}
	content = schema.Field{
		Name: "content", Kind: schema.Text, Title: "Text", Content: true, MaxLength: 2000,
		Help: "At most 2000 characters, in Discord's Markdown: **bold**, *italic*, `code`. <@user id> mentions a person.",
	}
	embeds = schema.Field{
		Name: "embeds", Kind: schema.JSON, Title: "Embeds", Content: true, EscapeBy: embedsTarget,
		Help: "Cards below the text: a list of at most 10 embed objects with title, description, url, color, fields and so on, or its JSON text.",
	}
	mention = schema.Field{
		Name: "mentions", Kind: schema.Choice, Title: "Mentions", Advanced: true, Default: mentionUsers,
		Choices: []string{mentionNone, mentionUsers, mentionRoles, mentionEveryone},
		Help:    "Whom the text may notify. A value that comes from outside may hold @everyone; it notifies everyone only if this allows it.",
	}
)

// Source: https://docs.discord.com/developers/resources/message#create-message
var sendMessage = connector.Action{
	Name:    "send_message",
	Title:   "Send a message",
	Summary: "Send text and embeds to a channel.",
	Input:   schema.Fields{channelID, content, embeds, mention},
	Output: schema.Fields{
		{Name: "id", Kind: schema.Text, Title: "Message", Required: true, Help: "The id of the message."},
		{Name: "channel_id", Kind: schema.Text, Title: "Channel", Required: true, Help: "The id of the channel that the message is in."},
	},
	// The nonce is the same in every attempt. Discord remembers it for a few
	// minutes, which is longer than the attempts of a step are apart.
	Repeatable: func(schema.Input) bool { return true },
	Run:        runSendMessage,
	Examples: []connector.Example{{
		Title:  "Tell a channel about an order",
		Config: map[string]any{"channel_id": "1234567890123456789", "content": "Order **1042** is on its way."},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/api/v10/channels/1234567890123456789/messages", Header: map[string]string{"Content-Type": "application/json"},
			Body: `{"content": "Order **1042** is on its way.", "allowed_mentions": {"parse": ["users"]}, "nonce": "87bd6ad8b1f005dafd3f2309", "enforce_nonce": true}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"id": "1300000000000000001", "channel_id": "1234567890123456789", "content": "Order **1042** is on its way.", "nonce": "87bd6ad8b1f005dafd3f2309"}`,
		},
		Output: map[string]any{"id": "1300000000000000001", "channel_id": "1234567890123456789"},
	}, {
		Title: "Show an alarm as a card, and wake everybody",
		Config: map[string]any{
			"channel_id": "1234567890123456789", "content": "@everyone", "mentions": "everyone",
			"embeds": []any{map[string]any{
				"title": "Freezer 3", "description": "The door is open.", "color": 15158332, "url": "https://example.com/freezers/3",
				"fields": []any{map[string]any{"name": "Temperature", "value": "-4 °C", "inline": true}},
			}},
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/api/v10/channels/1234567890123456789/messages",
			Body: `{
				"content": "@everyone",
				"embeds": [{
					"title": "Freezer 3", "description": "The door is open.", "color": 15158332, "url": "https://example.com/freezers/3",
					"fields": [{"name": "Temperature", "value": "-4 °C", "inline": true}]
				}],
				"allowed_mentions": {"parse": ["users", "roles", "everyone"]},
				"nonce": "87bd6ad8b1f005dafd3f2309", "enforce_nonce": true
			}`,
		},
		Response: connector.ExampleResponse{Body: `{"id": "1300000000000000002", "channel_id": "1234567890123456789", "content": "@everyone"}`},
		Output:   map[string]any{"id": "1300000000000000002", "channel_id": "1234567890123456789"},
	}},
}

// message is what Discord is asked to create.
type message struct {
	Content         string          `json:"content,omitempty"`
	Embeds          []any           `json:"embeds,omitempty"`
	AllowedMentions allowedMentions `json:"allowed_mentions"`
	Nonce           string          `json:"nonce"`
	EnforceNonce    bool            `json:"enforce_nonce"`
}

type allowedMentions struct {
	Parse []string `json:"parse"`
}

func runSendMessage(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	cards, err := readEmbeds(in.Any(embeds))
	if err != nil {
		return nil, fault.New(fault.InvalidInput, "The embeds can't be used: %v.", err).
			WithHint("An embed is an object such as {\"title\": \"...\", \"description\": \"...\"}.").At("/embeds", err.Error())
	}
	m := message{
		Content: in.Text(content), Embeds: cards, AllowedMentions: allowedMentions{Parse: mentions[in.Text(mention)]},
		Nonce: nonce(call.Key), EnforceNonce: true,
	}
	if m.Content == "" && len(m.Embeds) == 0 {
		return nil, fault.New(fault.InvalidInput, "The message is empty.").
			WithHint("Fill content or embeds.").At("/content", "There is neither text nor an embed.")
	}
	var sent struct {
		ID        string `json:"id"`
		ChannelID string `json:"channel_id"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: path("channels", in.Text(channelID), "messages"), JSON: m}, &sent); err != nil {
		return nil, err
	}
	if sent.ID == "" {
		f := fault.New(fault.BadResponse, "Discord took the message, but did not say under which id.").
			WithHint("Something else than Discord may have answered: a proxy, or a test server.")
		f.Unsettled = true
		return nil, f
	}
	return connector.Output{"id": sent.ID, "channel_id": sent.ChannelID}, nil
}

// nonce makes of a call's key what Discord takes: at most 25 characters.
func nonce(key string) string {
	const bytes = 12
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:bytes])
}
