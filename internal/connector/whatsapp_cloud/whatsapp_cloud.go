// Package whatsappcloud is the connector for WhatsApp over Meta's own Cloud API.
//
// The client is three typed calls over rest. Meta takes no idempotency key. Its
// error codes say more than the HTTP status that comes with them, as its own
// documentation warns; what they mean stands in one table, in problem.go.
//
// Source: https://developers.facebook.com/documentation/business-messaging/whatsapp
package whatsappcloud

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

// version of the Graph API. Meta keeps each for about two years.
const version = "v25.0"

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:       "whatsapp_cloud",
		Title:      "WhatsApp Cloud API",
		Category:   connector.Messaging,
		Summary:    "Send WhatsApp messages and templates over Meta's own API.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "whatsapp_cloud",
			Title:     "WhatsApp Cloud API number",
			Summary:   "Access token and phone number ID of a WhatsApp Business number.",
			Fields:    schema.Fields{accessToken, phoneNumberID},
			HintField: phoneNumberID.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{sendText, sendTemplate},
	}
}

// The fields of the credential type.
var (
	accessToken = schema.Field{
		Name: "access_token", Kind: schema.Secret, Title: "Access token", Required: true, MaxLength: 2048,
		Help:    "The permanent token of a system user with whatsapp_business_messaging and whatsapp_business_management. The token on the page API Setup ends after a day.",
		Pattern: `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it without the word Bearer before it.",
	}
	phoneNumberID = schema.Field{
		Name: "phone_number_id", Kind: schema.Text, Title: "Phone number ID", Required: true, MaxLength: 32,
		Help:        "The ID of the sending number, on the page API Setup of the app. It is not the phone number, and not the ID of the business account.",
		Placeholder: "106540352242922",
		Pattern:     `[0-9]+`, PatternHint: "The ID has digits only, such as 106540352242922. It is not the phone number itself.",
	}
)

var service = rest.Service{
	Title: "WhatsApp", Base: "https://graph.facebook.com",
	Authorize: rest.Bearer(accessToken),
	Explain:   explain,
}
