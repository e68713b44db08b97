// Package github is the connector for GitHub issues.
//
// Source: https://docs.github.com/en/rest/issues
package github

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
		Name:       "github",
		Title:      "GitHub",
		Category:   connector.Ticketing,
		Summary:    "Open, comment on and close issues of GitHub repositories.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "github",
			Title:     "GitHub access token",
			Summary:   "A personal access token, fine-grained or classic.",
			Fields:    schema.Fields{token},
			HintField: token.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createIssue, commentIssue, closeIssue},
	}
}

// service names the version of the API: without one GitHub decides for itself.
// Source: https://docs.github.com/en/rest/about-the-rest-api/api-versions
var service = rest.Service{
	Title:     "GitHub",
	Base:      "https://api.github.com",
	Authorize: rest.Bearer(token),
	Header:    map[string]string{"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2026-03-10"},
	Explain:   explain,
}

// The credential's field.
var token = schema.Field{
	Name: "token", Kind: schema.Secret, Title: "Access token", Required: true, MaxLength: 1024,
	Help:        "A personal access token. Fine-grained ones begin with github_pat_, classic ones with ghp_.",
	Placeholder: "github_pat_...",
	Pattern:     `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
}

// The fields that say which issue is meant.
var (
	owner = schema.Field{
		Name: "owner", Kind: schema.Text, Title: "Owner", Required: true, MaxLength: 100, Placeholder: "octo-org",
		Help:    "The user or organization that the repository belongs to.",
		Pattern: `[A-Za-z0-9_-]+`, PatternHint: "In github.com/octo-org/shop it is octo-org.",
	}
	repo = schema.Field{
		Name: "repo", Kind: schema.Text, Title: "Repository", Required: true, MaxLength: 100, Placeholder: "shop",
		Help:    "The repository's name, without its owner.",
		Pattern: `[A-Za-z0-9._-]+`, PatternHint: "In github.com/octo-org/shop it is shop.",
	}
	number = schema.Field{
		Name: "number", Kind: schema.Integer, Title: "Issue number", Required: true, Min: schema.Limit(1), Placeholder: "42",
		Help: "The number behind the # of the issue. Pull requests have one, too.",
	}
)

// issues gives the path of a repository's issues, or of what is below one of them.
func issues(in schema.Input, below ...string) string {
	return rest.Path(append([]string{"repos", in.Text(owner), in.Text(repo), "issues"}, below...)...)
}
