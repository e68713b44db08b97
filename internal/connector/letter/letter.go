// Package letter is what the connectors that send email by themselves share: the
// fields of a message, how they are checked, and the message that is made of them,
// in a form which every mail program shows as it was meant.
package letter

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// Letter is the checked input.
type Letter struct {
	To, Cc, Bcc, ReplyTo []Recipient

	in    schema.Input
	files []file
}

// Read checks the input as a whole, so that all that is wrong is reported at once.
func Read(in schema.Input) (Letter, error) {
	var bad []fault.Field
	read := func(field schema.Field) []Recipient {
		good, problems := addresses(in, field)
		bad = append(bad, problems...)
		return good
	}
	l := Letter{To: read(To), Cc: read(Cc), Bcc: read(Bcc), ReplyTo: read(ReplyTo), in: in}
	if len(l.To) == 0 && len(bad) == 0 {
		bad = append(bad, fault.Field{Pointer: "/to", Message: "There is no address to send to.", Hint: To.Help})
	}
	if strings.ContainsFunc(in.Text(Subject), unicode.IsControl) {
		bad = append(bad, fault.Field{Pointer: "/subject", Message: "The subject holds a line break or another control character.", Hint: "Write it on one line."})
	}
	files, problems := readFiles(in)
	if bad = append(bad, problems...); len(bad) > 0 {
		return Letter{}, invalid(bad)
	}
	l.files = files
	return l, nil
}

// Recipients are all who get the letter, each once.
func (l Letter) Recipients() []Recipient { return eachOnce(l.To, l.Cc, l.Bcc) }

// Message makes the message. The sender, and how the Bcc get it, are the caller's.
func (l Letter) Message(id string, date time.Time) *gomail.Msg {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	setAddresses(m, gomail.HeaderTo, l.To)
	setAddresses(m, gomail.HeaderCc, l.Cc)
	setAddresses(m, gomail.HeaderReplyTo, l.ReplyTo)
	m.Subject(l.in.Text(Subject))
	m.SetMessageIDWithValue(id)
	m.SetDateWithValue(date)
	setBody(m, l.in)
	for _, f := range l.files {
		m.AttachReadSeeker(f.name, bytes.NewReader(f.content), f.describe)
	}
	return m
}

// AtMost shortens a list to what a message may hold; all of it is in the fields.
func AtMost(texts []string) []string {
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
	f.Message = fmt.Sprintf("%d values can't be used: %s", len(bad), strings.Join(AtMost(texts), " "))
	return f
}

func setAddresses(m *gomail.Msg, header gomail.AddrHeader, list []Recipient) {
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
func eachOnce(lists ...[]Recipient) []Recipient {
	var once []Recipient
	seen := map[string]bool{}
	for _, list := range lists {
		for _, r := range list {
			local, domain := Split(r.Address)
			if key := local + "@" + strings.ToLower(domain); !seen[key] {
				seen[key] = true
				once = append(once, r)
			}
		}
	}
	return once
}

func setBody(m *gomail.Msg, in schema.Input) {
	text := in.Text(Body)
	if in.Text(BodyType) != bodyHTML {
		m.SetBodyString(gomail.TypeTextPlain, text)
		return
	}
	// The last alternative is the one that a reader prefers (RFC 2046, 5.1.4).
	m.SetBodyString(gomail.TypeTextPlain, plainText(text))
	m.AddAlternativeString(gomail.TypeTextHTML, text)
}
