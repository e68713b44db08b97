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
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// message is what is handed to the server: the envelope and the content.
type message struct {
	id         string // as in the header, with angle brackets
	from       mail.Address
	recipients []recipient // each address once
	content    []byte      // header and body, lines ending in CRLF
	utf8       bool        // an address has more than ASCII before its @, which needs SMTPUTF8 (RFC 6531)
}

// letter is the checked input.
type letter struct {
	sender               mail.Address
	to, cc, bcc, replyTo []recipient
	files                []file
}

// compose checks the input and builds the message.
func compose(call *connector.Call) (message, error) {
	l, err := readLetter(call)
	if err != nil {
		return message{}, err
	}
	_, domain := split(l.sender)
	msg := message{
		id: "<" + call.Key + "@" + domain + ">", from: l.sender,
		recipients: eachOnce(l.to, l.cc, l.bcc), utf8: !isASCII(l.sender.Address),
	}
	for _, r := range slices.Concat(l.replyTo, msg.recipients) {
		msg.utf8 = msg.utf8 || !isASCII(r.Address.Address)
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, &l.sender)
	setAddresses(m, gomail.HeaderTo, l.to)
	setAddresses(m, gomail.HeaderCc, l.cc)
	setAddresses(m, gomail.HeaderReplyTo, l.replyTo)
	m.Subject(call.Input.Text(subject))
	m.SetMessageIDWithValue(strings.Trim(msg.id, "<>"))
	m.SetDateWithValue(call.Now())
	setBody(m, call.Input)
	for _, f := range l.files {
		m.AttachReadSeeker(f.name, bytes.NewReader(f.content), f.describe)
	}
	var content bytes.Buffer
	if _, err := m.WriteTo(&content); err != nil {
		return message{}, fmt.Errorf("building message: %w", err)
	}
	msg.content = content.Bytes()
	return msg, nil
}

// readLetter checks the input as a whole, so that all that is wrong is reported at once.
func readLetter(call *connector.Call) (letter, error) {
	sender, err := senderOf(call.Credential)
	if err != nil {
		return letter{}, err
	}
	in := call.Input
	var bad []fault.Field
	read := func(field schema.Field) []recipient {
		good, problems := addresses(in, field)
		bad = append(bad, problems...)
		return good
	}
	l := letter{sender: sender, to: read(to), cc: read(cc), bcc: read(bcc), replyTo: read(replyTo)}
	if len(l.to) == 0 && len(bad) == 0 {
		bad = append(bad, fault.Field{Pointer: "/to", Message: "There is no address to send to.", Hint: to.Help})
	}
	if strings.ContainsFunc(in.Text(subject), unicode.IsControl) {
		bad = append(bad, fault.Field{Pointer: "/subject", Message: "The subject holds a line break or another control character.", Hint: "Write it on one line."})
	}
	files, problems := readFiles(in)
	if bad = append(bad, problems...); len(bad) > 0 {
		return letter{}, invalid(bad)
	}
	l.files = files
	return l, nil
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
	address, err := parseAddress(text)
	if err != nil {
		return mail.Address{}, fault.New(fault.InvalidInput, "The credential's sender %q is not an email address: %v.", text, err).
			WithHint("Set From in the credential to an address such as alerts@example.com or Alerts <alerts@example.com>.")
	}
	return address, nil
}

// atMost shortens a list to what a message may hold; all of it is in the fields.
func atMost(texts []string) []string {
	const shown = 5
	if rest := len(texts) - shown; rest > 0 {
		return append(slices.Clone(texts[:shown]), fmt.Sprintf("and %d more", rest))
	}
	return texts
}

// invalid is one fault for all bad fields.
func invalid(bad []fault.Field) *fault.Error {
	f := fault.New(fault.InvalidInput, "%s", bad[0].Message).WithHint("%s", bad[0].Hint)
	f.Fields = bad
	if len(bad) == 1 {
		return f
	}
	texts := make([]string, len(bad))
	for i, b := range bad {
		texts[i] = b.Message
	}
	f.Message = fmt.Sprintf("%d values can't be used: %s", len(bad), strings.Join(atMost(texts), " "))
	return f
}

func setAddresses(m *gomail.Msg, header gomail.AddrHeader, list []recipient) {
	if len(list) == 0 {
		return
	}
	values := make([]*mail.Address, len(list))
	for i := range list {
		values[i] = &list[i].Address
	}
	m.SetAddrHeaderFromMailAddress(header, values...)
}

// eachOnce joins the lists without repetition, so that nobody gets the message twice.
func eachOnce(lists ...[]recipient) []recipient {
	var once []recipient
	seen := map[string]bool{}
	for _, list := range lists {
		for _, r := range list {
			local, domain := split(r.Address)
			if key := local + "@" + strings.ToLower(domain); !seen[key] {
				seen[key] = true
				once = append(once, r)
			}
		}
	}
	return once
}

func setBody(m *gomail.Msg, in schema.Input) {
	text := in.Text(body)
	if in.Text(bodyType) != bodyHTML {
		m.SetBodyString(gomail.TypeTextPlain, text)
		return
	}
	// The last alternative is the one that a reader prefers (RFC 2046, 5.1.4).
	m.SetBodyString(gomail.TypeTextPlain, plainText(text))
	m.AddAlternativeString(gomail.TypeTextHTML, text)
}

func (m message) recipientAddresses() []any {
	list := make([]any, len(m.recipients))
	for i, r := range m.recipients {
		list[i] = r.Address.Address
	}
	return list
}
