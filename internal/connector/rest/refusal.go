package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// Problem is what a service says about a request that it refused.
type Problem struct {
	Message    string        // the service's own words; "" where it has none
	Hint       string        // what the user can do; "" for the usual one of the code
	Code       fault.Code    // "" where the status says it
	RetryAfter time.Duration // 0 where Retry-After says it, or the header that says when a limit begins anew
}

// maxWords is how much of a service's own text a message holds, in characters.
const maxWords = 500

// refusal makes the fault of an answer that says no. An answer of the service came, so
// it is settled whether it acted; a gateway that did not wait for one does not know.
// said200 is set where only the body says no.
func (s Service) refusal(call *connector.Call, r Response, said200 bool) *fault.Error {
	explain := s.Explain
	if explain == nil {
		explain = CommonProblem
	}
	p := explain(r)
	if p.Code == "" {
		p.Code = CodeOf(r.Status)
	}
	if p.Hint == "" {
		p.Hint = hints[p.Code] + moved(r)
	}
	message := strings.TrimSpace(fmt.Sprintf("%s answered %d %s", r.subject, r.Status, http.StatusText(r.Status)))
	if said200 {
		message = r.subject + " refused the request"
	}
	if words := Words(call, p.Message); words != "" {
		message += ": " + words
	} else {
		message += "."
	}
	f := fault.New(p.Code, "%s", message).WithHint("%s", Words(call, p.Hint))
	f.Unsettled = r.Status == http.StatusGatewayTimeout
	f.RetryAfter = p.RetryAfter
	if f.RetryAfter == 0 && p.Code.Means().Passing {
		f.RetryAfter = RetryAfter(r.Header, call.Now())
	}
	if f.RetryAfter == 0 && p.Code == fault.RateLimited && r.Header.Get("Retry-After") == "" {
		f.RetryAfter = r.UntilReset()
	}
	return f
}

// CodeOf gives the code that a status of a refusal stands for.
func CodeOf(status int) fault.Code {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.AuthFailed
	case http.StatusNotFound, http.StatusGone:
		return fault.ServiceNotFound
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong:
		return fault.InvalidInput
	case http.StatusConflict:
		return fault.ServiceConflict
	case http.StatusTooManyRequests:
		return fault.RateLimited
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return fault.ServiceUnavailable
	}
	if status >= 500 {
		return fault.ServiceUnavailable
	}
	return fault.UnexpectedStatus
}

// hints say what to do about a refusal for which the service's own reader has no better idea.
var hints = map[fault.Code]string{
	fault.AuthFailed:         "The credential may be mistyped, revoked or replaced, or lack a permission that this needs. The setup guide says where to make a new one.",
	fault.ServiceNotFound:    "Check the ids and names in this step, and that the credential's account can see what they name.",
	fault.InvalidInput:       "Check the fields of this step against what the service says.",
	fault.ServiceConflict:    "What this step makes or changes may exist already, or was changed by someone else at the same time.",
	fault.RateLimited:        "The account has made too many calls. The step is tried again after the wait that the service asked for.",
	fault.ServiceUnavailable: "The service has a problem of its own. The step is tried again; its status page may say more.",
}

// moved says where a redirect that was not followed leads: its host alone, since
// the rest of the address may hold more than is for everyone to read.
func moved(r Response) string {
	to, err := url.Parse(r.Header.Get("Location"))
	if r.Status/100 != 3 || err != nil || to.Host == "" {
		return ""
	}
	return "The address has moved to " + to.Scheme + "://" + to.Host + ". Use the new one."
}

// Words makes a text that came from a service fit for a message: without secrets,
// on one line, not longer than a message may be.
func Words(call *connector.Call, text string) string {
	text = call.Redact(text) // first: half a secret, or one with its lines joined, would not be found
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if n := 0; len(text) > maxWords {
		for i := range text {
			if n++; n > maxWords {
				return strings.TrimSpace(text[:i]) + " …"
			}
		}
	}
	return text
}
