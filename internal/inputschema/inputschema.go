// Package inputschema checks the input of a manual start against the JSON Schema that
// its trigger has as input_schema. It stands apart from package workflow because the
// functions of connectors, which have to be small, know workflows but check no inputs.
package inputschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// Check says what is wrong with an input_schema. It may not refer to other documents.
func Check(s map[string]any) error {
	_, err := compile(s)
	return err
}

// Validate checks an input against an input_schema. The fault's pointers are from the
// input.
func Validate(s map[string]any, input any) error {
	compiled, err := compile(s)
	if err != nil {
		return fault.New(fault.Internal, "The trigger's input_schema cannot be used.").Because(err)
	}
	if f := checkNumbers(input, ""); f != nil {
		return f
	}
	err = compiled.Validate(input)
	if err == nil {
		return nil
	}
	f := fault.New(fault.ValidationFailed, "The input does not fit the trigger's input_schema.").Because(err)
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return f
	}
	printer := message.NewPrinter(language.English)
	leaves(invalid, func(e *jsonschema.ValidationError) {
		pointer := ""
		for _, token := range e.InstanceLocation {
			pointer += "/" + schema.Escape(token)
		}
		f = f.At(pointer, e.ErrorKind.LocalizedString(printer))
	})
	return f
}

func leaves(e *jsonschema.ValidationError, visit func(*jsonschema.ValidationError)) {
	if len(e.Causes) == 0 {
		visit(e)
		return
	}
	for _, cause := range e.Causes {
		leaves(cause, visit)
	}
}

func compile(s map[string]any) (*jsonschema.Schema, error) {
	const name = "mem:///input_schema"
	if f := checkNumbers(s, ""); f != nil {
		return nil, fmt.Errorf("a value in it %s", hugeNumber)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	// The library wants the numbers as its own reader gives them.
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding the schema: %w", err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	if err := compiler.AddResource(name, document); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("compiling the schema: %w", err)
	}
	return compiled, bounded(compiled)
}

// noLoader keeps a schema from reading files or the network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("a schema may not refer to %s", url)
}
