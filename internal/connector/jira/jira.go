// Package jira is the connector for issues in Jira Cloud.
//
// Texts go to Jira as Atlassian Document Format, which document.go makes of what
// people write. Searches go to the search/jql endpoint; the one before it is gone.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/
package jira

import (
	_ "embed" // the guide and the glyph
	"errors"
	"strings"

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
		Name:            "jira",
		Title:           "Jira",
		Category:        connector.Ticketing,
		Summary:         "Create, comment on, move and find issues in Jira Cloud.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: rest.SiteHosts(siteURL),
		CredentialTypes: []connector.CredentialType{{
			Name:      "jira",
			Title:     "Jira API token",
			Summary:   "An Atlassian account's API token, for one Jira site.",
			Fields:    schema.Fields{siteURL, email, apiToken},
			HintField: siteURL.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createIssue, addComment, transitionIssue, searchIssues},
		Options: map[string]connector.OptionLoader{"projects": listProjects, "issue_types": listIssueTypes, "priorities": listPriorities, "transitions": listTransitions},
	}
}

var service = rest.Service{
	Title:     "Jira",
	BaseOf:    rest.Site(siteURL),
	Authorize: rest.Basic(email, apiToken),
	Header:    map[string]string{"Accept": "application/json"},
	Explain:   explain,
	Refused:   anonymous,
}

// The credential's fields.
var (
	siteURL = schema.Field{
		Name: "site_url", Kind: schema.Text, Title: "Site URL", Required: true, MaxLength: 2048, Placeholder: "https://acme.atlassian.net",
		Help:    "The address of your Jira site.",
		Pattern: rest.SitePattern, PatternHint: "It begins with https:// and a name, such as https://acme.atlassian.net.",
	}
	email = schema.Field{
		Name: "email", Kind: schema.Text, Title: "Email", Required: true, Personal: true, MaxLength: 320, Placeholder: "ada@example.com",
		Help:    "The address of the Atlassian account that the token belongs to.",
		Pattern: `[^@\s:]+@[^@\s:]+`, PatternHint: "One address without a name, such as ada@example.com.",
	}
	apiToken = schema.Field{
		Name: "api_token", Kind: schema.Secret, Title: "API token", Required: true, MaxLength: 4096,
		Help:    "An API token without scopes, not the account's password.",
		Pattern: `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
	}
)

// issue says which issue several actions are about.
var issue = schema.Field{
	Name: "issue", Kind: schema.Text, Title: "Issue", Required: true, MaxLength: 255, Placeholder: "ENG-123",
	Help:    "The issue's key or id.",
	Pattern: `\s*[A-Za-z0-9_]+(?:-[0-9]+)?\s*`, PatternHint: "A key such as ENG-123, or the number that is the issue's id.",
}

// issuePath gives the path of the issue that a step is about, or of what is below it.
func issuePath(in schema.Input, below ...string) string {
	return rest.Path(append([]string{"rest", "api", "3", "issue", strings.TrimSpace(in.Text(issue))}, below...)...)
}

// browse is where people open an issue.
func browse(call *connector.Call, key string) string {
	return rest.Site(siteURL)(call.Credential) + "/browse/" + key
}

// named refers to something by id where it is a number, else by the member that
// its names go by.
func named(value, member string) map[string]string {
	if isNumber(value) {
		member = "id"
	}
	return map[string]string{member: value}
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// beforehand is the error of a call that only prepares what was asked for: nothing
// has been done yet, whatever became of it.
func beforehand(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !f.Unsettled {
		return err
	}
	settled := *f
	settled.Unsettled, settled.Hint = false, "Nothing was changed yet."
	return &settled
}
