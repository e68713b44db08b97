// Package twilio is the connector for text messages over Twilio, and the client
// of Twilio's Messages API that it shares with package whatsapp: to Twilio a
// WhatsApp message is a message whose two ends are WhatsApp addresses.
//
// The client is two typed calls over rest. Twilio takes no idempotency key, so
// nothing here may be sent twice without asking.
//
// Source: https://www.twilio.com/docs/messaging/api/message-resource
package twilio

import (
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// Base is where Twilio's API stands.
const Base = "https://api.twilio.com"

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:            "twilio",
		Title:           "Twilio SMS",
		Category:        connector.Messaging,
		Summary:         "Send text messages, with pictures where the network takes them.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		Base:            Base,
		CredentialTypes: []connector.CredentialType{CredentialType()},
		Actions:         []connector.Action{sendSMS},
	}
}

// CredentialType is a Twilio account. The connector whatsapp accepts the same one.
func CredentialType() connector.CredentialType {
	return connector.CredentialType{
		Name:      "twilio",
		Title:     "Twilio account",
		Summary:   "Account SID and auth token of a Twilio account, for SMS and WhatsApp.",
		Fields:    schema.Fields{accountSID, authToken, fromNumber},
		HintField: accountSID.Name,
		Verify:    verify,
	}
}

// The fields of the credential type.
var (
	accountSID = schema.Field{
		Name: "account_sid", Kind: schema.Text, Title: "Account SID", Required: true, MaxLength: 64,
		Help:        "It begins with AC and stands on the first page of the Twilio Console.",
		Placeholder: "AC0123456789abcdef0123456789abcdef",
		Pattern:     `AC[0-9A-Za-z]+`, PatternHint: "An account SID is AC and 32 letters and digits. The SID of an API key (SK) or of a messaging service (MG) is something else.",
	}
	authToken = schema.Field{
		Name: "auth_token", Kind: schema.Secret, Title: "Auth token", Required: true, MaxLength: 256,
		Help:    "The auth token of the same account, beside its SID in the Twilio Console.",
		Pattern: `[!-~]+`, PatternHint: "An auth token has no spaces and no line breaks. Copy it again.",
	}
	fromNumber = schema.Field{
		Name: "from_number", Kind: schema.Text, Title: "From number", Required: true, MaxLength: 64,
		Help:        "Who messages come from where a step does not say: a number of the account such as +15017122661, a messaging service (MG...), or for SMS a short code or a sender name.",
		Placeholder: "+15017122661",
		Pattern:     SenderPattern, PatternHint: senderHint,
	}
)

// Forms of the two ends of a message, as regular expressions for a whole text.
const (
	// NumberPattern is a phone number as E.164 writes it
	// (https://www.twilio.com/docs/glossary/what-e164).
	NumberPattern = `\+[1-9][0-9]{1,14}`
	// ServicePattern is the SID of a messaging service, which chooses the sender.
	ServicePattern = `MG[0-9a-fA-F]{32}`
	// SenderPattern is whatever an SMS may come from: also a short code, or a name
	// with at least one letter in it.
	SenderPattern = NumberPattern + `|` + ServicePattern + `|[0-9]{5,6}|[0-9 &_-]{0,10}[A-Za-z][0-9A-Za-z &_-]{0,10}`

	// NumberHint says how a phone number is written.
	NumberHint = "Write the number with + and country code, without spaces and without a leading 0, such as +4915112345678."
	senderHint = "Write a number with + and country code and without spaces (+15017122661), a short code, a sender name of at most 11 letters and digits, or the SID of a messaging service (MG...)."
)

// service is Twilio's API of 2010, which is its current one for messages.
var service = rest.Service{
	Title: "Twilio", Base: Base,
	Authorize: rest.Basic(accountSID, authToken),
	Explain:   explain,
	Refused:   func(r rest.Response) bool { return read(r).failed() },
}
