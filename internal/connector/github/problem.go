package github

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is how GitHub says no.
// Source: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
type refusal struct {
	Message string    `json:"message"`
	Errors  []mistake `json:"errors"`
}

// mistake is one of the things that are wrong with the input: an object, or a text.
type mistake struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Value   any    `json:"value"`
}

// UnmarshalJSON reads either form.
func (m *mistake) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &m.Message) == nil {
		return nil
	}
	type plain mistake
	return json.Unmarshal(b, (*plain)(m))
}

// codes are the codes of mistakes, as words.
// Source: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
var codes = map[string]string{
	"missing": "does not exist", "missing_field": "is missing", "invalid": "is not valid",
	"already_exists": "exists already", "unprocessable": "cannot be processed",
}

func (m mistake) String() string {
	words, ok := codes[m.Code]
	switch value, isText := m.Value.(string); {
	case m.Message != "":
		return m.Message
	case !ok:
		return strings.TrimSpace(m.Field + " " + m.Code)
	case isText && value != "":
		return m.Field + " " + strconv.Quote(value) + " " + words
	default:
		return m.Field + " " + words
	}
}

// words gives the message and what it sums up.
func (f refusal) words() string {
	if len(f.Errors) == 0 {
		return f.Message
	}
	mistakes := make([]string, len(f.Errors))
	for i, m := range f.Errors {
		mistakes[i] = m.String()
	}
	return strings.TrimSuffix(f.Message, ".") + ": " + strings.Join(mistakes, "; ")
}

// explain reads GitHub's words, and what to do about the refusals that it tells apart.
func explain(r rest.Response) rest.Problem {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || said.Message == "" {
		return rest.CommonProblem(r)
	}
	p := rest.Problem{Message: said.words()}
	switch r.Status {
	case http.StatusForbidden, http.StatusTooManyRequests:
		forbidden(r, &p)
	case http.StatusNotFound:
		p.Hint = "Check owner, repository and number. GitHub answers this way, too, where the token may not see the repository: a fine-grained token has to name it, a classic one needs the scope repo."
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		p.Hint = "The repository was renamed or has moved. Open it in a browser, and use the owner and name that its address then shows."
	case http.StatusGone:
		p.Hint = "Issues are turned off in this repository. Its settings can turn them on."
	}
	return p
}

// forbidden tells a limit from a lack of permission; GitHub may answer both with 403.
// Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
func forbidden(r rest.Response, p *rest.Problem) {
	secondary := strings.Contains(strings.ToLower(p.Message), "secondary rate limit")
	switch {
	case r.Header.Get("Retry-After") != "":
		p.Code = fault.RateLimited
	case r.Header.Get("X-Ratelimit-Remaining") == "0":
		p.Code, p.RetryAfter = fault.RateLimited, r.UntilReset()
	case secondary:
		p.Code, p.RetryAfter = fault.RateLimited, time.Minute // what GitHub asks for where it names no time
	case r.Status == http.StatusTooManyRequests:
		p.RetryAfter = time.Minute
	case r.Header.Get("X-Github-Sso") != "":
		p.Hint = "The organization asks for single sign-on. Authorize the token for it, in GitHub under Settings, Developer settings, Personal access tokens, Configure SSO."
	case r.Header.Get("X-Accepted-Github-Permissions") != "":
		p.Hint = "The token lacks a permission. This call takes one of: " + r.Header.Get("X-Accepted-Github-Permissions") + "."
	}
	if p.Code == fault.RateLimited && secondary {
		p.Hint = "GitHub slows down whoever creates content quickly. Put fewer items at once into this step."
	}
}
