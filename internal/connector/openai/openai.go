// Package openai is the connector for the models of OpenAI.
//
// It speaks the Responses API, v1, with structured outputs where an answer has to
// have a form. Answers are not stored at OpenAI, and every call bounds how many
// tokens it may be charged for.
//
// Sources: https://platform.openai.com/docs/api-reference/responses/create and
// https://platform.openai.com/docs/guides/structured-outputs
package openai

import (
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:       "openai",
		Title:      "OpenAI",
		Category:   connector.AI,
		Summary:    "Write, extract and classify text with OpenAI's models.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "openai",
			Title:     "OpenAI API key",
			Summary:   "A secret key of one project, which is billed for the calls.",
			Fields:    schema.Fields{apiKey},
			HintField: apiKey.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{complete, classify},
		Options: map[string]connector.OptionLoader{"models": listModels},
	}
}

var service = rest.Service{
	Title: "OpenAI", Base: "https://api.openai.com", Authorize: rest.Bearer(apiKey),
	Explain: explain, Refused: failed,
}

// The credential's field.
var apiKey = schema.Field{
	Name: "api_key", Kind: schema.Secret, Title: "API key", Required: true, MaxLength: 1024,
	Help:        "A secret key as OpenAI shows it once, when it is made. It begins with sk-.",
	Placeholder: "sk-proj-...",
	Pattern:     `[!-~]+`, PatternHint: "A key has no spaces and no line breaks. Paste it again without what stands around it.",
}

// The fields that both actions have.
var (
	model = schema.Field{
		Name: "model", Kind: schema.Text, Options: "models", Title: "Model", Required: true, MaxLength: 255, Placeholder: "gpt-5-mini",
		Help:    "The model's name, such as gpt-5-mini. Small models cost a fraction of large ones and are enough for most steps.",
		Pattern: `[!-~]+`, PatternHint: "A name has no spaces, such as gpt-5-mini.",
	}
	maxTokens = schema.Field{
		Name: "max_tokens", Kind: schema.Integer, Title: "Max tokens", Default: int64(2048), Min: schema.Limit(16), Max: schema.Limit(128000), Advanced: true,
		Help: "The most tokens that the answer may cost, those for reasoning included. 1000 tokens are about 750 English words.",
	}
)
