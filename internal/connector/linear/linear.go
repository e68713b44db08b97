// Package linear is the connector for Linear issues.
//
// Linear speaks GraphQL: every call is a POST to one address, and what went wrong
// stands in the body, often under status 200.
//
// Source: https://linear.app/developers/graphql
package linear

import (
	"context"
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:       "linear",
		Title:      "Linear",
		Category:   connector.Ticketing,
		Summary:    "Open issues in Linear and comment on them.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "linear",
			Title:     "Linear API key",
			Summary:   "A personal API key of one member of a workspace.",
			Fields:    schema.Fields{apiKey},
			HintField: apiKey.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createIssue, commentIssue},
		Options: map[string]connector.OptionLoader{"teams": listTeams, "labels": listLabels},
	}
}

var service = rest.Service{
	Title:     "Linear",
	Base:      "https://api.linear.app",
	Authorize: rest.Header("Authorization", apiKey), // the bare key: "Bearer" is for OAuth
	Explain:   explain,
	Refused:   refused,
}

// The credential's field.
var apiKey = schema.Field{
	Name: "api_key", Kind: schema.Secret, Title: "API key", Required: true, MaxLength: 1024,
	Help:        "A personal API key. It begins with lin_api_.",
	Placeholder: "lin_api_...",
	Pattern:     `[!-~]+`, PatternHint: `Only the key, without "Bearer", spaces and line breaks.`,
}

// question is a GraphQL request.
type question struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitempty"`
}

// ask sends a question and decodes the data of its answer.
func ask[Data any](ctx context.Context, call *connector.Call, q question) (Data, error) {
	var answer struct {
		Data Data `json:"data"`
	}
	_, err := service.JSON(ctx, call, rest.Request{Path: "/graphql", JSON: q}, &answer)
	return answer.Data, err
}

// incomplete is the fault of an answer that does not tell what was made: with
// GraphQL a call may succeed while a part of its answer fails.
func incomplete() error {
	f := fault.New(fault.BadResponse, "Linear took the request, but does not tell what became of it.")
	f.Unsettled = true
	return f
}
