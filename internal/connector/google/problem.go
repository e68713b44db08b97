package google

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is how Google's APIs say no, in their new form and in the old one.
// Source: https://google.aip.dev/193
type refusal struct {
	Error struct {
		Message string `json:"message"`
		Status  string `json:"status"`
		Errors  []struct {
			Reason string `json:"reason"`
		} `json:"errors"`
		Details []struct {
			Reason     string `json:"reason"`
			RetryDelay string `json:"retryDelay"` // of a RetryInfo, such as 12.5s
		} `json:"details"`
	} `json:"error"`
}

// Explain reads a refusal.
func Explain(r rest.Response) rest.Problem {
	var said refusal
	p := rest.CommonProblem(r)
	if json.Unmarshal(r.Body, &said) == nil && said.Error.Message != "" { // another error is an object of another form, or a text
		p = rest.Problem{Message: said.Error.Message}
	}
	p.RetryAfter = said.delay()
	is := func(reasons ...string) bool {
		return slices.ContainsFunc(reasons, said.has)
	}
	switch {
	case is("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "RATE_LIMIT_EXCEEDED"):
		p.Code = fault.RateLimited
		p.Hint = "Google limits how much an account and a project may do. Run fewer executions at once, or ask for a higher quota in the Google Cloud console."
	case is("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"):
		p.Hint = "The credential was not granted what this needs. Reconnect it from this connector's card: Google then asks for the missing permission, and keeps the others."
	case is("SERVICE_DISABLED", "accessNotConfigured"):
		p.Hint = "Turn this API on in the Google Cloud console, in the project of the OAuth client, and wait a few minutes."
	case is("domainPolicy", "ACCOUNT_STATE_INVALID"):
		p.Hint = "An administrator of the Google Workspace has switched this service off, or does not allow the app."
	case r.Status == 401:
		p.Hint = "Reconnect the credential: access was revoked or has expired."
	}
	return p
}

// delay is how long Google asks to wait, where it does.
func (r refusal) delay() time.Duration {
	for _, d := range r.Error.Details {
		if wait, err := time.ParseDuration(d.RetryDelay); err == nil {
			return min(max(wait, 0), 24*time.Hour)
		}
	}
	return 0
}

func (r refusal) has(reason string) bool {
	for _, e := range r.Error.Errors {
		if strings.EqualFold(e.Reason, reason) {
			return true
		}
	}
	for _, d := range r.Error.Details {
		if strings.EqualFold(d.Reason, reason) {
			return true
		}
	}
	return false
}
