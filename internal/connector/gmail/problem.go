package gmail

import (
	"strings"

	"switchboard/internal/connector/google"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// explain adds what only Gmail says.
// Source: https://developers.google.com/workspace/gmail/api/guides/handle-errors
func explain(r rest.Response) rest.Problem {
	p := google.Explain(r)
	said := strings.ToLower(p.Message)
	switch {
	case strings.Contains(said, "user-rate limit exceeded"), strings.Contains(said, "limit exceeded (mail sending)"):
		p.Code = fault.RateLimited
		p.Hint = "The mailbox has sent as much as Gmail lets it in a day: about 500 messages, or 2,000 with Google Workspace."
	case strings.Contains(said, "mail service not enabled"):
		p.Code = fault.AuthFailed
		p.Hint = "This Google account has no mailbox. Connect an account that has one."
	case strings.Contains(said, "invalid to header"), strings.Contains(said, "recipient address required"):
		p.Hint = "Check the addresses in To, Cc and Bcc."
	case r.Status == 404 && strings.Contains(said, "requested entity was not found"):
		p.Hint = "Check the thread: it has to be one of this very mailbox. Leave it empty to begin a new conversation."
	}
	return p
}
