package twilio

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	to = schema.Field{
		Name: "to", Kind: schema.List, Title: "To", Required: true, Personal: true, MinLength: 1, MaxLength: 1,
		Help:        "The phone number that gets the message. One message goes to one number; use a loop for several.",
		Placeholder: "+15558675310",
		Pattern:     NumberPattern, PatternHint: NumberHint,
	}
	body = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Text", Required: true, Content: true, MinLength: 1, MaxLength: 1600,
		Help: "At most 1600 characters. More than 160, or 70 with emoji or other special characters, are charged as several messages.",
	}
	mediaURL = schema.Field{
		Name: "media_url", Kind: schema.List, Title: "Media", MaxLength: 10, Escape: template.TargetURL,
		Help:        "Addresses of pictures or other files to send along, at most 10 and 5 MB together. Twilio fetches them, so they have to be public; numbers in the USA and Canada can do this.",
		Placeholder: "https://example.com/photo.jpg",
		Pattern:     `https?://\S+`, PatternHint: "The whole address of the file, such as https://example.com/photo.jpg.",
	}
	from = schema.Field{
		Name: "from", Kind: schema.Text, Title: "From", Advanced: true, MaxLength: 64,
		Help:        "Another sender than that of the credential: a number of the account, a short code, a sender name or a messaging service (MG...).",
		Placeholder: "+15017122661",
		Pattern:     `(?:` + SenderPattern + `)?`, PatternHint: senderHint,
	}
)

// Source: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
var sendSMS = connector.Action{
	Name:    "send_sms",
	Title:   "Send an SMS",
	Summary: "Send a text message to a phone number.",
	Input:   schema.Fields{to, body, mediaURL, from},
	Output: schema.Fields{
		{Name: "sid", Kind: schema.Text, Title: "Message SID", Required: true, Help: "Twilio's id of the message."},
		{Name: "status", Kind: schema.Text, Title: "Status", Required: true, Help: "The status when Twilio took the message, mostly queued."},
		{Name: "to", Kind: schema.Text, Title: "To", Required: true, Personal: true, Help: "The number that gets the message."},
	},
	Run: runSendSMS,
	Examples: []connector.Example{{
		Title:  "Tell a customer that an order is on its way",
		Config: map[string]any{"to": "+15558675310", "body": "Order 1042 is on its way – at last!"},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json",
			Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			Body:   "To=%2B15558675310&From=%2B15017122661&Body=Order+1042+is+on+its+way+%E2%80%93+at+last%21",
		},
		Response: connector.ExampleResponse{
			Status: 201,
			Body: `{"account_sid": "AC0123456789abcdef0123456789abcdef", "body": "Order 1042 is on its way – at last!", "direction": "outbound-api",
				"error_code": null, "error_message": null, "from": "+15017122661", "messaging_service_sid": null, "num_media": "0", "num_segments": "1",
				"sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "queued", "to": "+15558675310"}`,
		},
		Output: map[string]any{"sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "queued", "to": "+15558675310"},
	}, {
		Title: "Send two pictures through a messaging service",
		Config: map[string]any{
			"to": []any{"+15558675310"}, "body": "Your new sofa", "from": "MG0123456789abcdef0123456789abcdef",
			"media_url": []any{"https://example.com/front.jpg", "https://example.com/back.jpg?size=l&v=2"},
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json",
			Body: "To=%2B15558675310&MessagingServiceSid=MG0123456789abcdef0123456789abcdef&Body=Your+new+sofa" +
				"&MediaUrl=https%3A%2F%2Fexample.com%2Ffront.jpg&MediaUrl=https%3A%2F%2Fexample.com%2Fback.jpg%3Fsize%3Dl%26v%3D2",
		},
		Response: connector.ExampleResponse{
			Status: 201,
			Body: `{"sid": "MMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "accepted", "to": "+15558675310", "from": null,
				"messaging_service_sid": "MG0123456789abcdef0123456789abcdef", "num_media": "2", "error_code": null, "error_message": null}`,
		},
		Output: map[string]any{"sid": "MMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "accepted", "to": "+15558675310"},
	}},
}

func runSendSMS(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	sent, err := Send(ctx, call, Message{
		To: in.List(to)[0], From: cmp.Or(in.Text(from), Sender(call)), Body: in.Text(body), MediaURLs: in.List(mediaURL),
	})
	if err != nil {
		return nil, err
	}
	return connector.Output{"sid": sent.SID, "status": sent.Status, "to": sent.To}, nil
}
