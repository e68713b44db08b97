package mqtt

import (
	"fmt"
	"strings"

	"switchboard/internal/fault"
)

// failed is the first of the codes that say no.
const failed = 0x80

// notAuthorized is what mosquitto, among others, says of a wrong password, and what
// all say of a topic that the user may not use.
const notAuthorized = 0x87

// Other codes that are not only passed on.
const (
	unsupportedVersion = 0x84
	retainNotSupported = 0x9A
)

// reason is what a broker's code means.
type reason struct {
	is   byte // the broker's code
	text string
	code fault.Code
	hint string
}

const (
	accountHint = "Check user name and password in the credential."
	rulesHint   = "The broker's rules don't let this user do it: check those for the topic and the client id."
	laterHint   = "The step is tried again."
)

// reasons are the codes with which brokers refuse.
//
// A list rather than a map, which would be filled by code: functions are held to a size.
//
// Source: https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901031
var reasons = [...]reason{
	{unsupportedVersion, "Unsupported protocol version", fault.InvalidInput, "The broker has to speak MQTT 5 or 3.1.1."},
	{0x85, "Client identifier not valid", fault.InvalidInput, "Set a client id in the credential that the broker takes, or leave it empty."},
	{0x86, "Bad user name or password", fault.AuthFailed, accountHint},
	{notAuthorized, "Not authorized", fault.AuthFailed, rulesHint},
	{0x88, "Server unavailable", fault.ServiceUnavailable, laterHint},
	{0x89, "Server busy", fault.ServiceUnavailable, laterHint},
	{0x8A, "Banned", fault.AuthFailed, "The broker has shut this client out. Whoever runs it can undo that."},
	{0x8B, "Server shutting down", fault.ServiceUnavailable, laterHint},
	{0x8C, "Bad authentication method", fault.AuthFailed, "The broker wants another way to sign in than user name and password."},
	{0x8D, "Keep alive timeout", fault.ServiceUnavailable, laterHint},
	{0x8E, "Session taken over", fault.ServiceUnavailable, "Another client came with the same client id. Leave the client id in the credential empty."},
	{0x8F, "Topic filter invalid", fault.InvalidInput, "Check the topic."},
	{0x90, "Topic name invalid", fault.InvalidInput, "Check the topic: the broker may not take it from clients."},
	{0x95, "Packet too large", fault.InvalidInput, "The broker takes smaller messages only."},
	{0x96, "Message rate too high", fault.RateLimited, ""},
	{0x97, "Quota exceeded", fault.RateLimited, "The broker's limit for this user is used up."},
	{0x99, "Payload format invalid", fault.InvalidInput, "The broker takes another form of payload on this topic."},
	{retainNotSupported, "Retain not supported", fault.InvalidInput, "Turn retain off."},
	{0x9B, "QoS not supported", fault.InvalidInput, "Take a lower quality of service."},
	{0x9C, "Use another server", fault.ServiceUnavailable, "The broker points to another one. Enter that one's address."},
	{0x9D, "Server moved", fault.ServiceUnavailable, "The broker has moved. Enter its new address."},
	{0x9E, "Shared subscriptions not supported", fault.InvalidInput, "Take a topic without $share."},
	{0x9F, "Connection rate exceeded", fault.RateLimited, ""},
	{0xA2, "Wildcard subscriptions not supported", fault.InvalidInput, "Take a topic without + and #."},
}

func reasonOf(code byte) reason {
	for _, r := range reasons {
		if r.is == code {
			return r
		}
	}
	return reason{text: fmt.Sprintf("Reason code 0x%02X", code), code: fault.UnexpectedStatus, hint: "Look into the broker's log."}
}

// refusal is the fault of a packet with which the broker says no. An answer came,
// so it is settled that nothing was done.
func (s *session) refusal(code byte, said string) *fault.Error {
	r := reasonOf(code)
	message := fmt.Sprintf("%s refused: %s", s.address(), r.text)
	if said = s.words(said); said != "" && !strings.EqualFold(said, r.text) {
		message += ": " + said
	}
	return fault.New(r.code, "%s", message).WithHint("%s", r.hint)
}
