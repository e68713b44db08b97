package anthropic

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/prompt"
	"switchboard/internal/schema"
)

var temperature = schema.Field{
	Name: "temperature", Kind: schema.Number, Title: "Temperature", Min: schema.Limit(0), Max: schema.Limit(1), Advanced: true,
	Help: "0 answers alike each time, higher values vary more. Empty means the model's own; some models take none.",
}

// Source: https://platform.claude.com/docs/en/api/messages/create
var complete = connector.Action{
	Name:    "complete",
	Title:   "Complete",
	Summary: "Have a model answer a prompt, as text or in the form of a JSON Schema.",
	Input:   schema.Fields{model, prompt.System, prompt.Prompt, maxTokens, temperature, prompt.JSONSchema},
	Output:  schema.Fields{prompt.Text, prompt.JSON, prompt.Usage, prompt.Model},
	// It changes nothing at Anthropic. A repeated call is paid for again, within max_tokens.
	Repeatable: func(schema.Input) bool { return true },
	Run:        runComplete,
	Examples: []connector.Example{{
		Title:  "Sum up a message",
		Config: map[string]any{"model": "claude-haiku-4-5", "system": "Sum up in one sentence.", "prompt": "My parcel A-100 has not arrived for two weeks!", "max_tokens": 500},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/v1/messages", Header: map[string]string{"Anthropic-Version": "2023-06-01"},
			Body: `{"model": "claude-haiku-4-5", "max_tokens": 500, "system": "Sum up in one sentence.", "messages": [{"role": "user", "content": "My parcel A-100 has not arrived for two weeks!"}]}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"id": "msg_013Zva2CMHLNnXjNJJKqJ2EF", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001", "content": [{"type": "text", "text": "Parcel A-100 is two weeks late."}],
				"stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 36, "output_tokens": 12}}`,
		},
		Output: map[string]any{
			"text": "Parcel A-100 is two weeks late.", "model": "claude-haiku-4-5-20251001",
			"usage": map[string]any{"input_tokens": 36, "output_tokens": 12, "total_tokens": 48},
		},
	}, {
		Title: "Take an order's number out of a message",
		Config: map[string]any{
			"model": "claude-haiku-4-5", "prompt": "My parcel A-100 has not arrived!", "temperature": 0,
			"json_schema": map[string]any{
				"type": "object", "properties": map[string]any{"order": map[string]any{"type": "string"}}, "required": []any{"order"}, "additionalProperties": false,
			},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/v1/messages",
			Body: `{"model": "claude-haiku-4-5", "max_tokens": 2048, "temperature": 0, "messages": [{"role": "user", "content": "My parcel A-100 has not arrived!"}],
				"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"], "additionalProperties": false}}}}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"id": "msg_013Zva2CMHLNnXjNJJKqJ2EG", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001", "content": [{"type": "text", "text": "{\"order\":\"A-100\"}"}],
				"stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 60, "output_tokens": 8}}`,
		},
		Output: map[string]any{
			"text": `{"order":"A-100"}`, "json": map[string]any{"order": "A-100"}, "model": "claude-haiku-4-5-20251001",
			"usage": map[string]any{"input_tokens": 60, "output_tokens": 8, "total_tokens": 68},
		},
	}},
}

func runComplete(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	q := question{Model: in.Text(model), MaxTokens: in.Int(maxTokens), System: in.Text(prompt.System), Messages: says(in.Text(prompt.Prompt))}
	if in.Has(temperature) {
		t := in.Float(temperature)
		q.Temperature = &t
	}
	if in.Has(prompt.JSONSchema) {
		q.OutputConfig = structured(in.Map(prompt.JSONSchema))
	}
	said, m, err := ask(ctx, call, q)
	if err != nil {
		return nil, err
	}
	output := connector.Output{"text": said, "usage": m.usage(), "model": m.Model}
	if in.Has(prompt.JSONSchema) {
		var value any
		if prompt.Decode(said, &value) == nil {
			output["json"] = value
		}
	}
	return output, nil
}
