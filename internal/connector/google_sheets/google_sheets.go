// Package googlesheets is the connector for Google Sheets: it adds rows to a table
// and reads ranges.
package googlesheets

import (
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/connector/google"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

const base = "https://sheets.googleapis.com"

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:            "google_sheets",
		Title:           "Google Sheets",
		Category:        connector.Data,
		Summary:         "Add rows to a spreadsheet and read ranges of it.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		Base:            base,
		Hosts:           google.Hosts(),
		CredentialTypes: []connector.CredentialType{google.Type()},
		Scopes:          []string{"https://www.googleapis.com/auth/spreadsheets"},
		Actions:         []connector.Action{appendRow, readRange},
	}
}

var service = rest.Service{Title: "Google Sheets", Base: base, Explain: explain}

// The fields that both actions have.
var (
	spreadsheet = schema.Field{
		Name: "spreadsheet_id", Kind: schema.Text, Title: "Spreadsheet", Required: true, MaxLength: 500,
		Placeholder: "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms",
		Help:        "The ID in the spreadsheet's address, between /d/ and /edit; the whole address works too.",
		Pattern:     spreadsheetPattern, PatternHint: "The ID has letters, digits, - and _, such as 1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms.",
	}
	cells = schema.Field{
		Name: "range", Kind: schema.Text, Title: "Range", Required: true, MaxLength: 300, Placeholder: "Orders!A1:D",
		Help: "Sheet and cells, such as Orders!A1:D20, Orders!A:D, or Orders for the whole sheet. Quotes around a name with spaces are added for you.",
	}
)

// explain adds what only Google Sheets says.
// Source: https://developers.google.com/workspace/sheets/api/troubleshoot-api-errors
func explain(r rest.Response) rest.Problem {
	p := google.Explain(r)
	if p.Hint != "" {
		return p
	}
	switch r.Status {
	case 400:
		p.Hint = "Check that the spreadsheet has a sheet of this name, spelled alike, and that the range lies within it. An Excel file on Google Drive has to be saved as a Google Sheet first."
	case 403:
		p.Hint = "Share the spreadsheet with the connected Google account, as an editor where the workflow writes."
	case 404:
		p.Hint = "Check the spreadsheet's ID, and that the spreadsheet is shared with the connected Google account."
	}
	return p
}
