package sendgrid

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"switchboard/internal/connector/rest"
)

// refusal is how SendGrid refuses.
type refusal struct {
	Errors []struct {
		Message string `json:"message"`
		Field   string `json:"field"`
	} `json:"errors"`
}

// explain says what a refusal means, in SendGrid's words and ours.
//
// Sources: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors and
// https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
func explain(r rest.Response) rest.Problem {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || len(said.Errors) == 0 {
		return rest.CommonProblem(r)
	}
	parts := make([]string, 0, len(said.Errors))
	for _, e := range said.Errors {
		part := e.Message
		if e.Field != "" {
			part = fmt.Sprintf("%s (%s)", e.Message, e.Field)
		}
		parts = append(parts, part)
	}
	p := rest.Problem{Message: strings.Join(parts, "; ")}
	p.Hint = hint(r.Status, strings.ToLower(p.Message))
	return p
}

// hint says what to do about a refusal; "" for the usual hint of its code. SendGrid
// has no codes, so some of its sentences are looked for.
func hint(status int, message string) string {
	switch {
	case status == http.StatusUnauthorized && strings.Contains(message, "credits"):
		return "The account has sent as many messages as its plan allows. Wait for the next period or change the plan."
	case status == http.StatusUnauthorized:
		return "Make a new API key in SendGrid under Settings, API Keys, and enter it in the credential. The key of an EU regional subuser also needs the region eu."
	case status == http.StatusForbidden && strings.Contains(message, "sender identity"):
		return "Verify the sender's address, or authenticate its domain, in SendGrid under Settings, Sender Authentication."
	case status == http.StatusForbidden:
		return "Give the key the permission Mail Send in SendGrid under Settings, API Keys, and check that the account is not suspended."
	case status == http.StatusRequestEntityTooLarge:
		return "Shorten the message: SendGrid takes at most 30 MB."
	default:
		return ""
	}
}
