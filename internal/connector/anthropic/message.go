package anthropic

import (
	"context"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// question is what the Messages API is asked.
type question struct {
	Model        string        `json:"model"`
	MaxTokens    int           `json:"max_tokens"`
	System       string        `json:"system,omitempty"`
	Messages     []turn        `json:"messages"`
	Temperature  *float64      `json:"temperature,omitempty"`
	OutputConfig *outputConfig `json:"output_config,omitempty"`
}

type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// outputConfig says which form the answer has to have.
type outputConfig struct {
	Format format `json:"format"`
}

type format struct {
	Type   string         `json:"type"`
	Schema map[string]any `json:"schema"`
}

// says is a conversation of one message.
func says(text string) []turn { return []turn{{Role: "user", Content: text}} }

// structured asks for an answer that fits a JSON Schema.
func structured(schema map[string]any) *outputConfig {
	return &outputConfig{Format: format{Type: "json_schema", Schema: schema}}
}

// message is what the Messages API answers. Besides text the content may hold
// blocks such as thinking, which are not for the user.
type message struct {
	Model      string `json:"model"`
	StopReason string `json:"stop_reason"`
	Content    []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"content"`
	Usage struct {
		Input  int `json:"input_tokens"`
		Output int `json:"output_tokens"`
	} `json:"usage"`
}

func (m message) usage() map[string]any {
	return map[string]any{"input_tokens": m.Usage.Input, "output_tokens": m.Usage.Output, "total_tokens": m.Usage.Input + m.Usage.Output}
}

// ask sends a question and gives the text of its answer. An answer that is not
// whole is a fault: half a text would be taken for all of it by the steps that follow.
func ask(ctx context.Context, call *connector.Call, q question) (string, message, error) {
	var m message
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/v1/messages", JSON: q}, &m); err != nil {
		return "", m, err
	}
	var said strings.Builder
	for _, block := range m.Content {
		if block.Type == "text" {
			said.WriteString(block.Text)
		}
	}
	if err := m.checkWhole(call, q.MaxTokens, said.String()); err != nil {
		return "", m, err
	}
	if said.Len() == 0 {
		f := fault.New(fault.BadResponse, "Anthropic answered without a text.")
		f.Unsettled = true
		return "", m, f
	}
	return said.String(), m, nil
}

// checkWhole says why an answer ends before its end.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
func (m message) checkWhole(call *connector.Call, limit int, said string) error {
	switch m.StopReason {
	case "", "end_turn", "stop_sequence":
		return nil
	case "max_tokens":
		return fault.New(fault.InvalidInput, "The answer was cut off after %d tokens, the limit of this step.", limit).
			WithHint("Raise max_tokens, or ask for a shorter answer.").At("/max_tokens", "It is too small for the answer.")
	case "model_context_window_exceeded":
		return fault.New(fault.InvalidInput, "The answer was cut off: prompt and answer together are too long for the model.").
			WithHint("Shorten the prompt, or take a model with a larger context.").At("/model", "Its context is too small.")
	case "refusal":
		words := "The model refused to answer."
		if quoted := rest.Words(call, said); quoted != "" {
			words = "The model refused to answer: " + quoted
		}
		return fault.New(fault.InvalidInput, "%s", words).WithHint("Word the prompt differently. Asking again the same way seldom helps.")
	default:
		return fault.New(fault.BadResponse, "Anthropic did not finish the answer; it stopped with %q.", m.StopReason)
	}
}
