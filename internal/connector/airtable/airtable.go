// Package airtable is the connector for records in Airtable bases.
//
// Source: https://airtable.com/developers/web/api/introduction
package airtable

import (
	_ "embed" // the guide and the glyph
	"strings"

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
		Name:       "airtable",
		Title:      "Airtable",
		Category:   connector.Data,
		Summary:    "Create and list records in Airtable bases.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "airtable",
			Title:     "Airtable token",
			Summary:   "A personal access token, for the bases that it names.",
			Fields:    schema.Fields{token},
			HintField: token.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createRecord, listRecords},
		Options: map[string]connector.OptionLoader{"bases": listBases, "tables": listTables},
	}
}

var service = rest.Service{Title: "Airtable", Base: "https://api.airtable.com", Authorize: rest.Bearer(token), Explain: explain}

// The credential's field.
var token = schema.Field{
	Name: "token", Kind: schema.Secret, Title: "Personal access token", Required: true, MaxLength: 1024,
	Help:        "The token as Airtable shows it once, when it is made. It begins with pat.",
	Placeholder: "pat...",
	Pattern:     `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
}

// The fields that say which table a step is about.
var (
	baseID = schema.Field{
		Name: "base_id", Kind: schema.Text, Options: "bases", Title: "Base", Required: true, MaxLength: 64, Placeholder: "appXXXXXXXXXXXXXX",
		Help:    "The base's id. It begins with app and stands in the address when the base is open.",
		Pattern: `\s*app[A-Za-z0-9]+\s*`, PatternHint: "Only the part that begins with app, such as appLkNDICXNqxSDhG.",
	}
	table = schema.Field{
		Name: "table", Kind: schema.Text, Options: "tables", OptionsDepend: []string{baseID.Name}, Title: "Table", Required: true, MaxLength: 255, Placeholder: "Orders",
		Help: "The table's name or its id, which begins with tbl. The id stays when the table is renamed.",
	}
)

// tablePath gives the path of the table's records, or of what is below it.
func tablePath(in schema.Input, below ...string) string {
	return rest.Path(append([]string{"v0", strings.TrimSpace(in.Text(baseID)), in.Text(table)}, below...)...)
}

// record is a row as Airtable gives it.
type record struct {
	ID          string         `json:"id"`
	CreatedTime string         `json:"createdTime"`
	Fields      map[string]any `json:"fields"`
}
