package openai

import (
	"context"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// question is what the Responses API is asked.
type question struct {
	Model           string   `json:"model"`
	Instructions    string   `json:"instructions,omitempty"`
	Input           string   `json:"input"`
	MaxOutputTokens int      `json:"max_output_tokens"`
	Temperature     *float64 `json:"temperature,omitempty"`
	Text            *text    `json:"text,omitempty"`
	Store           bool     `json:"store"` // OpenAI's own default is true
}

// text says which form the answer has to have.
type text struct {
	Format format `json:"format"`
}

type format struct {
	Type   string         `json:"type"`
	Name   string         `json:"name"`
	Schema map[string]any `json:"schema"`
	Strict bool           `json:"strict"`
}

// structured asks for an answer that fits a JSON Schema.
func structured(schema map[string]any, strict bool) *text {
	return &text{Format: format{Type: "json_schema", Name: "answer", Schema: schema, Strict: strict}}
}

// response is what the Responses API answers. Besides messages the output may hold
// items such as reasoning, which are not for the user.
type response struct {
	Model             string `json:"model"`
	Status            string `json:"status"`
	IncompleteDetails struct {
		Reason string `json:"reason"`
	} `json:"incomplete_details"`
	Output []struct {
		Type    string `json:"type"`
		Content []part `json:"content"`
	} `json:"output"`
	Usage struct {
		Input  int `json:"input_tokens"`
		Output int `json:"output_tokens"`
		Total  int `json:"total_tokens"`
	} `json:"usage"`
}

type part struct {
	Type    string `json:"type"` // output_text or refusal
	Text    string `json:"text"`
	Refusal string `json:"refusal"`
}

func (r response) usage() map[string]any {
	return map[string]any{"input_tokens": r.Usage.Input, "output_tokens": r.Usage.Output, "total_tokens": r.Usage.Total}
}

// ask sends a question and gives the text of its answer. An answer that is not
// whole is a fault: half a text would be taken for all of it by the steps that follow.
func ask(ctx context.Context, call *connector.Call, q question) (string, response, error) {
	var r response
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/v1/responses", JSON: q}, &r); err != nil {
		return "", r, err
	}
	said, refused := r.words()
	if refused != "" {
		return "", r, fault.New(fault.InvalidInput, "The model refused to answer: %s", rest.Words(call, refused)).
			WithHint("Word the prompt differently. Asking again the same way seldom helps.")
	}
	if err := r.checkWhole(q.MaxOutputTokens); err != nil {
		return "", r, err
	}
	if said == "" {
		f := fault.New(fault.BadResponse, "OpenAI answered without a text.")
		f.Unsettled = true
		return "", r, f
	}
	return said, r, nil
}

// words puts together what the model said, or with what it refused.
func (r response) words() (said, refused string) {
	var b strings.Builder
	for _, item := range r.Output {
		if item.Type != "message" {
			continue
		}
		for _, p := range item.Content {
			if p.Type == "refusal" {
				return "", p.Refusal
			}
			b.WriteString(p.Text)
		}
	}
	return b.String(), ""
}

// checkWhole says why an answer ends before its end.
func (r response) checkWhole(limit int) error {
	switch {
	case r.Status == "" || r.Status == "completed":
		return nil
	case r.IncompleteDetails.Reason == "max_output_tokens":
		return fault.New(fault.InvalidInput, "The answer was cut off after %d tokens, the limit of this step.", limit).
			WithHint("Raise max_tokens, or ask for a shorter answer. Models that reason spend tokens on that, too.").
			At("/max_tokens", "It is too small for the answer.")
	case r.IncompleteDetails.Reason == "content_filter":
		return fault.New(fault.InvalidInput, "OpenAI's content filter stopped the answer.").
			WithHint("Word the prompt differently. Asking again the same way seldom helps.")
	default:
		return fault.New(fault.BadResponse, "OpenAI did not finish the answer; it says that it is %q.", r.Status)
	}
}
