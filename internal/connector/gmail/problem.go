package gmail

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"
	"time"

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
		p.Code, p.RetryAfter = fault.RateLimited, cmp.Or(untilNamed(r, p.Message), p.RetryAfter)
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

var namedMoment = regexp.MustCompile(`(?i)retry after ([0-9T:.-]+Z)`)

// untilNamed gives the wait until the moment that a sentence of Gmail's names, by
// Gmail's own clock. 0 where there is none.
func untilNamed(r rest.Response, sentence string) time.Duration {
	found := namedMoment.FindStringSubmatch(sentence)
	now, err := http.ParseTime(r.Header.Get("Date"))
	if found == nil || err != nil {
		return 0
	}
	return rest.RetryAfter(http.Header{"Retry-After": {found[1]}}, now)
}
