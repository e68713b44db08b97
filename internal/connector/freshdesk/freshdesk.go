// Package freshdesk is the connector for Freshdesk: it opens tickets and adds
// notes to them.
//
// Source: https://developers.freshdesk.com/api/
package freshdesk

import (
	_ "embed" // the guide and the glyph
	"encoding/json"
	"net/http"
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
		Name:            "freshdesk",
		Title:           "Freshdesk",
		Category:        connector.Ticketing,
		Summary:         "Open tickets and add notes to them in Freshdesk.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: func(c connector.Credential) []string { return []string{host(c)} },
		CredentialTypes: []connector.CredentialType{{
			Name:      "freshdesk",
			Title:     "Freshdesk API key",
			Summary:   "The API key of one agent.",
			Fields:    schema.Fields{domain, apiKey},
			HintField: domain.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createTicket, addNote},
	}
}

var service = rest.Service{
	Title:  "Freshdesk",
	BaseOf: func(c connector.Credential) string { return "https://" + host(c) },
	Authorize: func(r *http.Request, call *connector.Call) {
		// The key is the user name; what stands for the password does not matter.
		rest.SetBasic(r, call, call.Credential.Data.Text(apiKey), "X")
	},
	Explain: explain,
}

// vendor is what every helpdesk's address ends in. It is added here and not read
// from the credential, which could else send its key anywhere.
const vendor = ".freshdesk.com"

func host(c connector.Credential) string {
	return strings.TrimSuffix(strings.ToLower(c.Data.Text(domain)), vendor) + vendor
}

// The credential's fields.
var (
	domain = schema.Field{
		Name: "domain", Kind: schema.Text, Title: "Domain", Required: true, MaxLength: 80, Placeholder: "acme",
		Help:    "What stands before .freshdesk.com in the helpdesk's address.",
		Pattern: `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.freshdesk\.com)?`, PatternHint: "Only the first part: acme for https://acme.freshdesk.com.",
	}
	apiKey = schema.Field{
		Name: "api_key", Kind: schema.Secret, Title: "API key", Required: true, MaxLength: 1024,
		Help:    "The key in an agent's profile settings. It can do what that agent can do.",
		Pattern: `[!-~]+`, PatternHint: "A key has no spaces and no line breaks. Paste it again without what stands around it.",
	}
)

// made is what Freshdesk answers for what it has created.
type made struct {
	ID json.Number `json:"id"`
}

func (m made) output() connector.Output { return connector.Output{"id": m.ID} }

// markUp keeps the lines of a text that has no markup of its own: in HTML they
// would run together. Values come escaped, so a "<" is the author's.
func markUp(text string) string {
	if strings.Contains(text, "<") {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "<br>")
}
