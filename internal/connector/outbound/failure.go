package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"

	"switchboard/internal/fault"
)

// failure makes a fault of what went wrong before an answer came. sent says that
// the request may have reached the service.
func (r routes) failure(host string, err error, sent bool) *fault.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f // the guard's own
	}
	message, hint := r.explain(host, err, sent)
	f := fault.New(fault.ServiceUnavailable, "%s", message).WithHint("%s", hint).Because(err)
	f.Unsettled = sent
	return f
}

func (r routes) explain(host string, err error, sent bool) (message, hint string) {
	subject := r.subject(host)
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "The call to " + subject + " was stopped before it was answered.", ""
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		if sent {
			return subject + " did not answer in time.", "It may have received the request all the same. A longer timeout on the step may help."
		}
		return subject + " could not be reached in time.", ""
	case sent:
		return "The connection to " + subject + " was lost before it answered.", "It may have received the request all the same."
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "There is no host named " + host + ".", "Check how the host is spelled."
		}
		return "The host " + host + " could not be looked up.", ""
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "The certificate of " + host + " is not valid, so nothing was sent.", "Check that the host is spelled as in its certificate and that the certificate has not expired."
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return host + " does not speak TLS on this port.", "Check whether the address should begin with http:// or name another port."
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return host + " refused the connection.", "Check host and port, and that the service is running."
	}
	return subject + " could not be reached.", ""
}
