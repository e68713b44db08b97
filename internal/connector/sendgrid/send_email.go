package sendgrid

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// longestLine is what fits a line of a mail's header with its name (RFC 5322, 2.1.1).
const longestLine = 900

// The fields of the action. Addresses and names become lines of a header.
var (
	from = schema.Field{
		Name: "from", Kind: schema.Text, Title: "From", Required: true, Personal: true, Escape: template.TargetHeader, MaxLength: longestLine,
		Help:        "Who the message comes from: a verified sender, or any address of an authenticated domain.",
		Placeholder: "Example Shop <orders@example.com>",
	}
	to = schema.Field{
		Name: "to", Kind: schema.List, Title: "To", Required: true, Personal: true, Escape: template.TargetHeader, MinLength: 1,
		Help:        "One address or several, such as Ann Lee <ann@example.com>. They see each other.",
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
	subject = schema.Field{
		Name: "subject", Kind: schema.Text, Title: "Subject", Required: true, Content: true, Escape: template.TargetHeader, MaxLength: longestLine,
		Help: "One line.",
	}
	body = schema.Field{
		Name: "body", Kind: schema.Text, Title: "Body", Required: true, Content: true,
		Help: "The message, as plain text or as HTML.",
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
	replyTo = schema.Field{
		Name: "reply_to", Kind: schema.List, Title: "Reply to", Personal: true, Escape: template.TargetHeader, Advanced: true,
		Help: "Where answers go, if not to the sender.",
	}
)

// Kinds of body.
const (
	bodyText = "text"
	bodyHTML = "html"
)

// mostRecipients is how many to, cc and bcc may have together.
const mostRecipients = 1000

// Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
var sendEmail = connector.Action{
	Name:    "send_email",
	Title:   "Send an email",
	Summary: "Send a message as plain text or HTML.",
	Input:   schema.Fields{from, to, cc, bcc, subject, body, bodyType, replyTo},
	Output: schema.Fields{
		{Name: "message_id", Kind: schema.Text, Title: "Message ID", Required: true, Help: "SendGrid's id of the message, with which the ids in its event webhooks begin."},
	},
	Run: runSendEmail,
	Examples: []connector.Example{{
		Title: "Tell a customer that an order is on its way",
		Config: map[string]any{
			"from": "Example Shop <orders@example.com>", "to": "Ann Lee <ann@example.org>", "bcc": []any{"archive@example.com"},
			"subject": "Order 1042 is on its way – at last", "body": "Hello Ann,\n\nit left our warehouse today.",
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/v3/mail/send", Header: map[string]string{"Content-Type": "application/json"},
			Body: `{
				"personalizations": [{"to": [{"email": "ann@example.org", "name": "Ann Lee"}], "bcc": [{"email": "archive@example.com"}]}],
				"from": {"email": "orders@example.com", "name": "Example Shop"},
				"subject": "Order 1042 is on its way – at last",
				"content": [{"type": "text/plain", "value": "Hello Ann,\n\nit left our warehouse today."}]
			}`,
		},
		Response: connector.ExampleResponse{Status: 202, Header: map[string]string{"X-Message-Id": "14c5d75ce93.dfd.64b469"}},
		Output:   map[string]any{"message_id": "14c5d75ce93.dfd.64b469"},
	}, {
		Title: "Send a report as HTML to a team, with answers to two people",
		Config: map[string]any{
			"from": "reports@example.com", "to": []any{"ann@example.org", "Bob Ray <bob@example.org>"}, "cc": `"Lee, Carol" <carol@example.org>, ann@example.org`,
			"subject": "Weekly report", "body_type": "html", "body": `<p>The numbers are <a href="https://example.com/report">online</a>.</p>`,
			"reply_to": []any{"ann@example.org", "Bob Ray <bob@example.org>"},
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/v3/mail/send",
			Body: `{
				"personalizations": [{
					"to": [{"email": "ann@example.org"}, {"email": "bob@example.org", "name": "Bob Ray"}],
					"cc": [{"email": "carol@example.org", "name": "Lee, Carol"}]
				}],
				"from": {"email": "reports@example.com"},
				"reply_to_list": [{"email": "ann@example.org"}, {"email": "bob@example.org", "name": "Bob Ray"}],
				"subject": "Weekly report",
				"content": [{"type": "text/html", "value": "<p>The numbers are <a href=\"https://example.com/report\">online</a>.</p>"}]
			}`,
		},
		Response: connector.ExampleResponse{Status: 202, Header: map[string]string{"X-Message-Id": "14c5d75ce93.dfd.64b470"}},
		Output:   map[string]any{"message_id": "14c5d75ce93.dfd.64b470"},
	}},
}

// mail is the body of mail/send.
type mail struct {
	Personalizations []personalization `json:"personalizations"`
	From             address           `json:"from"`
	ReplyTo          *address          `json:"reply_to,omitempty"`
	ReplyToList      []address         `json:"reply_to_list,omitempty"` // in place of ReplyTo where there are several
	Subject          string            `json:"subject"`
	Content          []content         `json:"content"`
}

// personalization is who gets the mail.
type personalization struct {
	To  []address `json:"to"`
	CC  []address `json:"cc,omitempty"`
	BCC []address `json:"bcc,omitempty"`
}

type content struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

func runSendEmail(ctx context.Context, call *connector.Call) (connector.Output, error) {
	m, err := compose(call.Input)
	if err != nil {
		return nil, err
	}
	resp, err := service.Do(ctx, call, rest.Request{Path: rest.Path("v3", "mail", "send"), JSON: m})
	if err != nil {
		return nil, err
	}
	return connector.Output{"message_id": resp.Header.Get("X-Message-Id")}, nil
}

// compose makes the mail. Every bad address is reported, not only the first.
func compose(in schema.Input) (mail, error) {
	var r reader
	sender := r.addresses(in, from)
	// An address that is there twice is refused by SendGrid; the first place counts.
	who := personalization{To: r.once(in, to), CC: r.once(in, cc), BCC: r.once(in, bcc)}
	answers := distinct(r.addresses(in, replyTo), map[string]bool{})
	switch n := len(who.To) + len(who.CC) + len(who.BCC); {
	case len(r.bad) == 0 && len(sender) != 1:
		r.wrong(from, "A message comes from one address.")
	case len(r.bad) == 0 && len(who.To) == 0:
		r.wrong(to, "There is nobody to send the message to.")
	case n > mostRecipients:
		r.wrong(to, "A message can go to at most 1000 recipients.")
	}
	if len(r.bad) > 0 {
		f := fault.New(fault.InvalidInput, "%s", r.bad[0].Message).WithHint("%s", r.bad[0].Hint)
		f.Fields = r.bad
		return mail{}, f
	}
	m := mail{
		Personalizations: []personalization{who}, From: sender[0], Subject: in.Text(subject),
		Content: []content{{Type: "text/plain", Value: in.Text(body)}},
	}
	if in.Text(bodyType) == bodyHTML {
		m.Content[0].Type = "text/html"
	}
	switch len(answers) {
	case 0:
	case 1:
		m.ReplyTo = &answers[0]
	default:
		m.ReplyToList = answers
	}
	return m, nil
}
