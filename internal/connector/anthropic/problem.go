package anthropic

import (
	"encoding/json"
	"net/http"
	"strings"

	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// refusal is how Anthropic refuses.
type refusal struct {
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
}

// explain says what a refusal means, in Anthropic's words and ours. Of too many
// calls Anthropic says with Retry-After how long to wait.
//
// Source: https://platform.claude.com/docs/en/api/errors
func explain(r rest.Response) rest.Problem {
	var said refusal
	if json.Unmarshal(r.Body, &said) != nil || said.Error.Message == "" {
		return rest.CommonProblem(r)
	}
	p := rest.Problem{Message: said.Error.Message, Hint: hint(said)}
	switch {
	case said.Error.Type == "overloaded_error":
		p.Code = fault.ServiceUnavailable // under 529 or 429: it is not the account that calls too much
	case r.Status == http.StatusPaymentRequired:
		p.Code = fault.AuthFailed
	}
	return p
}

// hint says what to do about a refusal; "" for the usual hint of its code. Wrong
// requests are all of one type, so parts of the sentences are looked for.
func hint(said refusal) string {
	if said.Error.Type == "invalid_request_error" {
		sentence := strings.ToLower(said.Error.Message)
		for _, known := range invalid {
			if strings.Contains(sentence, known.part) {
				return known.hint
			}
		}
	}
	return hints[said.Error.Type]
}

const payment = "Buy credit under Billing of the Claude Console, or raise what the workspace may spend. Trying again does not help before that."

// hints say what to do, by type of error.
var hints = map[string]string{
	"authentication_error": "Make a new key under API keys of the Claude Console, and enter it in the credential.",
	"billing_error":        payment,
	"not_found_error":      "Check the model's name. Old models are retired.",
	"overloaded_error":     "Anthropic is busy. The step is tried again.",
	"request_too_large":    "The prompt is too long: a request has at most 32 MB.",
}

// invalid stand in the order in which they are looked for.
var invalid = []struct{ part, hint string }{
	{"credit balance", payment},
	{"usage limits", payment},
	{"temperature", "Some models take no temperature. Leave the field empty."},
	{"prompt is too long", "Shorten the prompt, or take a model with a larger context."},
	{"schema", "Every object of the schema needs \"additionalProperties\": false, and bounds such as minimum or maxLength are not supported."},
	{"output_config", "The model may not support structured outputs. Take a newer one."},
	{"max_tokens", "Lower max_tokens to what the model can write."},
}
