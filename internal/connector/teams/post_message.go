package teams

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	title = schema.Field{
		Name: "title", Kind: schema.Text, Title: "Title", Content: true, MaxLength: 1000,
		Help: "Shown above the text in large letters. Empty means none.",
	}
	text = schema.Field{
		Name: "text", Kind: schema.Text, Title: "Text", Required: true, Content: true, MinLength: 1,
		Help: "The message, with **bold**, _italic_, [links](https://example.com) and lists, but no headings and no HTML. A message may have about 28 KB.",
	}
)

// Source: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
var postMessage = connector.Action{
	Name:    "post_message",
	Title:   "Post a message",
	Summary: "Post a text, with a title if you like, where the webhook leads.",
	Input:   schema.Fields{title, text},
	Run:     runPostMessage,
	Examples: []connector.Example{{
		Title:  "Tell a channel about an order",
		Config: map[string]any{"title": "Order 1042", "text": "It is on its way.\n- 2 chairs\n- 1 table"},
		Request: connector.ExampleRequest{
			Method: "POST", Header: map[string]string{"Content-Type": "application/json"},
			Body: `{
				"type": "message",
				"attachments": [{
					"contentType": "application/vnd.microsoft.card.adaptive",
					"contentUrl": null,
					"content": {
						"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
						"body": [
							{"type": "TextBlock", "text": "Order 1042", "size": "Large", "weight": "Bolder", "wrap": true},
							{"type": "TextBlock", "text": "It is on its way.\n\n- 2 chairs\n- 1 table", "wrap": true}
						],
						"msteams": {"width": "Full"}
					}
				}]
			}`,
		},
		Response: connector.ExampleResponse{Status: 202},
	}},
}

// The Adaptive Card of a message.
type (
	card struct {
		Schema  string      `json:"$schema"`
		Type    string      `json:"type"`
		Version string      `json:"version"`
		Body    []textBlock `json:"body"`
		Teams   teamsHints  `json:"msteams"`
	}
	textBlock struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Size   string `json:"size,omitempty"`
		Weight string `json:"weight,omitempty"`
		Wrap   bool   `json:"wrap"`
	}
	teamsHints struct {
		Width string `json:"width"`
	}
)

const (
	cardSchema = "http://adaptivecards.io/schemas/adaptive-card.json"
	cardType   = "AdaptiveCard"
	// cardVersion is the newest that all of Teams' programs draw.
	cardVersion = "1.4"
)

func runPostMessage(ctx context.Context, call *connector.Call) (connector.Output, error) {
	c := card{Schema: cardSchema, Type: cardType, Version: cardVersion, Teams: teamsHints{Width: "Full"}}
	if heading := call.Input.Text(title); heading != "" {
		c.Body = append(c.Body, textBlock{Type: "TextBlock", Text: heading, Size: "Large", Weight: "Bolder", Wrap: true})
	}
	c.Body = append(c.Body, textBlock{Type: "TextBlock", Text: paragraphs(call.Input.Text(text)), Wrap: true})
	if err := post(ctx, call, c); err != nil {
		return nil, err
	}
	return connector.Output{}, nil
}

var listItem = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(?:[-*]|\d+\.) `) })

// paragraphs keeps the lines of a text apart. In a card a single line break is
// none, except between the items of a list, where a double one would indent.
func paragraphs(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
			empty := line == "" || lines[i-1] == ""
			if !empty && (!listItem().MatchString(line) || !listItem().MatchString(lines[i-1])) {
				b.WriteByte('\n')
			}
		}
		b.WriteString(line)
	}
	return b.String()
}
