package hubspot

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
)

// refusal is how HubSpot says no.
// Source: https://developers.hubspot.com/docs/api-reference/error-handling
type refusal struct {
	Status     string `json:"status"`
	Message    string `json:"message"`
	Category   string `json:"category"`
	PolicyName string `json:"policyName"` // of the rate limit that was hit
	Errors     []struct {
		Message string `json:"message"`
		Context struct {
			RequiredScopes         []string `json:"requiredScopes"`
			RequiredGranularScopes []string `json:"requiredGranularScopes"`
		} `json:"context"`
	} `json:"errors"`
}

// explain reads HubSpot's words, and what to do about the refusals that it tells apart.
func explain(r rest.Response) rest.Problem {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || said.Message == "" {
		return rest.CommonProblem(r)
	}
	p := rest.Problem{Message: said.words()}
	switch {
	case r.Status == http.StatusForbidden && said.Category == "MISSING_SCOPES":
		p.Hint = "Give the private app or service key the scopes that it lacks" + said.scopes() + ", in HubSpot under Development."
	case r.Status == http.StatusConflict:
		p.Hint = "The address belongs to a contact already."
		if _, id, ok := strings.Cut(said.Message, "Existing ID: "); ok {
			p.Hint = "The address belongs to a contact already. Change that one with update_contact and the id " + strings.TrimSpace(id) + ", or look with find_contact before you create."
		}
	case strings.Contains(said.Message, "PROPERTY_DOESNT_EXIST"):
		p.Hint = "Properties go by their internal name, such as annualrevenue. It stands in HubSpot under Settings, Properties, behind </>."
	case strings.Contains(said.Message, "INVALID_OPTION"):
		p.Hint = "Choices go by their internal value, stages and pipelines by their id. Both stand in HubSpot under Settings, Properties, and Objects, Deals, Pipelines."
	case r.Status == http.StatusTooManyRequests && strings.Contains(said.PolicyName, "DAILY"):
		p.Hint = "The account has used up its calls for today. They begin anew at midnight in the account's time zone."
	case r.Status == http.StatusTooManyRequests && r.Header.Get("Retry-After") == "":
		p.RetryAfter = interval(r.Header)
	}
	return p
}

// interval gives the length of the window in which calls are counted.
// Source: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
func interval(h http.Header) time.Duration {
	ms, err := strconv.Atoi(h.Get("X-HubSpot-RateLimit-Interval-Milliseconds"))
	if err != nil || ms < 0 {
		return 0
	}
	return min(time.Duration(ms)*time.Millisecond, time.Minute)
}

// words gives HubSpot's message. Where a property's value is wrong, it ends in
// JSON, of which only the sentences are for people.
func (f refusal) words() string {
	intro, list, ok := strings.Cut(f.Message, ": [{")
	if !ok {
		return f.Message
	}
	var wrong []struct {
		Message string `json:"message"`
	}
	if json.Unmarshal([]byte("[{"+list), &wrong) != nil {
		return f.Message
	}
	sentences := make([]string, len(wrong))
	for i, w := range wrong {
		sentences[i] = w.Message
	}
	return intro + ": " + strings.Join(sentences, "; ")
}

// scopes lists, in brackets, what the token lacks.
func (f refusal) scopes() string {
	var lacking []string
	for _, e := range f.Errors {
		lacking = append(lacking, e.Context.RequiredGranularScopes...)
		lacking = append(lacking, e.Context.RequiredScopes...)
	}
	if len(lacking) == 0 {
		return ""
	}
	return " (" + strings.Join(lacking, ", ") + ")"
}
