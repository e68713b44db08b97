package whatsappcloud

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	body = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Text", Required: true, Content: true, MinLength: 1, MaxLength: 4096,
		Help: "At most 4096 characters, with *bold*, _italic_ and ~struck~. It is allowed only within 24 hours of the person's last message to you; at other times send a template.",
	}
	previewURL = schema.Field{
		Name: "preview_url", Kind: schema.Boolean, Title: "Preview links", Default: false,
		Help: "Show a preview of the first link in the text.",
	}
)

// textPart is what a message of the type text holds.
type textPart struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url"`
}

// Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages
var sendText = connector.Action{
	Name:    "send_text",
	Title:   "Send a text",
	Summary: "Answer a person who has written within the last 24 hours.",
	Input:   schema.Fields{to, body, previewURL},
	Output:  schema.Fields{messageID},
	Run:     runSendText,
	Examples: []connector.Example{{
		Title:  "Answer a question with a link",
		Config: map[string]any{"to": "+16505551234", "body": "As requested: https://example.com/menu", "preview_url": true},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/v25.0/106540352242922/messages", Header: map[string]string{"Content-Type": "application/json"},
			Body: `{"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+16505551234", "type": "text",
				"text": {"body": "As requested: https://example.com/menu", "preview_url": true}}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"messaging_product": "whatsapp", "contacts": [{"input": "+16505551234", "wa_id": "16505551234"}],
				"messages": [{"id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI3MTE5MjI1RjY5QjYAA"}]}`,
		},
		Output: map[string]any{"id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI3MTE5MjI1RjY5QjYAA"},
	}},
}

func runSendText(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	sent, err := send(ctx, call, message{Type: "text", Text: &textPart{Body: in.Text(body), PreviewURL: in.Bool(previewURL)}})
	if err != nil {
		return nil, err
	}
	return connector.Output{messageID.Name: sent.ID}, nil
}
