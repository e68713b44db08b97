package twilio

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// version is the first part of every path.
const version = "2010-04-01"

// Message is one message to one recipient. Its content is Body and MediaURLs, or
// the template that ContentSID names with what its variables stand for.
type Message struct {
	To               string
	From             string // a number, an address, a sender name or a messaging service
	Body             string
	MediaURLs        []string
	ContentSID       string
	ContentVariables map[string]string
}

// Sent is what Twilio says of a message that it took. Status is that of the
// moment, mostly queued: whether the message arrives is known only later.
type Sent struct {
	SID    string `json:"sid"`
	Status string `json:"status"`
	To     string `json:"to"`
}

// Sender gives who messages of the call's credential come from by default.
func Sender(call *connector.Call) string { return call.Credential.Data.Text(fromNumber) }

// Send hands a message to Twilio. Errors are faults; one that is unsettled may
// have been sent.
func Send(ctx context.Context, call *connector.Call, m Message) (Sent, error) {
	form, err := m.form()
	if err != nil {
		return Sent{}, err
	}
	var sent Sent
	account := call.Credential.Data.Text(accountSID)
	if _, err := service.JSON(ctx, call, rest.Request{Path: rest.Path(version, "Accounts", account, "Messages.json"), Form: form}, &sent); err != nil {
		return Sent{}, err
	}
	if sent.SID == "" {
		f := fault.New(fault.BadResponse, "Twilio took the message, but did not say under which SID.").
			WithHint("Something else than Twilio may have answered: a proxy, or a test server.")
		f.Unsettled = true
		return Sent{}, f
	}
	return sent, nil
}

// form writes the message as the fields of a form. Several media are several
// fields of one name.
func (m Message) form() (url.Values, error) {
	form := url.Values{"To": {m.To}}
	if isService(m.From) {
		form.Set("MessagingServiceSid", m.From)
	} else {
		form.Set("From", m.From)
	}
	if m.Body != "" {
		form.Set("Body", m.Body)
	}
	for _, u := range m.MediaURLs {
		form.Add("MediaUrl", u)
	}
	if m.ContentSID != "" {
		form.Set("ContentSid", m.ContentSID)
	}
	if len(m.ContentVariables) > 0 {
		variables, err := json.Marshal(m.ContentVariables)
		if err != nil {
			return nil, fault.New(fault.InvalidInput, "The variables of the template cannot be written as JSON.").Because(err)
		}
		form.Set("ContentVariables", string(variables))
	}
	return form, nil
}

// isService tells the SID of a messaging service from a sender.
func isService(from string) bool {
	const length = 34
	return len(from) == length && strings.HasPrefix(from, "MG")
}
