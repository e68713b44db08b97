package whatsapp_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/twilio"
	"switchboard/internal/connector/whatsapp"
	"switchboard/internal/fault"
)

const template = "HX0123456789abcdef0123456789abcdef"

// setup is a step with the credential of an account that sends from the number.
func setup(fromNumber string, config map[string]any) connectortest.Setup {
	return connectortest.Setup{Action: "send_message", Config: config, Data: map[string]any{
		"account_sid": "AC0123456789abcdef0123456789abcdef", "auth_token": "canary-token", "from_number": fromNumber,
	}}
}

func TestEnds(t *testing.T) {
	tests := map[string]struct {
		fromNumber, to, from string
		want                 url.Values
	}{
		"OfTheCredential": {"+15017122661", "+4915112345678", "", url.Values{"From": {"whatsapp:+15017122661"}, "To": {"whatsapp:+4915112345678"}}},
		"OfTheStep":       {"Shop24", "+4915112345678", "+14155238886", url.Values{"From": {"whatsapp:+14155238886"}, "To": {"whatsapp:+4915112345678"}}},
		"AsAddresses":     {"+15017122661", "whatsapp:+4915112345678", "whatsapp:+14155238886", url.Values{"From": {"whatsapp:+14155238886"}, "To": {"whatsapp:+4915112345678"}}},
		"MessagingService": {"MG0123456789abcdef0123456789abcdef", "+4915112345678", "", url.Values{
			"MessagingServiceSid": {"MG0123456789abcdef0123456789abcdef"}, "To": {"whatsapp:+4915112345678"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			answer := connector.ExampleResponse{Status: 201, Body: `{"sid": "SM1", "status": "queued", "to": "whatsapp:+4915112345678"}`}
			e := setup(tt.fromNumber, map[string]any{"to": tt.to, "from": tt.from, "body": "Hello"}).Run(t, whatsapp.New(), connectortest.Answer(answer))
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			got, err := url.ParseQuery(e.Sent[0].Body)
			if err != nil {
				t.Fatal(err)
			}
			tt.want["Body"] = []string{"Hello"}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
			if e.Output["to"] != "+4915112345678" {
				t.Errorf("to = %v, want the number alone", e.Output["to"])
			}
		})
	}
}

// What is wrong is said before anything is sent.
func TestBadMessage(t *testing.T) {
	tests := map[string]struct {
		fromNumber string
		config     map[string]any
		pointer    string
		message    string
	}{
		"ErrEmpty":                   {"+15017122661", map[string]any{}, "/body", "The message is empty."},
		"ErrTextAndTemplate":         {"+15017122661", map[string]any{"body": "Hello", "content_sid": template}, "/content_sid", "A template is sent instead..."},
		"ErrMediaAndTemplate":        {"+15017122661", map[string]any{"media_url": "https://example.com/a.jpg", "content_sid": template}, "/content_sid", "A template is sent instead..."},
		"ErrVariablesAlone":          {"+15017122661", map[string]any{"body": "Hello", "content_variables": map[string]any{"1": "Ann"}}, "/content_variables", "There are variables..."},
		"ErrVariableEmpty":           {"+15017122661", map[string]any{"content_sid": template, "content_variables": map[string]any{"1": "Ann", "2": " "}}, "/content_variables/2", "The template variable 2 is empty..."},
		"ErrVariableNull":            {"+15017122661", map[string]any{"content_sid": template, "content_variables": map[string]any{"a/b": nil}}, "/content_variables/a~1b", "The template variable a/b is empty..."},
		"ErrVariableOfLines":         {"+15017122661", map[string]any{"content_sid": template, "content_variables": map[string]any{"1": "Ann\nLee"}}, "/content_variables/1", "The template variable 1 holds a line break..."},
		"ErrVariableOfSpaces":        {"+15017122661", map[string]any{"content_sid": template, "content_variables": map[string]any{"1": "Ann     Lee"}}, "/content_variables/1", "The template variable 1 holds..."},
		"ErrSenderOfCredentialIsSMS": {"Shop24", map[string]any{"body": "Hello"}, "/from", "The sender of the credential, Shop24, cannot send WhatsApp messages."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.config["to"] = "+4915112345678"
			e := setup(tt.fromNumber, tt.config).Run(t, whatsapp.New(), connectortest.NoCall(t))
			connectortest.Refusal{Code: fault.InvalidInput, Message: tt.message, Pointer: tt.pointer}.Check(t, e.Err)
		})
	}
}

// The text of a window that has closed reaches the user with what to do about it.
func TestOutsideTheWindow(t *testing.T) {
	answer := connector.ExampleResponse{Status: 400, Body: `{"code": 63016, "message": "Failed to send freeform message because you are outside the allowed window", "status": 400}`}
	e := setup("+15017122661", map[string]any{"to": "+4915112345678", "body": "Hello"}).Run(t, whatsapp.New(), connectortest.Answer(answer))
	connectortest.Refusal{Code: fault.InvalidInput, Message: "Twilio answered 400 Bad Request: Failed to send freeform message...", Hint: "content_sid"}.Check(t, e.Err)
}

// One credential serves both connectors, so both have to mean the same by its type.
func TestSameCredentialAsTwilio(t *testing.T) {
	catalog, err := connector.NewCatalog(twilio.New(), whatsapp.New())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(catalog.Accepting("twilio")); got != 2 {
		t.Errorf("%d connectors accept a Twilio account, want 2", got)
	}
}
