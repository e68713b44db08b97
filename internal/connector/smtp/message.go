package smtp

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"switchboard/internal/connector"
	"switchboard/internal/connector/letter"
	"switchboard/internal/fault"
)

// message is what is handed to the server: the envelope and the content.
type message struct {
	id         string // as in the header, with angle brackets
	from       mail.Address
	recipients []letter.Recipient // each address once
	content    []byte             // header and body, lines ending in CRLF
	utf8       bool               // an address has more than ASCII before its @, which needs SMTPUTF8 (RFC 6531)
}

// compose checks the input and builds the message.
func compose(call *connector.Call) (message, error) {
	sender, err := senderOf(call.Credential)
	if err != nil {
		return message{}, err
	}
	l, err := letter.Read(call.Input)
	if err != nil {
		return message{}, err
	}
	_, domain := letter.Split(sender)
	msg := message{id: "<" + call.Key + "@" + domain + ">", from: sender, recipients: l.Recipients(), utf8: !isASCII(sender.Address)}
	for _, r := range slices.Concat(l.ReplyTo, msg.recipients) {
		msg.utf8 = msg.utf8 || !isASCII(r.Address.Address)
	}
	m := l.Message(strings.Trim(msg.id, "<>"), call.Now())
	m.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, &sender)
	var content bytes.Buffer
	if _, err := m.WriteTo(&content); err != nil {
		return message{}, fmt.Errorf("building message: %w", err)
	}
	msg.content = content.Bytes()
	return msg, nil
}

// senderOf is the address that messages come from.
func senderOf(credential connector.Credential) (mail.Address, error) {
	text := credential.Data.Text(from)
	if text == "" {
		text = credential.Data.Text(username)
	}
	if text == "" {
		return mail.Address{}, fault.New(fault.InvalidInput, "The credential has no sender.").
			WithHint("Set From in the credential to the address that messages come from.")
	}
	address, err := letter.ParseAddress(text)
	if err != nil {
		return mail.Address{}, fault.New(fault.InvalidInput, "The credential's sender %q is not an email address: %v.", text, err).
			WithHint("Set From in the credential to an address such as alerts@example.com or Alerts <alerts@example.com>.")
	}
	return address, nil
}

// recipientAddresses lists the recipients but those that were refused.
func (m message) recipientAddresses(refused []refusal) []any {
	list := []any{}
	for _, r := range m.recipients {
		if !slices.ContainsFunc(refused, func(no refusal) bool { return no.Address.Address == r.Address.Address }) {
			list = append(list, r.Address.Address)
		}
	}
	return list
}

// envelope writes an address as the MAIL and RCPT commands take it.
func envelope(address mail.Address) string {
	return (&mail.Address{Address: address.Address}).String()
}

// isASCII says whether a server without SMTPUTF8 can take the text.
func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}
