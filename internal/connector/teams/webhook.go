package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// service posts to the address of the credential. That address is the whole
// secret: there is nothing to authorize with.
var service = rest.Service{Title: "Teams", Explain: explain}

// hosts gives the host of the webhook, the only one that may be called.
func hosts(c connector.Credential) []string {
	u, err := url.Parse(c.Data.Text(address))
	if err != nil || u.Host == "" {
		return nil
	}
	return []string{u.Host}
}

// envelope is what the flow's trigger expects: a message with cards attached.
type envelope struct {
	Type        string       `json:"type"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string  `json:"contentType"`
	ContentURL  *string `json:"contentUrl"` // always null: the card is in the message
	Content     any     `json:"content"`
}

// largest is what Teams takes of a message, in bytes. The webhook takes more and
// answers at once; the flow fails later, when no step is there any more to be told.
//
// Source: https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions
const largest = 28 << 10

// post hands a card to the flow. That it was taken does not mean that it was posted.
func post(ctx context.Context, call *connector.Call, card any) error {
	target := call.Credential.Data.Text(address)
	if err := hide(call, target); err != nil {
		return err
	}
	m, err := encode(envelope{Type: "message", Attachments: []attachment{{ContentType: "application/vnd.microsoft.card.adaptive", Content: card}}})
	if err != nil {
		return err
	}
	_, err = service.Do(ctx, call, rest.Request{Method: http.MethodPost, URL: target, Body: m, ContentType: "application/json"})
	return err
}

// encode writes a message once, to see how large it is.
func encode(m envelope) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a < counts as one byte
	if err := enc.Encode(m); err != nil {
		return nil, fault.New(fault.InvalidInput, "The card cannot be written as JSON.").Because(err)
	}
	if kilobytes := (b.Len() + 1023) >> 10; b.Len() > largest {
		return nil, fault.New(fault.InvalidInput, "The message has %d KB; Teams takes at most %d.", kilobytes, largest>>10).
			WithHint("Shorten it, or link to what is long.")
	}
	return b.Bytes(), nil
}

// hide keeps the parts of the address that travel, and that an answer may repeat,
// out of what is shown.
func hide(call *connector.Call, target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return fault.New(fault.InvalidInput, "The webhook's address in the credential cannot be read.").WithHint("%s", address.PatternHint)
	}
	call.Hide(u.RequestURI())
	call.Hide(u.EscapedPath())
	call.Hide(u.RawQuery)
	call.Hide(u.Query().Get("sig"))
	return nil
}
