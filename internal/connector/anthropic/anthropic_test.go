package anthropic_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/anthropic"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/fault"
)

var (
	completion     = connectortest.Setup{Action: "complete", Config: map[string]any{"model": "m", "prompt": "P", "max_tokens": 100}}
	classification = connectortest.Setup{Action: "classify", Config: map[string]any{"model": "m", "text": "T", "categories": []any{"a", "b"}}}
)

// answered is a message in which the model says this.
func answered(said string) connector.ExampleResponse {
	quoted, _ := json.Marshal(said) // texts always encode
	return connector.ExampleResponse{Body: fmt.Sprintf(`{"stop_reason": "end_turn", "model": "m-1", "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": %s}], "usage": {"input_tokens": 1, "output_tokens": 2}}`, quoted)}
}

func TestAnswersThatAreNone(t *testing.T) {
	tests := map[string]struct {
		body string
		want connectortest.Refusal
	}{
		"ErrRefusal": {
			`{"stop_reason": "refusal", "content": []}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The model refused to answer.", Hint: "differently"},
		},
		"ErrRefusalInWords": {
			`{"stop_reason": "refusal", "content": [{"type": "text", "text": "I can't help with that."}]}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The model refused to answer: I can't help with that.", Hint: "differently"},
		},
		"ErrCutOff": {
			`{"stop_reason": "max_tokens", "content": [{"type": "text", "text": "Once upon"}]}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The answer was cut off after 100 tokens, the limit of this step.", Hint: "Raise max_tokens", Pointer: "/max_tokens"},
		},
		"ErrContext": {
			`{"stop_reason": "model_context_window_exceeded", "content": [{"type": "text", "text": "Once upon"}]}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The answer was cut off: prompt and answer together are too long for the model.", Hint: "larger context", Pointer: "/model"},
		},
		"ErrPaused": {`{"stop_reason": "pause_turn", "content": []}`, connectortest.Refusal{Code: fault.BadResponse, Message: `Anthropic did not finish the answer; it stopped with "pause_turn".`}},
		"ErrNoText": {`{"stop_reason": "end_turn", "content": []}`, connectortest.Refusal{Code: fault.BadResponse, Message: "Anthropic answered without a text.", Unsettled: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, completion.Run(t, anthropic.New(), connectortest.Answer(connector.ExampleResponse{Body: tt.body})).Err)
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   connectortest.Refusal
	}{
		"ErrCredit": {
			400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Anthropic answered 400 Bad Request: Your credit balance is too low to access the Anthropic API.", Hint: "Buy credit"},
		},
		"ErrBilling": {
			402, `{"type":"error","error":{"type":"billing_error","message":"Payment is overdue."}}`,
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Anthropic answered 402 Payment Required: Payment is overdue.", Hint: "Buy credit"},
		},
		"ErrOverloaded": {
			529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`,
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Anthropic answered 529: Overloaded", Hint: "tried again"},
		},
		"ErrOverloadedUnder429": {
			429, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`,
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Anthropic answered 429 Too Many Requests: Overloaded", Hint: "tried again"},
		},
		"ErrModel": {
			404, `{"type":"error","error":{"type":"not_found_error","message":"model: m"},"request_id":"req_1"}`,
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Anthropic answered 404 Not Found: model: m", Hint: "retired"},
		},
		"ErrSchema": {
			400, `{"type":"error","error":{"type":"invalid_request_error","message":"output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"}}`,
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Anthropic answered 400 Bad Request: output_config.format.schema: For 'object' type...", Hint: "additionalProperties"},
		},
		"ErrGateway": {502, "<html>", connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Anthropic answered 502 Bad Gateway."}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, completion.Run(t, anthropic.New(), connectortest.Answer(connector.ExampleResponse{Status: tt.status, Body: tt.body})).Err)
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
			setup := connectortest.Setup{Action: "complete", Config: map[string]any{"model": "m", "prompt": "P", "json_schema": map[string]any{"type": "object"}}}
			e := setup.Run(t, anthropic.New(), connectortest.Answer(answered(tt.said)))
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			if !strings.Contains(e.Sent[0].Body, `"output_config":{"format":{"type":"json_schema"`) || e.Output["text"] != tt.said || fmt.Sprint(e.Output["json"]) != fmt.Sprint(tt.want) {
				t.Errorf("output = %v, sent %s", e.Output, e.Sent[0].Body)
			}
		})
	}
	t.Run("NotAsked", func(t *testing.T) {
		e := completion.Run(t, anthropic.New(), connectortest.Answer(answered(`{"n": 1}`)))
		if _, ok := e.Output["json"]; ok || e.Err != nil {
			t.Errorf("output = %v, error = %v", e.Output, e.Err)
		}
	})
}

func TestClassify(t *testing.T) {
	none := connectortest.Refusal{Code: fault.BadResponse, Message: "The model's answer is none of the categories.", Hint: "structured outputs"}
	for name, said := range map[string]string{"ErrOther": `{"category": "c", "confidence": 1}`, "ErrCase": `{"category": "A", "confidence": 1}`, "ErrProse": "a", "ErrEmpty": "{}"} {
		t.Run(name, func(t *testing.T) {
			none.Check(t, classification.Run(t, anthropic.New(), connectortest.Answer(answered(said))).Err)
		})
	}
	for name, said := range map[string]string{"OKNoConfidence": `{"category": "b"}`, "OKNonsenseConfidence": `{"category": "b", "confidence": 95}`} {
		t.Run(name, func(t *testing.T) {
			e := classification.Run(t, anthropic.New(), connectortest.Answer(answered(said)))
			if _, ok := e.Output["confidence"]; ok || e.Err != nil || e.Output["category"] != "b" {
				t.Errorf("output = %v, error = %v", e.Output, e.Err)
			}
		})
	}
	t.Run("ErrTwice", func(t *testing.T) {
		setup := connectortest.Setup{Action: "classify", Config: map[string]any{"model": "m", "text": "T", "categories": []any{"a", "b", "a"}}}
		want := connectortest.Refusal{Code: fault.InvalidInput, Message: `The category "a" is there twice.`, Pointer: "/categories"}
		want.Check(t, setup.Run(t, anthropic.New(), connectortest.NoCall(t)).Err)
	})
}

func TestVerify(t *testing.T) {
	e := connectortest.Setup{}.Run(t, anthropic.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"data": []}`}))
	if e.Err != nil || e.Identity.Name != "Anthropic: a key without a name" {
		t.Errorf("identity = %+v, error = %v", e.Identity, e.Err)
	}
}
