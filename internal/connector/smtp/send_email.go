package smtp

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/letter"
	"switchboard/internal/schema"
)

func (m mailer) sendEmail() connector.Action {
	return connector.Action{
		Name:    "send_email",
		Title:   "Send an email",
		Summary: "Send a message as plain text or HTML, with attachments.",
		Input:   letter.Fields(),
		Output:  schema.Fields{messageID, accepted, refusedList},
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
				"refused":    []any{},
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
				"refused":    []any{},
			},
		}},
	}
}

// What send_email gives.
var (
	messageID = schema.Field{
		Name: "message_id", Kind: schema.Text, Title: "Message ID",
		Help: "The Message-ID header. It is the same in every attempt of one step.",
	}
	accepted = schema.Field{
		Name: "accepted", Kind: schema.List, Title: "Accepted", Personal: true,
		Help: "The addresses that the mail server took the message for.",
	}
	refusedList = schema.Field{
		Name: "refused", Kind: schema.Values, Title: "Refused", Personal: true,
		Help: "The addresses that the mail server refused for good, each with address and reason. The step fails only where it takes none.",
	}
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
	refused, err := s.deliver(ctx, msg)
	if err != nil {
		return nil, err
	}
	return connector.Output{messageID.Name: msg.id, accepted.Name: msg.recipientAddresses(refused), refusedList.Name: s.refusals(refused)}, nil
}

// refusals is the output of those who did not get the message.
func (s *session) refusals(refused []refusal) []any {
	list := make([]any, len(refused))
	for i, r := range refused {
		list[i] = map[string]any{"address": r.Address.Address, "reason": s.said(r.reply)}
	}
	return list
}
