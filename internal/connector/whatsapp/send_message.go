package whatsapp

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/twilio"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// channel begins an address of WhatsApp. Twilio's documentation writes it before
// every number, so it is taken with a number and without.
const channel = "whatsapp:"

// The fields of the action.
var (
	to = schema.Field{
		Name: "to", Kind: schema.List, Title: "To", Required: true, Personal: true, MinLength: 1, MaxLength: 1,
		Help:        "The phone number of a person with WhatsApp. One message goes to one person; use a loop for several.",
		Placeholder: "+15558675310",
		Pattern:     `(?:` + channel + `)?` + twilio.NumberPattern, PatternHint: twilio.NumberHint,
	}
	body = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Text", Content: true, MaxLength: 1600,
		Help: "At most 1600 characters, with *bold*, _italic_ and ~struck~. It arrives only within 24 hours of the person's last message to you; at other times send a template.",
	}
	mediaURL = schema.Field{
		Name: "media_url", Kind: schema.List, Title: "Media", MaxLength: 10, Escape: template.TargetURL,
		Help:        "The address of a picture, video, sound or PDF to send along, at most 16 MB (pictures 5 MB). Twilio fetches it, so it has to be public.",
		Placeholder: "https://example.com/invoice.pdf",
		Pattern:     `https?://\S+`, PatternHint: "The whole address of the file, such as https://example.com/invoice.pdf.",
	}
	contentSID = schema.Field{
		Name: "content_sid", Kind: schema.Text, Title: "Template",
		Help:        "The SID of an approved content template, in place of text and media. It may be sent at any time.",
		Placeholder: "HX0123456789abcdef0123456789abcdef",
		Pattern:     `(?:HX[0-9a-fA-F]{32})?`, PatternHint: "The SID of a template is HX and 32 digits or letters from a to f: Twilio Console, Messaging, Content Template Builder.",
	}
	contentVariables = schema.Field{
		Name: "content_variables", Kind: schema.Map, Title: "Template variables", Content: true,
		Help: "What the template's variables stand for, by their names: 1, 2 and so on.",
	}
	from = schema.Field{
		Name: "from", Kind: schema.Text, Title: "From", Advanced: true, MaxLength: 64,
		Help:        "Another WhatsApp sender than the number of the credential, or a messaging service (MG...). The sandbox sends from +14155238886.",
		Placeholder: "+14155238886",
		Pattern:     `(?:(?:` + channel + `)?` + twilio.NumberPattern + `|` + twilio.ServicePattern + `)?`, PatternHint: senderHint,
	}
)

const senderHint = "WhatsApp messages come from a phone number with + and country code, such as +14155238886, or from a messaging service (MG...)."

// Source: https://www.twilio.com/docs/whatsapp/api#sending-messages-with-the-api
var sendMessage = connector.Action{
	Name:    "send_message",
	Title:   "Send a WhatsApp message",
	Summary: "Send text, media or an approved template to a person on WhatsApp.",
	Input:   schema.Fields{to, body, mediaURL, contentSID, contentVariables, from},
	Output: schema.Fields{
		{Name: "sid", Kind: schema.Text, Title: "Message SID", Required: true, Help: "Twilio's id of the message."},
		{Name: "status", Kind: schema.Text, Title: "Status", Required: true, Help: "The status when Twilio took the message, mostly queued. A message outside the 24-hour window fails only later."},
		{Name: "to", Kind: schema.Text, Title: "To", Required: true, Personal: true, Help: "The phone number that gets the message."},
	},
	Run: runSendMessage,
	Examples: []connector.Example{{
		Title:  "Answer a person who has just written",
		Config: map[string]any{"to": "+15558675310", "body": "Your table is booked for *8 pm*.", "media_url": "https://example.com/menu.pdf"},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json",
			Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			Body: "To=whatsapp%3A%2B15558675310&From=whatsapp%3A%2B15017122661&Body=Your+table+is+booked+for+%2A8+pm%2A." +
				"&MediaUrl=https%3A%2F%2Fexample.com%2Fmenu.pdf",
		},
		Response: connector.ExampleResponse{
			Status: 201,
			Body: `{"sid": "MMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "queued", "to": "whatsapp:+15558675310", "from": "whatsapp:+15017122661",
				"num_media": "1", "error_code": null, "error_message": null}`,
		},
		Output: map[string]any{"sid": "MMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "queued", "to": "+15558675310"},
	}, {
		Title: "Remind somebody with a template, at any time",
		Config: map[string]any{
			"to": "whatsapp:+15558675310", "from": "+14155238886", "content_sid": "HX0123456789abcdef0123456789abcdef",
			"content_variables": map[string]any{"1": "Ann", "2": 42},
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json",
			Body: "To=whatsapp%3A%2B15558675310&From=whatsapp%3A%2B14155238886&ContentSid=HX0123456789abcdef0123456789abcdef" +
				"&ContentVariables=%7B%221%22%3A%22Ann%22%2C%222%22%3A%2242%22%7D",
		},
		Response: connector.ExampleResponse{
			Status: 201,
			Body:   `{"sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "accepted", "to": "whatsapp:+15558675310", "error_code": null, "error_message": null}`,
		},
		Output: map[string]any{"sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "accepted", "to": "+15558675310"},
	}},
}

func runSendMessage(ctx context.Context, call *connector.Call) (connector.Output, error) {
	m, err := message(call)
	if err != nil {
		return nil, err
	}
	sent, err := twilio.Send(ctx, call, m)
	if err != nil {
		return nil, err
	}
	return connector.Output{"sid": sent.SID, "status": sent.Status, "to": strings.TrimPrefix(sent.To, channel)}, nil
}

// message reads what to send: text and media, or a template, but not both.
func message(call *connector.Call) (twilio.Message, error) {
	in := call.Input
	m := twilio.Message{
		To: address(in.List(to)[0]), Body: in.Text(body), MediaURLs: in.List(mediaURL), ContentSID: in.Text(contentSID),
	}
	free := m.Body != "" || len(m.MediaURLs) > 0
	switch {
	case m.ContentSID != "" && free:
		return m, wrong("/content_sid", "A template is sent instead of text and media, not together with them.", "Empty body and media_url, or content_sid.")
	case m.ContentSID == "" && !free:
		return m, wrong("/body", "The message is empty.", "Fill body, media_url or content_sid.")
	case m.ContentSID == "" && len(in.Map(contentVariables)) > 0:
		return m, wrong("/content_variables", "There are variables, but no template that they belong to.", "Fill content_sid, or empty content_variables.")
	}
	var err error
	if m.From, err = sender(cmp.Or(in.Text(from), twilio.Sender(call))); err != nil {
		return m, err
	}
	m.ContentVariables, err = variables(in.Map(contentVariables))
	return m, err
}

var (
	number  = regexp.MustCompile(`^(?:` + channel + `)?` + twilio.NumberPattern + `$`)
	service = regexp.MustCompile(`^` + twilio.ServicePattern + `$`)
)

// sender gives who a message comes from. The credential may name one that is good
// for SMS only.
func sender(from string) (string, error) {
	switch {
	case service.MatchString(from):
		return from, nil
	case number.MatchString(from):
		return address(from), nil
	default:
		return "", wrong("/from", "The sender of the credential, "+from+", cannot send WhatsApp messages.", senderHint)
	}
}

func address(number string) string { return channel + strings.TrimPrefix(number, channel) }

// tooManySpaces is more than WhatsApp allows in a row within a variable.
const tooManySpaces = "     "

// variables checks what WhatsApp would refuse only after Twilio has taken the
// message, when no step is there any more to be told.
//
// Source: https://www.twilio.com/docs/api/errors/63013
func variables(raw map[string]any) (map[string]string, error) {
	texts := make(map[string]string, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) { // sorted, so that the same one is reported each time
		text := textOf(raw[name])
		at := "/content_variables/" + schema.Escape(name)
		switch {
		case strings.TrimSpace(text) == "":
			return nil, wrong(at, "The template variable "+name+" is empty, which WhatsApp does not allow.", "Give it a text, for example with | default: \"-\".")
		case strings.ContainsAny(text, "\r\n\t"), strings.Contains(text, tooManySpaces):
			return nil, wrong(at, "The template variable "+name+" holds a line break, a tab or more than four spaces in a row, which WhatsApp does not allow.", "Take them out, for example with the filter replace.")
		}
		texts[name] = text
	}
	return texts, nil
}

func wrong(pointer, message, hint string) error {
	return fault.New(fault.InvalidInput, "%s", message).WithHint("%s", hint).At(pointer, message)
}

// textOf writes a value as Twilio takes it: every variable is a text.
func textOf(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	default: // a number with its digits, or true or false
		return fmt.Sprint(value)
	}
}
