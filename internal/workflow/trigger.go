package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"switchboard/internal/fault"
	"switchboard/internal/schedule"
	"switchboard/internal/schema"
)

// Types of trigger.
const (
	TriggerManual   = "manual"
	TriggerWebhook  = "webhook"
	TriggerSchedule = "schedule"
	TriggerEvent    = "event"
)

// Ways for a webhook to answer.
const (
	RespondImmediately  = "immediately"
	RespondWhenFinished = "when_finished"
)

// Ways for a webhook's caller to prove who they are.
const (
	AuthNone  = "none"
	AuthToken = "token"       // the secret in a header
	AuthBasic = "basic"       // HTTP basic authentication; the secret is "user:password", or the password alone
	AuthHMAC  = "hmac_sha256" // HMAC-SHA256 of the body under the secret, in a header
)

// TypeWebhookSecret is the credential type that a webhook's secret has.
const TypeWebhookSecret = "webhook_secret"

// WebhookAuth is how a webhook trigger checks its callers.
type WebhookAuth struct {
	Type       string
	Header     string // of token and hmac_sha256
	Credential string // of all but none
}

// ReadWebhook reads auth from a webhook trigger's config: either a text, with
// header and credential beside it, or an object {type, header, credential}. It
// also returns the JSON pointers, within config, of the members it read.
func ReadWebhook(config map[string]any) (auth WebhookAuth, at string) {
	members := config
	auth.Type, _ = config["auth"].(string)
	if m, ok := config["auth"].(map[string]any); ok {
		members, at = m, "/auth"
		auth.Type, _ = m["type"].(string)
	}
	if auth.Type == "" {
		auth.Type = AuthNone
	}
	auth.Header, _ = members["header"].(string)
	auth.Credential, _ = members["credential"].(string)
	if auth.Header == "" {
		switch auth.Type {
		case AuthToken:
			auth.Header = "X-Webhook-Token"
		case AuthHMAC:
			auth.Header = "X-Webhook-Signature"
		}
	}
	return auth, at
}

// CompileInputSchema says what is wrong with a manual trigger's input_schema. It
// may not refer to other documents.
func CompileInputSchema(s map[string]any) error {
	_, err := inputSchema(s)
	return err
}

// ValidateInput checks the input of a manual start against the trigger's
// input_schema. The fault's pointers are from the input.
func ValidateInput(s map[string]any, input any) error {
	compiled, err := inputSchema(s)
	if err != nil {
		return fault.New(fault.Internal, "The trigger's input_schema cannot be used.").Because(err)
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

func inputSchema(s map[string]any) (*jsonschema.Schema, error) {
	const name = "mem:///input_schema"
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
	return compiled, nil
}

// noLoader keeps a schema from reading files or the network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("a schema may not refer to %s", url)
}

// ReadSchedule reads a schedule trigger's config. The fault's pointers are from it.
func ReadSchedule(config map[string]any) (*schedule.Schedule, error) {
	text := func(name string) string {
		s, _ := config[name].(string)
		return s
	}
	return schedule.Parse(text("cron"), text("rate"), text("timezone"))
}
