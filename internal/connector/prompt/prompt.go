// Package prompt is what the connectors of language models have in common: the fields
// by which a model is asked, and how a text is sorted into categories. How a service
// is spoken to is each connector's own.
package prompt

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"switchboard/internal/schema"
)

// The fields of a question.
var (
	System = schema.Field{
		Name: "system", Kind: schema.Text, Title: "Instructions", MaxLength: 1_000_000,
		Help: "What the model is to do and how. It weighs more than the prompt: text from outside belongs there, not here.",
	}
	Prompt = schema.Field{
		Name: "prompt", Kind: schema.Text, Title: "Prompt", Required: true, Content: true, MaxLength: 10_000_000,
		Help: "What the model is asked, or the text that it is to work on.",
	}
	JSONSchema = schema.Field{
		Name: "json_schema", Kind: schema.Object, Title: "JSON Schema", Advanced: true,
		Help:        "The form that the answer has to have, as a JSON Schema of an object. The output json then holds it.",
		Placeholder: `{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": false}`,
	}
)

// The fields of an answer.
var (
	Text  = schema.Field{Name: "text", Kind: schema.Text, Title: "Text", Required: true, Content: true, Help: "The answer."}
	JSON  = schema.Field{Name: "json", Kind: schema.JSON, Title: "JSON", Content: true, Help: "The answer as a value. There only where a JSON Schema was given and the answer is JSON."}
	Usage = schema.Field{Name: "usage", Kind: schema.Object, Title: "Usage", Required: true, Help: "What the call is charged for: input_tokens, output_tokens and total_tokens."}
	Model = schema.Field{Name: "model", Kind: schema.Text, Title: "Model", Required: true, Help: "The exact version of the model that answered."}
)

// Decode reads a text that should be one JSON value; numbers keep their digits.
func Decode(text string, into any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON value")
	}
	return nil
}
