package linear

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// envelope is what every answer looks like.
type envelope struct {
	Data   map[string]json.RawMessage `json:"data"`
	Errors []problem                  `json:"errors"`
}

type problem struct {
	Message    string `json:"message"`
	Extensions struct {
		Code                   string `json:"code"`
		Type                   string `json:"type"`
		UserPresentableMessage string `json:"userPresentableMessage"`
		StatusCode             int    `json:"statusCode"`
	} `json:"extensions"`
}

// refused says whether an answer with a good status says no: it has errors and
// nothing else. With data beside them, something was done.
func refused(r rest.Response) bool {
	var e envelope
	if json.Unmarshal(r.Body, &e) != nil || len(e.Errors) == 0 {
		return false
	}
	for _, value := range e.Data {
		if !bytes.Equal(value, []byte("null")) {
			return false
		}
	}
	return true
}

// kinds says what the types of errors mean, in the words of either of the members
// in which Linear names them.
// Source: https://github.com/linear/linear/blob/master/packages/sdk/src/error.ts
var kinds = map[string]fault.Code{
	"ratelimited":            fault.RateLimited,
	"authentication error":   fault.AuthFailed,
	"forbidden":              fault.AuthFailed,
	"feature not accessible": fault.AuthFailed,
	"invalid input":          fault.InvalidInput,
	"user error":             fault.InvalidInput,
	"graphql error":          fault.InvalidInput,
	"usage limit exceeded":   fault.InvalidInput,
	"internal error":         fault.ServiceUnavailable,
	"network error":          fault.ServiceUnavailable,
	"lock timeout":           fault.ServiceUnavailable,
	"bootstrap error":        fault.ServiceUnavailable,
}

// kind names the type of an error in one spelling: RATELIMITED, INTERNAL_ERROR and
// internal error are all in use.
func (p problem) kind() string {
	for _, name := range []string{p.Extensions.Type, p.Extensions.Code} {
		name = strings.ToLower(strings.ReplaceAll(name, "_", " "))
		if _, ok := kinds[name]; ok {
			return name
		}
	}
	return ""
}

func (p problem) code(status int) fault.Code {
	switch code, ok := kinds[p.kind()]; {
	case strings.HasPrefix(p.Message, "Entity not found"):
		return fault.ServiceNotFound
	case ok:
		return code
	case p.Extensions.StatusCode != 0:
		return rest.CodeOf(p.Extensions.StatusCode)
	case status/100 == 2:
		return fault.InvalidInput // an error without a type is one of the question
	default:
		return rest.CodeOf(status)
	}
}

// words gives what Linear means for people, and its other words where they add to it.
func (p problem) words() string {
	told := p.Extensions.UserPresentableMessage
	switch {
	case told == "" || told == p.Message:
		return p.Message
	case p.Message == "":
		return told
	default:
		return p.Message + ": " + told
	}
}

// explain reads Linear's words; the first error decides what they mean.
func explain(r rest.Response) rest.Problem {
	var e envelope
	if json.Unmarshal(r.Body, &e) != nil || len(e.Errors) == 0 {
		return rest.CommonProblem(r)
	}
	first := e.Errors[0]
	p := rest.Problem{Code: first.code(r.Status)}
	words := make([]string, len(e.Errors))
	for i, one := range e.Errors {
		words[i] = one.words()
	}
	p.Message = strings.Join(words, "; ")
	switch {
	case p.Code == fault.RateLimited && r.Header.Get("Retry-After") == "":
		p.RetryAfter = untilReset(r)
	case p.Code == fault.ServiceNotFound:
		p.Hint = "Check the ids in this step. What the key's owner may not see is not found either."
	case first.kind() == "usage limit exceeded":
		p.Hint = "The workspace's plan allows no more of these. Archive some, or change the plan."
	case first.kind() == "feature not accessible":
		p.Hint = "The workspace's plan does not have this."
	case p.Code == fault.AuthFailed:
		p.Hint = "Check that the key is whole and was not revoked, and that it was made with write access to the team."
	}
	return p
}

// budgets are what Linear counts, each with headers of its own.
// Source: https://linear.app/developers/rate-limiting
var budgets = []string{"Requests", "Complexity", "Endpoint-Requests"}

// untilReset gives how long it takes until the used-up budget is full again.
func untilReset(r rest.Response) time.Duration {
	for _, budget := range budgets {
		if r.Header.Get("X-RateLimit-"+budget+"-Remaining") == "0" {
			return r.Until("X-RateLimit-" + budget + "-Reset")
		}
	}
	return 0
}
