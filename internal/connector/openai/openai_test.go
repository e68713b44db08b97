package openai_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/openai"
	"switchboard/internal/fault"
)

var (
	completion     = connectortest.Setup{Action: "complete", Config: map[string]any{"model": "m", "prompt": "P", "max_tokens": 100}}
	classification = connectortest.Setup{Action: "classify", Config: map[string]any{"model": "m", "text": "T", "categories": []any{"a", "b"}}}
)

// answered is a response in which the model says this.
func answered(said string) connector.ExampleResponse {
	quoted, _ := json.Marshal(said) // texts always encode
	return connector.ExampleResponse{Body: fmt.Sprintf(`{"status": "completed", "model": "m-1", "output": [{"type": "message", "content": [{"type": "output_text", "text": %s}]}], "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}`, quoted)}
}

func TestAnswersThatAreNone(t *testing.T) {
	tests := map[string]struct {
		body string
		want connectortest.Refusal
	}{
		"ErrRefusal": {
			`{"status": "completed", "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "I can't help with that."}]}]}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The model refused to answer: I can't help with that.", Hint: "differently"},
		},
		"ErrCutOff": {
			`{"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [{"type": "message", "content": [{"type": "output_text", "text": "Once upon"}]}]}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The answer was cut off after 100 tokens, the limit of this step.", Hint: "Raise max_tokens", Pointer: "/max_tokens"},
		},
		"ErrCutOffWhileReasoning": {
			`{"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [{"type": "reasoning", "summary": []}]}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The answer was cut off after 100 tokens, the limit of this step.", Hint: "reason", Pointer: "/max_tokens"},
		},
		"ErrFilter": {
			`{"status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": []}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "OpenAI's content filter stopped the answer."},
		},
		"ErrCancelled": {`{"status": "cancelled", "output": []}`, connectortest.Refusal{Code: fault.BadResponse, Message: `OpenAI did not finish the answer; it says that it is "cancelled".`}},
		"ErrNoText":    {`{"status": "completed", "output": []}`, connectortest.Refusal{Code: fault.BadResponse, Message: "OpenAI answered without a text.", Unsettled: true}},
		"ErrFailed": {
			`{"status": "failed", "error": {"code": "server_error", "message": "The model failed to generate a response."}, "output": []}`,
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "OpenAI refused the request: The model failed to generate a response."},
		},
		"ErrFailedByLimit": {
			`{"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow down."}, "output": []}`,
			connectortest.Refusal{Code: fault.RateLimited, Message: "OpenAI refused the request: Slow down."},
		},
		"ErrFailedByPrompt": {
			`{"status": "failed", "error": {"code": "invalid_prompt", "message": "Invalid prompt."}, "output": []}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "OpenAI refused the request: Invalid prompt."},
		},
		"ErrFailedWithoutWords": {
			`{"status": "failed", "output": []}`,
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "OpenAI refused the request."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, completion.Run(t, openai.New(), connectortest.Answer(connector.ExampleResponse{Body: tt.body})).Err)
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrQuota": {
			connector.ExampleResponse{Status: 429, Body: `{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "OpenAI answered 429 Too Many Requests: You exceeded your current quota.", Hint: "Billing"},
		},
		"ErrRate": {
			connector.ExampleResponse{
				Status: 429, Body: `{"error":{"message":"Rate limit reached.","type":"tokens","code":"rate_limit_exceeded"}}`,
				Header: map[string]string{"X-RateLimit-Remaining-Requests": "9", "X-RateLimit-Reset-Requests": "1h", "X-RateLimit-Remaining-Tokens": "0", "X-RateLimit-Reset-Tokens": "1m30s"},
			},
			connectortest.Refusal{Code: fault.RateLimited, Message: "OpenAI answered 429 Too Many Requests: Rate limit reached.", Wait: 90 * time.Second},
		},
		"ErrModel": {
			connector.ExampleResponse{Status: 404, Body: `{"error":{"message":"The model 'm' does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "OpenAI answered 404 Not Found: The model 'm' does not exist or you do not have access to it.", Hint: "model's name"},
		},
		"ErrTemperature": {
			connector.ExampleResponse{Status: 400, Body: `{"error":{"message":"Unsupported parameter: 'temperature'.","type":"invalid_request_error","param":"temperature","code":null}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "OpenAI answered 400 Bad Request: Unsupported parameter: 'temperature'.", Hint: "Leave the field empty"},
		},
		"ErrSchema": {
			connector.ExampleResponse{Status: 400, Body: `{"error":{"message":"Invalid schema for response_format 'answer'.","type":"invalid_request_error","param":"text.format.schema","code":"invalid_json_schema"}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "OpenAI answered 400 Bad Request: Invalid schema for response_format 'answer'.", Hint: "turn strict off"},
		},
		"ErrGateway": {
			connector.ExampleResponse{Status: 502, Body: "<html>"},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "OpenAI answered 502 Bad Gateway."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, completion.Run(t, openai.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestJSON(t *testing.T) {
	tests := map[string]struct {
		said string
		want any // nil for none
	}{
		"Object":   {`{"n": 9007199254740993}`, map[string]any{"n": json.Number("9007199254740993")}},
		"NotJSON":  {"I would rather talk.", nil},
		"Trailing": {`{"n": 1} there you are`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "complete", Config: map[string]any{"model": "m", "prompt": "P", "strict": false, "json_schema": map[string]any{"type": "object"}}}
			e := setup.Run(t, openai.New(), connectortest.Answer(answered(tt.said)))
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			if !strings.Contains(e.Sent[0].Body, `"strict":false`) || e.Output["text"] != tt.said || fmt.Sprint(e.Output["json"]) != fmt.Sprint(tt.want) {
				t.Errorf("output = %v, sent %s", e.Output, e.Sent[0].Body)
			}
		})
	}
	t.Run("NotAsked", func(t *testing.T) {
		e := completion.Run(t, openai.New(), connectortest.Answer(answered(`{"n": 1}`)))
		if _, ok := e.Output["json"]; ok || e.Err != nil {
			t.Errorf("output = %v, error = %v", e.Output, e.Err)
		}
	})
}

func TestClassify(t *testing.T) {
	none := connectortest.Refusal{Code: fault.BadResponse, Message: "The model's answer is none of the categories.", Hint: "structured outputs"}
	for name, said := range map[string]string{"ErrOther": `{"category": "c", "confidence": 1}`, "ErrCase": `{"category": "A", "confidence": 1}`, "ErrProse": "a", "ErrEmpty": "{}"} {
		t.Run(name, func(t *testing.T) {
			none.Check(t, classification.Run(t, openai.New(), connectortest.Answer(answered(said))).Err)
		})
	}
	for name, said := range map[string]string{"OKNoConfidence": `{"category": "b"}`, "OKNonsenseConfidence": `{"category": "b", "confidence": 95}`} {
		t.Run(name, func(t *testing.T) {
			e := classification.Run(t, openai.New(), connectortest.Answer(answered(said)))
			if _, ok := e.Output["confidence"]; ok || e.Err != nil || e.Output["category"] != "b" {
				t.Errorf("output = %v, error = %v", e.Output, e.Err)
			}
		})
	}
	t.Run("ErrTwice", func(t *testing.T) {
		setup := connectortest.Setup{Action: "classify", Config: map[string]any{"model": "m", "text": "T", "categories": []any{"a", "b", "a"}}}
		want := connectortest.Refusal{Code: fault.InvalidInput, Message: `The category "a" is there twice.`, Pointer: "/categories"}
		want.Check(t, setup.Run(t, openai.New(), connectortest.NoCall(t)).Err)
	})
}

func TestVerify(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		e := connectortest.Setup{}.Run(t, openai.New(), connectortest.Answer(connector.ExampleResponse{Header: map[string]string{"OpenAI-Organization": "acme"}, Body: `{"data": [{"id": "a"}, {"id": "b"}]}`}))
		if e.Err != nil || e.Identity.Name != "OpenAI: acme" || e.Identity.Detail["models"] != 2 {
			t.Errorf("identity = %+v, error = %v", e.Identity, e.Err)
		}
	})
	t.Run("ErrMayNotList", func(t *testing.T) {
		e := connectortest.Setup{}.Run(t, openai.New(), connectortest.Answer(connector.ExampleResponse{Status: 403, Body: `{"error":{"message":"You have insufficient permissions for this operation."}}`}))
		connectortest.Refusal{Code: fault.AuthFailed, Message: "OpenAI answered 403 Forbidden: You have insufficient permissions for this operation.", Hint: "Models: Read"}.Check(t, e.Err)
	})
}
