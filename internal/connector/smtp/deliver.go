package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/connector/letter"
	"switchboard/internal/fault"
)

// deliver hands the message over to all recipients that the server takes, and gives
// the others. Where one may be taken later, none gets it: the step is tried again,
// and must not reach anybody twice.
func (s *session) deliver(ctx context.Context, msg message) ([]refusal, error) {
	if err := s.checkFit(msg); err != nil {
		return nil, err
	}
	s.client.SkipSMTPUTF8(!msg.utf8)
	if err := s.client.Mail(envelope(msg.from)); err != nil {
		return nil, s.explain(ctx, naming, err)
	}
	var refused []refusal
	for _, r := range msg.recipients {
		err := s.client.Rcpt(envelope(r.Address))
		if err == nil {
			continue
		}
		reply, ok := errors.AsType[*textproto.Error](err)
		if !ok || reply.Code == shuttingDown {
			return nil, s.explain(ctx, addressing, err)
		}
		refused = append(refused, refusal{Recipient: r, reply: reply})
	}
	if len(refused) == len(msg.recipients) || slices.ContainsFunc(refused, s.matters) {
		_ = s.client.Reset() // the fault is the same whether or not the server forgets the others
		return nil, s.refusedRecipients(refused, len(msg.recipients))
	}
	return refused, s.transfer(ctx, msg.content)
}

// matters says of a refusal that it is not about this one recipient for good: it may
// pass, or the server does not let this account send.
func (s *session) matters(r refusal) bool {
	code, _ := s.meaning(addressing, r.reply.Code)
	return code != fault.InvalidInput
}

// checkFit finds out before anything is sent what the server says it can't take.
func (s *session) checkFit(msg message) error {
	if _, limit := s.client.Extension("SIZE"); limit != "" {
		if n, err := strconv.Atoi(strings.TrimSpace(limit)); err == nil && n > 0 && len(msg.content) > n {
			return fault.New(fault.InvalidInput, "The message has %.1f MB as it is sent; the mail server takes at most %.1f MB.",
				float64(len(msg.content))/(1<<20), float64(n)/(1<<20)).
				WithHint("Base64 makes attachments a third larger. Send a link to the file instead.")
		}
	}
	if offered, _ := s.client.Extension("SMTPUTF8"); !offered && msg.utf8 {
		f := fault.New(fault.InvalidInput, "The mail server takes only ASCII before the @ of an address.").
			WithHint("Use an address in ASCII, or a mail server with SMTPUTF8.")
		for _, r := range msg.recipients {
			if !isASCII(r.Address.Address) {
				f = f.At(r.Pointer, fmt.Sprintf("%s has other characters than ASCII before the @.", r.Address.Address))
			}
		}
		return f
	}
	return nil
}

// transfer sends the content. textproto's writer is used directly, because the
// client's own hides whether the end of the message was written. On a failure
// before that, the connection is dropped: any further command would end the
// message and so send half of it.
func (s *session) transfer(ctx context.Context, content []byte) error {
	if err := s.command(354, "DATA"); err != nil {
		return s.explain(ctx, sending, err)
	}
	w := s.client.Text.DotWriter()
	_, err := w.Write(content)
	if err == nil {
		err = w.Close() // writes the end and flushes
	}
	if err != nil {
		s.drop()
		return s.explain(ctx, sending, err)
	}
	_, _, err = s.client.Text.ReadResponse(2)
	if err == nil {
		return nil
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok && reply.Code >= 400 {
		return s.explain(ctx, ending, err)
	}
	s.drop()
	f := fault.Of(s.explain(ctx, ending, err))
	f.Unsettled = true
	return f.WithHint("The whole message was sent, but no answer came: it may have been delivered. Its Message-ID is the same in every attempt.")
}

// refusal is the answer to one recipient.
type refusal struct {
	letter.Recipient
	reply *textproto.Error
}

// refusedRecipients is the fault for recipients that the server does not take.
// One that is refused for good counts more than one that may be taken later.
func (s *session) refusedRecipients(refused []refusal, of int) *fault.Error {
	code, hint := s.meaning(addressing, refused[0].reply.Code)
	var names []string
	var fields []fault.Field
	for _, r := range refused {
		names = append(names, fmt.Sprintf("%s (%s)", r.Address.Address, s.said(r.reply)))
		fields = append(fields, fault.Field{Pointer: r.Pointer, Message: fmt.Sprintf("%s was refused: %s", r.Address.Address, s.said(r.reply))})
		if worse, why := s.meaning(addressing, r.reply.Code); code == fault.ServiceUnavailable {
			code, hint = worse, why
		}
	}
	f := fault.New(code, "The mail server refused %d of %d recipients, so nothing was sent: %s.", len(refused), of, strings.Join(letter.AtMost(names), "; ")).
		WithHint("%s", hint)
	f.Fields = fields
	return f
}
