// Package anthropic is the connector for Anthropic's Claude models.
//
// It speaks the Messages API, anthropic-version 2023-06-01, which is the current
// one, with structured outputs where an answer has to have a form. Every call
// bounds how many tokens its answer may be charged for.
//
// Sources: https://platform.claude.com/docs/en/api/messages/create and
// https://platform.claude.com/docs/en/build-with-claude/structured-outputs
package anthropic

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
		Name:       "anthropic",
		Title:      "Anthropic",
		Category:   connector.AI,
		Summary:    "Write, extract and classify text with Anthropic's Claude models.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "anthropic",
			Title:     "Anthropic API key",
			Summary:   "A key of one workspace, which is billed for the calls.",
			Fields:    schema.Fields{apiKey},
			HintField: apiKey.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{complete, classify},
		Options: map[string]connector.OptionLoader{"models": listModels},
	}
}

var service = rest.Service{
	Title: "Anthropic", Base: "https://api.anthropic.com", Authorize: rest.Header("X-Api-Key", apiKey),
	Header: map[string]string{"Anthropic-Version": "2023-06-01"}, Explain: explain,
}

// The credential's field.
var apiKey = schema.Field{
	Name: "api_key", Kind: schema.Secret, Title: "API key", Required: true, MaxLength: 1024,
	Help:        "An API key as the Claude Console shows it once, when it is made. It begins with sk-ant-api03-.",
	Placeholder: "sk-ant-api03-...",
	Pattern:     `[!-~]+`, PatternHint: "A key has no spaces and no line breaks. Paste it again without what stands around it.",
}

// The fields that both actions have.
var (
	model = schema.Field{
		Name: "model", Kind: schema.Text, Options: "models", Title: "Model", Required: true, MaxLength: 255, Placeholder: "claude-haiku-4-5",
		Help:    "The model's name, such as claude-haiku-4-5. Small models cost a fraction of large ones and are enough for most steps.",
		Pattern: `[!-~]+`, PatternHint: "A name has no spaces, such as claude-haiku-4-5.",
	}
	maxTokens = schema.Field{
		Name: "max_tokens", Kind: schema.Integer, Title: "Max tokens", Default: int64(2048), Min: schema.Limit(1), Max: schema.Limit(64000), Advanced: true,
		Help: "The most tokens that the answer may cost. 1000 tokens are about 750 English words.",
	}
)
