package teams

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

var cardField = schema.Field{
	Name: "card", Kind: schema.JSON, Title: "Card", Required: true, Content: true, EscapeBy: cardTarget,
	Help: "An Adaptive Card, as the designer at adaptivecards.io makes it: an object with the type AdaptiveCard, or its JSON text. Buttons can open links; a webhook hears nothing of answers.",
}

// Source: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference#adaptive-card
var postCard = connector.Action{
	Name:    "post_card",
	Title:   "Post a card",
	Summary: "Post an Adaptive Card where the webhook leads.",
	Input:   schema.Fields{cardField},
	Run:     runPostCard,
	Examples: []connector.Example{{
		Title: "Show an alarm with a button",
		Config: map[string]any{"card": map[string]any{
			"type": "AdaptiveCard", "version": "1.4",
			"body": []any{
				map[string]any{"type": "TextBlock", "text": "Freezer 3", "weight": "Bolder"},
				map[string]any{"type": "FactSet", "facts": []any{map[string]any{"title": "Temperature", "value": "-4 °C"}}},
			},
			"actions": []any{map[string]any{"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com/freezers/3"}},
		}},
		Request: connector.ExampleRequest{
			Method: "POST", Header: map[string]string{"Content-Type": "application/json"},
			Body: `{
				"type": "message",
				"attachments": [{
					"contentType": "application/vnd.microsoft.card.adaptive",
					"contentUrl": null,
					"content": {
						"type": "AdaptiveCard", "version": "1.4",
						"body": [
							{"type": "TextBlock", "text": "Freezer 3", "weight": "Bolder"},
							{"type": "FactSet", "facts": [{"title": "Temperature", "value": "-4 °C"}]}
						],
						"actions": [{"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com/freezers/3"}]
					}
				}]
			}`,
		},
		Response: connector.ExampleResponse{Status: 202},
	}},
}

// cardTarget says what a variable in the card becomes part of: in JSON text a
// piece of JSON, in an object a text of the card.
func cardTarget(config map[string]any) template.Target {
	if _, ok := config["card"].(string); ok {
		return template.TargetJSON
	}
	return template.TargetText
}

func runPostCard(ctx context.Context, call *connector.Call) (connector.Output, error) {
	c, err := readCard(call.Input.Any(cardField))
	if err != nil {
		return nil, fault.New(fault.InvalidInput, "The card can't be used: %v.", err).
			WithHint("Make one with the designer at adaptivecards.io and paste all of its payload, from { to }.").At("/card", err.Error())
	}
	if err := post(ctx, call, c); err != nil {
		return nil, err
	}
	return connector.Output{}, nil
}

// readCard gives a card that comes as an object or as JSON text. One without a
// version gets the usual one: Teams shows nothing of a card that names none.
func readCard(value any) (map[string]any, error) {
	if words, ok := value.(string); ok {
		decoder := json.NewDecoder(strings.NewReader(words))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil || decoder.More() {
			return nil, errors.New("the text is not JSON")
		}
	}
	c, ok := value.(map[string]any)
	switch {
	case !ok:
		return nil, errors.New("it is not an object")
	case c["attachments"] != nil:
		return nil, errors.New("it is a whole message; give only the object whose type is AdaptiveCard")
	case c["@type"] != nil:
		return nil, errors.New("it is a MessageCard of the old connectors, and has to become an Adaptive Card")
	case c["type"] != cardType:
		return nil, errors.New("its type is not AdaptiveCard")
	}
	if c["version"] == nil {
		c = maps.Clone(c)
		c["version"] = cardVersion
	}
	return c, nil
}
