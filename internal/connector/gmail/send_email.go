package gmail

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"switchboard/internal/connector"
	"switchboard/internal/connector/letter"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action, besides those of every letter.
var (
	threadID = schema.Field{
		Name: "thread_id", Kind: schema.Text, Title: "Thread", Advanced: true, Placeholder: "18c2f0a1b2c3d4e5",
		Help:    "The conversation to add the message to, as an earlier step gives it. Gmail wants the same subject, too, and the message that it answers.",
		Pattern: `[0-9A-Za-z_-]{1,64}`, PatternHint: "A thread goes by the ID that Gmail's API gives, such as 18c2f0a1b2c3d4e5.",
	}
	inReplyTo = schema.Field{
		Name: "in_reply_to", Kind: schema.Text, Title: "Answers", Advanced: true, Escape: template.TargetHeader, MaxLength: 900,
		Placeholder: "<CAJ5@mail.gmail.com>",
		Help:        "The Message-ID header of the message that this one answers, so that every mail program shows them together.",
		Pattern:     oneMessageID, PatternHint: "A Message-ID looks like <CAJ5@mail.gmail.com>.",
	}
	references = schema.Field{
		Name: "references", Kind: schema.List, Title: "References", Advanced: true, Escape: template.TargetHeader, MaxLength: 50,
		Help:    "The Message-IDs of the whole conversation, oldest first. Empty means only the one that is answered.",
		Pattern: oneMessageID, PatternHint: "A Message-ID looks like <CAJ5@mail.gmail.com>.",
	}

	messageID  = schema.Field{Name: "id", Kind: schema.Text, Title: "Message", Required: true, Help: "The message's ID in Gmail."}
	sentThread = schema.Field{Name: "thread_id", Kind: schema.Text, Title: "Thread", Required: true, Help: "The conversation that it belongs to; a later step can add to it."}
)

const oneMessageID = `<?[!-;=?-~]+@[!-;=?-~]+>?`

// Source: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send
var sendEmail = connector.Action{
	Name:    "send_email",
	Title:   "Send an email",
	Summary: "Send a message from the connected mailbox as plain text or HTML, with attachments.",
	Input:   append(letter.Fields(), threadID, inReplyTo, references),
	Output:  schema.Fields{messageID, sentThread},
	Run:     send,
	Examples: []connector.Example{{
		Title: "Tell a customer that an order is on its way",
		Config: map[string]any{
			"to": "Ann Lee <ann@example.org>", "bcc": []any{"archive@example.com", "Zoë <zoe@example.com>"},
			"subject": "Order 1042 is on its way – at last", "body": "Hello Ann,\n\nit left our warehouse today.",
		},
		Request: connector.ExampleRequest{Method: http.MethodPost, Path: "/gmail/v1/users/me/messages/send", Body: `{"raw": "` + encode([]byte(
			"Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"+
				"MIME-Version: 1.0\r\n"+
				"Message-ID: <01890a5d-ac96-774b-bcce-b302099a8057@switchboard>\r\n"+
				"Subject: =?UTF-8?q?Order_1042_is_on_its_way_=E2=80=93_at_last?=\r\n"+
				"Bcc: <archive@example.com>,\r\n =?utf-8?q?Zo=C3=AB?= <zoe@example.com>\r\n"+
				"To: \"Ann Lee\" <ann@example.org>\r\n"+
				"Content-Transfer-Encoding: quoted-printable\r\n"+
				"Content-Type: text/plain; charset=UTF-8\r\n"+
				"\r\n"+
				"Hello Ann,\r\n\r\nit left our warehouse today.")) + `"}`},
		Response: connector.ExampleResponse{Body: `{"id": "18c2f0a1b2c3d4e5", "threadId": "18c2f0a1b2c3d4e5", "labelIds": ["SENT"]}`},
		Output:   map[string]any{"id": "18c2f0a1b2c3d4e5", "thread_id": "18c2f0a1b2c3d4e5"},
	}, {
		Title: "Answer in a conversation, with a file",
		Config: map[string]any{
			"to": "ann@example.org", "subject": "Re: Invoice", "body": "<p>Here it is.</p>", "body_type": "html",
			"thread_id": "18c2f0a1b2c3d4e5", "in_reply_to": "<CAJ5@mail.example.org>",
			"attachments": []any{map[string]any{"filename": "invoice.txt", "content_base64": "VG90YWw6IDQyCg=="}},
		},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/gmail/v1/users/me/messages/send"},
		Response: connector.ExampleResponse{Body: `{"id": "18c2f0ffb2c3d4e6", "threadId": "18c2f0a1b2c3d4e5", "labelIds": ["SENT"]}`},
		Output:   map[string]any{"id": "18c2f0ffb2c3d4e6", "thread_id": "18c2f0a1b2c3d4e5"},
	}},
}

func send(ctx context.Context, call *connector.Call) (connector.Output, error) {
	raw, err := compose(call)
	if err != nil {
		return nil, err
	}
	request, err := delivery(raw, call.Input.Text(threadID))
	if err != nil {
		return nil, err
	}
	var sent struct {
		ID       string `json:"id"`
		ThreadID string `json:"threadId"`
	}
	if _, err := service.JSON(ctx, call, request, &sent); err != nil {
		return nil, err
	}
	return connector.Output{messageID.Name: sent.ID, sentThread.Name: sent.ThreadID}, nil
}

// compose makes the message. It has no From: Gmail puts in that of the mailbox. The
// Bcc stand in the header, because there is no envelope; Gmail takes them out.
func compose(call *connector.Call) ([]byte, error) {
	l, err := letter.Read(call.Input)
	if err != nil {
		return nil, err
	}
	m := l.Message(call.Key+"@switchboard", call.Now())
	if len(l.Bcc) > 0 {
		m.SetGenHeaderPreformatted("Bcc", joined(l.Bcc))
	}
	answered := bracketed(call.Input.Text(inReplyTo))
	chain := answered
	if all := call.Input.List(references); len(all) > 0 {
		for i := range all {
			all[i] = bracketed(all[i])
		}
		chain = strings.Join(all, "\r\n ")
	}
	if answered != "" {
		m.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, answered)
	}
	if chain != "" {
		m.SetGenHeaderPreformatted(gomail.HeaderReferences, chain)
	}
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("building message: %w", err)
	}
	return raw.Bytes(), nil
}

// joined writes addresses as a header has them, one a line.
func joined(list []letter.Recipient) string {
	texts := make([]string, len(list))
	for i, r := range list {
		texts[i] = (&mail.Address{Name: r.Name, Address: r.Address.Address}).String()
	}
	return strings.Join(texts, ",\r\n ")
}

func bracketed(id string) string {
	if id == "" {
		return ""
	}
	return "<" + strings.Trim(id, "<>") + ">"
}
