package smtp

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

func (m mailer) sendEmail() connector.Action {
	return connector.Action{
		Name:    "send_email",
		Title:   "Send an email",
		Summary: "Send a message as plain text or HTML, with attachments.",
		Input:   schema.Fields{to, cc, bcc, replyTo, subject, body, bodyType, attachments},
		Output:  schema.Fields{messageID, accepted},
		Run:     m.send,
		Examples: []connector.Example{{
			Title: "Tell a customer that an order is on its way",
			Config: map[string]any{
				"to": "Ann Lee <ann@example.org>", "bcc": []any{"archive@example.com"},
				"subject": "Order 1042 is on its way – at last", "body": "Hello Ann,\n\nit left our warehouse today.",
			},
			Request: connector.ExampleRequest{Body: "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n" +
				"MIME-Version: 1.0\r\n" +
				"Message-ID: <01890a5d-ac96-774b-bcce-b302099a8057@example.com>\r\n" +
				"Subject: =?UTF-8?q?Order_1042_is_on_its_way_=E2=80=93_at_last?=\r\n" +
				"From: \"Example Alerts\" <alerts@example.com>\r\n" +
				"To: \"Ann Lee\" <ann@example.org>\r\n" +
				"Content-Transfer-Encoding: quoted-printable\r\n" +
				"Content-Type: text/plain; charset=UTF-8\r\n" +
				"\r\n" +
				"Hello Ann,\r\n\r\nit left our warehouse today.\r\n"},
			Output: map[string]any{
				"message_id": "<01890a5d-ac96-774b-bcce-b302099a8057@example.com>",
				"accepted":   []any{"ann@example.org", "archive@example.com"},
			},
		}, {
			Title: "Send a report as HTML with a file",
			Config: map[string]any{
				"to": []any{"ann@example.org", "Bob Ray <bob@example.org>"}, "cc": `"Lee, Carol" <carol@example.org>`,
				"subject": "Weekly report", "body_type": "html",
				"body":        `<p>The numbers are attached, and <a href="https://example.com/report">online</a>.</p>`,
				"attachments": []any{map[string]any{"filename": "numbers.csv", "content_type": "text/csv", "content_base64": "d2VlayxvcmRlcnMKMSw0Mgo="}},
			},
			Output: map[string]any{
				"message_id": "<01890a5d-ac96-774b-bcce-b302099a8057@example.com>",
				"accepted":   []any{"ann@example.org", "bob@example.org", "carol@example.org"},
			},
		}},
	}
}

// The fields of send_email. Addresses and names become lines of the header or of
// a command, where a line break would start another one.
var (
	to = schema.Field{
		Name: "to", Kind: schema.List, Title: "To", Required: true, Personal: true, Escape: template.TargetHeader,
		Help:        "One address or several, such as Ann Lee <ann@example.com>.",
		Placeholder: "ann@example.com, Bob Ray <bob@example.com>",
	}
	cc = schema.Field{
		Name: "cc", Kind: schema.List, Title: "Cc", Personal: true, Escape: template.TargetHeader,
		Help: "Who gets a copy that everybody sees.",
	}
	bcc = schema.Field{
		Name: "bcc", Kind: schema.List, Title: "Bcc", Personal: true, Escape: template.TargetHeader,
		Help: "Who gets a copy that nobody else sees.",
	}
	replyTo = schema.Field{
		Name: "reply_to", Kind: schema.List, Title: "Reply to", Personal: true, Escape: template.TargetHeader, Advanced: true,
		Help: "Where answers go, if not to the sender.",
	}
	subject = schema.Field{
		Name: "subject", Kind: schema.Text, Title: "Subject", Required: true, Personal: true, Escape: template.TargetHeader,
		Help: "One line.", MaxLength: longestLine,
	}
	body = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Body", Personal: true,
		Help: "The message. As HTML, a plain text version is made from it and sent along.",
		EscapeBy: func(config map[string]any) template.Target {
			if config["body_type"] == bodyHTML {
				return template.TargetHTML
			}
			return template.TargetText
		},
	}
	bodyType = schema.Field{
		Name: "body_type", Kind: schema.Choice, Title: "Body type", Choices: []string{bodyText, bodyHTML}, Default: bodyText,
		Help: "How the body is written: plain text, or HTML.",
	}
	attachments = schema.Field{
		Name: "attachments", Kind: schema.Items, Title: "Attachments", MaxLength: 50,
		Help:   "Files to send along, at most 10 MB together.",
		Fields: schema.Fields{filename, contentType, contentBase64},
	}
	filename = schema.Field{
		Name: "filename", Kind: schema.Text, Title: "File name", Required: true, Escape: template.TargetHeader, MaxLength: 255,
		Help: "The name that the reader sees.", Placeholder: "invoice.pdf",
	}
	contentType = schema.Field{
		Name: "content_type", Kind: schema.Text, Title: "Content type", Escape: template.TargetHeader, MaxLength: 255,
		Help: "The media type. Empty means that it follows from the file name.", Placeholder: "application/pdf",
	}
	contentBase64 = schema.Field{
		Name: "content_base64", Kind: schema.Text, Title: "Content", Required: true,
		Help: "The file's content in base64.",
	}

	messageID = schema.Field{
		Name: "message_id", Kind: schema.Text, Title: "Message ID",
		Help: "The Message-ID header. It is the same in every attempt of one step.",
	}
	accepted = schema.Field{
		Name: "accepted", Kind: schema.List, Title: "Accepted", Personal: true,
		Help: "The addresses that the mail server took the message for.",
	}
)

// Kinds of body.
const (
	bodyText = "text"
	bodyHTML = "html"
)

// send checks and builds the whole message before it connects, so that bad input
// is reported without a trace on the server.
func (m mailer) send(ctx context.Context, call *connector.Call) (connector.Output, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	msg, err := compose(call)
	if err != nil {
		return nil, err
	}
	s, err := m.connect(ctx, call, msg.from)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.deliver(ctx, msg); err != nil {
		return nil, err
	}
	return connector.Output{messageID.Name: msg.id, accepted.Name: msg.recipientAddresses()}, nil
}
