package openai

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/prompt"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	temperature = schema.Field{
		Name: "temperature", Kind: schema.Number, Title: "Temperature", Min: schema.Limit(0), Max: schema.Limit(2), Advanced: true,
		Help: "0 answers alike each time, higher values vary more. Empty means the model's own; models that reason take none.",
	}
	strict = schema.Field{
		Name: "strict", Kind: schema.Boolean, Title: "Strict", Advanced: true, Default: true,
		Help: "Whether the answer is held to the schema in every detail. Turn it off for schemas with optional properties.",
	}
)

// Source: https://platform.openai.com/docs/api-reference/responses/create
var complete = connector.Action{
	Name:    "complete",
	Title:   "Complete",
	Summary: "Have a model answer a prompt, as text or in the form of a JSON Schema.",
	Input:   schema.Fields{model, prompt.System, prompt.Prompt, maxTokens, temperature, prompt.JSONSchema, strict},
	Output:  schema.Fields{prompt.Text, prompt.JSON, prompt.Usage, prompt.Model},
	// It changes nothing at OpenAI. A repeated call is paid for again, within max_tokens.
	Repeatable: func(schema.Input) bool { return true },
	Run:        runComplete,
	Examples: []connector.Example{{
		Title:  "Sum up a message",
		Config: map[string]any{"model": "gpt-5-mini", "system": "Sum up in one sentence.", "prompt": "My parcel A-100 has not arrived for two weeks!", "max_tokens": 500},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/v1/responses",
			Body: `{"model": "gpt-5-mini", "instructions": "Sum up in one sentence.", "input": "My parcel A-100 has not arrived for two weeks!", "max_output_tokens": 500, "store": false}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"id": "resp_67ccd2bed1ec8190", "object": "response", "created_at": 1767323045, "status": "completed", "error": null, "incomplete_details": null, "model": "gpt-5-mini-2025-08-07",
				"output": [{"type": "reasoning", "id": "rs_1", "summary": []}, {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "Parcel A-100 is two weeks late.", "annotations": [], "logprobs": []}]}],
				"usage": {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 12, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 48}}`,
		},
		Output: map[string]any{
			"text": "Parcel A-100 is two weeks late.", "model": "gpt-5-mini-2025-08-07",
			"usage": map[string]any{"input_tokens": 36, "output_tokens": 12, "total_tokens": 48},
		},
	}, {
		Title: "Take an order's number out of a message",
		Config: map[string]any{
			"model": "gpt-4.1-mini", "prompt": "My parcel A-100 has not arrived!", "temperature": 0,
			"json_schema": map[string]any{
				"type": "object", "properties": map[string]any{"order": map[string]any{"type": "string"}}, "required": []any{"order"}, "additionalProperties": false,
			},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost, Path: "/v1/responses",
			Body: `{"model": "gpt-4.1-mini", "input": "My parcel A-100 has not arrived!", "max_output_tokens": 2048, "temperature": 0, "store": false,
				"text": {"format": {"type": "json_schema", "name": "answer", "strict": true, "schema": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"], "additionalProperties": false}}}}`,
		},
		Response: connector.ExampleResponse{
			Body: `{"id": "resp_67ccd2bed1ec8191", "object": "response", "created_at": 1767323045, "status": "completed", "error": null, "incomplete_details": null, "model": "gpt-4.1-mini-2025-04-14",
				"output": [{"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "{\"order\":\"A-100\"}", "annotations": [], "logprobs": []}]}],
				"usage": {"input_tokens": 60, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 8, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 68}}`,
		},
		Output: map[string]any{
			"text": `{"order":"A-100"}`, "json": map[string]any{"order": "A-100"}, "model": "gpt-4.1-mini-2025-04-14",
			"usage": map[string]any{"input_tokens": 60, "output_tokens": 8, "total_tokens": 68},
		},
	}},
}

func runComplete(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	q := question{Model: in.Text(model), Instructions: in.Text(prompt.System), Input: in.Text(prompt.Prompt), MaxOutputTokens: in.Int(maxTokens)}
	if in.Has(temperature) {
		t := in.Float(temperature)
		q.Temperature = &t
	}
	if in.Has(prompt.JSONSchema) {
		q.Text = structured(in.Map(prompt.JSONSchema), in.Bool(strict))
	}
	said, r, err := ask(ctx, call, q)
	if err != nil {
		return nil, err
	}
	output := connector.Output{"text": said, "usage": r.usage(), "model": r.Model}
	if in.Has(prompt.JSONSchema) {
		var value any
		if prompt.Decode(said, &value) == nil {
			output["json"] = value
		}
	}
	return output, nil
}
