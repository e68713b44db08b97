package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"

	"switchboard/internal/fault"
)

// stage is what was being done when a conversation failed.
type stage string

const (
	connecting stage = "connecting"
	securing   stage = "setting up encryption"
	greeting   stage = "waiting for the greeting"
	signingIn  stage = "signing in"
	checking   stage = "asking for a sign of life"
	naming     stage = "naming the sender"
	addressing stage = "naming a recipient"
	sending    stage = "sending the message"
	ending     stage = "waiting for the message to be accepted"
)

// Reply codes with a meaning of their own (RFC 5321, 4.2).
const (
	shuttingDown = 421
	tooLarge     = 552
)

// needsSignIn lists the replies that are about who is sending (RFC 4954, 6).
var needsSignIn = map[int]bool{530: true, 534: true, 535: true, 538: true}

const (
	portHint    = "Security tls usually goes with port 465, starttls with 587. Port 25 is blocked in many networks."
	wantTLSHint = "If the server expects encryption from the start, which is usual on port 465, choose security tls."
	signInHint  = "Check user name and password in the credential. Many providers want an app password, or SMTP switched on for the mailbox."
	laterHint   = "Try again later."
)

// explain turns whatever ended a stage into a fault that says what to do.
func (s server) explain(ctx context.Context, at stage, err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok { // of the guard, or of what bounds the connection
		if f.Code == fault.ServiceUnavailable && at == connecting {
			f.Hint = strings.TrimSpace(f.Hint + " " + portHint)
		}
		return fmt.Errorf("%s: %w", at, err)
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return s.refused(at, reply)
	}
	if ctx.Err() != nil {
		return s.unanswered(ctx, at, err)
	}
	if f := s.untrusted(err); f != nil {
		return f.Because(err)
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok {
		return fault.New(fault.BadResponse, "%s does not speak as a mail server does.", s.address()).
			WithHint("Check host and port. " + wantTLSHint).Because(errors.New(s.words(err.Error())))
	}
	f := fault.New(fault.ServiceUnavailable, "The connection to %s was lost while %s.", s.address(), at).WithHint(laterHint).Because(err)
	if at == greeting && errors.Is(err, io.EOF) {
		f.Hint = wantTLSHint
	}
	return f
}

// unanswered is the fault for a context that ended.
func (s server) unanswered(ctx context.Context, at stage, err error) *fault.Error {
	f := fault.New(fault.ServiceUnavailable, "%s did not answer in time while %s.", s.address(), at).
		WithHint(laterHint).Because(errors.Join(context.Cause(ctx), err))
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		f.Message = fmt.Sprintf("The call to %s was stopped while %s.", s.address(), at)
	case at == greeting && s.security != securityTLS:
		f.Hint = wantTLSHint
	case at == connecting:
		f.Hint = portHint
	}
	return f
}

// untrusted is the fault for encryption that can't be set up; nil for other errors.
func (s server) untrusted(err error) *fault.Error {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		f := fault.New(fault.InvalidInput, "%s does not speak TLS.", s.address())
		if s.security == securityStartTLS {
			return f.WithHint("It offered STARTTLS all the same. Whoever runs the server has to look at it.")
		}
		return f.WithHint("Port 587 and port 25 begin without it: choose security starttls, or take port 465.")
	}
	f := fault.New(fault.ServiceUnavailable, "The certificate of %s is not valid.", s.address())
	if wrong, ok := errors.AsType[x509.HostnameError](err); ok {
		f.Message = fmt.Sprintf("The certificate of %s is not for %s.", s.address(), s.host)
		if wrong.Certificate != nil && len(wrong.Certificate.DNSNames) > 0 {
			return f.WithHint("It is for %s. Use such a name as host.", s.words(strings.Join(wrong.Certificate.DNSNames, ", ")))
		}
		return f.WithHint("Use the name in the certificate as host, not an alias or an IP address.")
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		f.Message = fmt.Sprintf("The certificate of %s is not from a known authority.", s.address())
		return f.WithHint("The server needs a certificate of a public authority; a self-signed one is not accepted.")
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			f.Message = fmt.Sprintf("The certificate of %s has expired or is not yet valid.", s.address())
		}
		return f.WithHint("Whoever runs the server has to renew it.")
	}
	_, refused := errors.AsType[*tls.CertificateVerificationError](err)
	alert, _ := errors.AsType[*net.OpError](err)
	if refused || (alert != nil && alert.Op == "remote error") { // how crypto/tls marks what the other side objects to
		f.Message = fmt.Sprintf("No encrypted connection to %s could be agreed on.", s.address())
		return f.WithHint("The server needs TLS 1.2 or later and a valid certificate.")
	}
	return nil
}

// refused turns a reply into a fault: a 4xx may pass, a 5xx does not.
func (s server) refused(at stage, reply *textproto.Error) *fault.Error {
	code, hint := s.meaning(at, reply.Code)
	return fault.New(code, "%s answered while %s: %s", s.address(), at, s.said(reply)).WithHint("%s", hint)
}

func (s server) meaning(at stage, reply int) (code fault.Code, hint string) {
	switch {
	case needsSignIn[reply]:
		return fault.AuthFailed, signInHint
	case reply < 500:
		return fault.ServiceUnavailable, laterHint
	case at == signingIn:
		return fault.AuthFailed, signInHint
	case reply == tooLarge:
		return fault.InvalidInput, "The message is too large for the server, or the mailbox is full. Send a link instead of an attachment."
	case at == naming:
		return fault.InvalidInput, "From in the credential must be an address that this account may send as."
	case at == addressing:
		return fault.InvalidInput, "Correct these addresses. If the text speaks of relaying, the server wants user name and password, or a sender of its own domain."
	case at == sending || at == ending:
		return fault.InvalidInput, "The server's text says why it does not take the message. Often its content looks like spam, or the sender's domain has no SPF or DKIM record."
	default:
		return fault.InvalidInput, "The server takes no mail from here. Check host and port; some providers block whole networks."
	}
}

// said is a reply as it may be shown: redacted, short and on one line.
func (s server) said(reply *textproto.Error) string {
	return s.words(fmt.Sprintf("%d %s", reply.Code, reply.Msg))
}
