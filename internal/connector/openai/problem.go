package openai

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is how OpenAI refuses, and, under status 200, says that a response failed.
type refusal struct {
	Status string `json:"status"`
	Error  *struct {
		Message string `json:"message"`
		Type    string `json:"type"`
		Code    string `json:"code"`
		Param   string `json:"param"`
	} `json:"error"`
}

func read(r rest.Response) refusal {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil {
		return refusal{}
	}
	return said
}

// failed says of a response that was accepted that the model could not make it.
func failed(r rest.Response) bool { return read(r).Status == "failed" }

// explain says what a refusal means, in OpenAI's words and ours.
//
// Source: https://platform.openai.com/docs/guides/error-codes
func explain(r rest.Response) rest.Problem {
	said := read(r)
	if said.Error == nil || said.Error.Message == "" {
		p := rest.CommonProblem(r)
		if r.Status/100 == 2 {
			p.Code = fault.ServiceUnavailable
		}
		return p
	}
	p := rest.Problem{Message: said.Error.Message, Hint: hint(said)}
	switch {
	case r.Status/100 == 2:
		p.Code = codeOf(said.Error.Code)
	case r.Status == http.StatusTooManyRequests && r.Header.Get("Retry-After") == "":
		p.RetryAfter = untilReset(r)
	}
	return p
}

// codeOf gives the code that the error of a failed response stands for.
//
// Source: https://platform.openai.com/docs/api-reference/responses/object#responses/object-error
func codeOf(code string) fault.Code {
	switch code {
	case "server_error", "vector_store_timeout", "":
		return fault.ServiceUnavailable
	case "rate_limit_exceeded":
		return fault.RateLimited
	default:
		return fault.InvalidInput
	}
}

// hint says what to do about a refusal; "" for the usual hint of its code.
func hint(said refusal) string {
	e := said.Error
	if h := hints[e.Code]; h != "" {
		return h
	}
	switch {
	case e.Param == "temperature":
		return "Models that reason take no temperature. Leave the field empty."
	case strings.HasPrefix(e.Param, "text.format"):
		return hints["invalid_json_schema"]
	default:
		return hints[e.Type]
	}
}

// hints say what to do, by code or type of error.
var hints = map[string]string{
	"insufficient_quota":      "There is no credit left, or the project's budget is used up: look under Settings, Billing and Limits of the OpenAI platform. Trying again does not help before that.",
	"invalid_api_key":         "Make a new key under API keys of the OpenAI platform, and enter it in the credential.",
	"model_not_found":         "Check the model's name, and under the project's Limits whether it may use the model.",
	"context_length_exceeded": "The prompt is too long for the model. Shorten it, or take a model with a larger context.",
	"invalid_json_schema":     "With strict on, every object of the schema needs \"additionalProperties\": false and all of its properties under required. Mend the schema, or turn strict off.",
}

// untilReset gives the wait until a limit that is used up begins anew.
//
// Source: https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
func untilReset(r rest.Response) time.Duration {
	var wait time.Duration
	for _, limit := range []string{"requests", "tokens"} {
		if r.Header.Get("X-RateLimit-Remaining-"+limit) == "0" {
			wait = max(wait, r.Until("X-RateLimit-Reset-"+limit))
		}
	}
	return wait
}
