// Package notion is the connector for pages and databases in Notion.
//
// It speaks Notion-Version 2025-09-03, in which a database holds one or more data
// sources, and those hold the columns and the pages. People know databases alone,
// so the data source is looked up, and asked for only where there are several.
//
// Sources: https://developers.notion.com/reference/intro and
// https://developers.notion.com/docs/upgrade-guide-2025-09-03
package notion

import (
	_ "embed" // the guide and the glyph
	"regexp"
	"strings"
	"sync"

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
		Name:       "notion",
		Title:      "Notion",
		Category:   connector.Data,
		Summary:    "Create pages in Notion and query its databases.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "notion",
			Title:     "Notion connection",
			Summary:   "The API token of an internal connection, which sees what is shared with it.",
			Fields:    schema.Fields{token},
			HintField: token.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createPage, queryDatabase},
		Options: map[string]connector.OptionLoader{"databases": listDatabases},
	}
}

var service = rest.Service{
	Title: "Notion", Base: "https://api.notion.com", Authorize: rest.Bearer(token),
	Header: map[string]string{"Notion-Version": "2025-09-03"}, Explain: explain,
}

// The credential's field.
var token = schema.Field{
	Name: "token", Kind: schema.Secret, Title: "API token", Required: true, MaxLength: 1024,
	Help:        "The token of an internal connection, called internal integration secret before. It begins with ntn_ or secret_.",
	Placeholder: "ntn_...",
	Pattern:     `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
}

var idAtEnd = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{32}$|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
})

// readID takes the id out of what people paste: the id, or the whole link. What
// holds none is left for Notion to judge.
func readID(text string) string {
	id, _, _ := strings.Cut(strings.TrimSpace(text), "?")
	id, _, _ = strings.Cut(id, "#")
	if found := idAtEnd().FindString(strings.ToLower(id)); found != "" {
		return found
	}
	return id
}
