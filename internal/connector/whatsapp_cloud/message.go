package whatsappcloud

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// to is who gets a message. A number that came in with a webhook of WhatsApp has
// no plus sign, and is taken as it came.
var to = schema.Field{
	Name: "to", Kind: schema.List, Title: "To", Required: true, Personal: true, MinLength: 1, MaxLength: 1,
	Help:        "The phone number of a person with WhatsApp. One message goes to one person; use a loop for several.",
	Placeholder: "+16505551234",
	Pattern:     `\+?[1-9][0-9]{4,14}`, PatternHint: "Write the number with + and country code, without spaces and without a leading 0, such as +4915112345678.",
}

// messageID is what every action gives.
var messageID = schema.Field{
	Name: "id", Kind: schema.Text, Title: "Message", Required: true,
	Help: "The id of the message (wamid...), with which webhooks about its delivery name it.",
}

// message is one message to one person; one of its parts is set, as Type says.
type message struct {
	Product   string        `json:"messaging_product"`
	Recipient string        `json:"recipient_type"`
	To        string        `json:"to"`
	Type      string        `json:"type"`
	Text      *textPart     `json:"text,omitempty"`
	Template  *templatePart `json:"template,omitempty"`
}

// taken is what Meta says about a message that it took. Status is there for
// templates: accepted, or held while Meta watches how people take a new one.
type taken struct {
	ID     string `json:"id"`
	Status string `json:"message_status"`
}

// send hands a message to Meta. That it took it does not mean that it arrives.
//
// Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
func send(ctx context.Context, call *connector.Call, m message) (taken, error) {
	m.Product, m.Recipient, m.To = "whatsapp", "individual", call.Input.List(to)[0]
	var answer struct {
		Messages []taken `json:"messages"`
	}
	path := rest.Path(version, call.Credential.Data.Text(phoneNumberID), "messages")
	if _, err := service.JSON(ctx, call, rest.Request{Path: path, JSON: m}, &answer); err != nil {
		return taken{}, err
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		f := fault.New(fault.BadResponse, "WhatsApp took the message, but did not say under which id.").
			WithHint("Something else than Meta's API may have answered: a proxy, or a test server.")
		f.Unsettled = true
		return taken{}, f
	}
	return answer.Messages[0], nil
}
