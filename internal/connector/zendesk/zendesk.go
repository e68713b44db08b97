// Package zendesk is the connector for Zendesk Support: it opens tickets, changes
// them and comments on them.
//
// Source: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
package zendesk

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
		Name:            "zendesk",
		Title:           "Zendesk",
		Category:        connector.Ticketing,
		Summary:         "Open, update and comment on tickets in Zendesk Support.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: func(c connector.Credential) []string { return []string{host(c)} },
		CredentialTypes: []connector.CredentialType{{
			Name:      "zendesk",
			Title:     "Zendesk API token",
			Summary:   "An API token of a Zendesk account, used in the name of one of its agents.",
			Fields:    schema.Fields{subdomain, email, apiToken},
			HintField: subdomain.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createTicket, updateTicket, addComment},
		Options: map[string]connector.OptionLoader{"groups": listGroups},
	}
}

var service = rest.Service{
	Title:  "Zendesk",
	BaseOf: func(c connector.Credential) string { return "https://" + host(c) },
	Header: map[string]string{"Accept": "application/json"},
	Authorize: func(r *http.Request, call *connector.Call) {
		data := call.Credential.Data
		rest.SetBasic(r, call, data.Text(email)+"/token", data.Text(apiToken))
	},
	Explain: explain,
}

// domain is what every account's address ends in. It is added here and not read
// from the credential, which could else send its token anywhere.
const domain = ".zendesk.com"

func host(c connector.Credential) string {
	return strings.TrimSuffix(strings.ToLower(c.Data.Text(subdomain)), domain) + domain
}

// The credential's fields.
var (
	subdomain = schema.Field{
		Name: "subdomain", Kind: schema.Text, Title: "Subdomain", Required: true, MaxLength: 80, Placeholder: "acme",
		Help:    "What stands before .zendesk.com in the account's address.",
		Pattern: `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.zendesk\.com)?`, PatternHint: "Only the first part: acme for https://acme.zendesk.com.",
	}
	email = schema.Field{
		Name: "email", Kind: schema.Text, Title: "Agent's email", Required: true, Personal: true, MaxLength: 320, Placeholder: "support@example.com",
		Help:    "The address of the agent in whose name calls are made, without /token.",
		Pattern: `[^@\s:/]+@[^@\s:/]+`, PatternHint: "One address without a name, such as support@example.com. /token is added for you.",
	}
	apiToken = schema.Field{
		Name: "api_token", Kind: schema.Secret, Title: "API token", Required: true, MaxLength: 1024,
		Help:    "A token from the Admin Center, not the agent's password.",
		Pattern: `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
	}
)

// The fields that several actions have.
var (
	ticketID = schema.Field{
		Name: "id", Kind: schema.Text, Title: "Ticket", Required: true, MaxLength: 20, Placeholder: "35436",
		Help:    "The ticket's number.",
		Pattern: `[0-9]+`, PatternHint: "Only the number, without #.",
	}
	priority = schema.Field{
		Name: "priority", Kind: schema.Choice, Title: "Priority", Choices: []string{"low", "normal", "high", "urgent"},
		Help: "How urgent the ticket is.",
	}
	group = schema.Field{
		Name: "group_id", Kind: schema.Integer, Options: "groups", Title: "Group", Advanced: true, Min: schema.Limit(1), Placeholder: "360000954391",
		Help: "The id of the group of agents that takes care of the ticket. Empty leaves that to Zendesk.",
	}
)

const (
	tagPattern     = `[^\s,"]+`
	tagPatternHint = "Tags have no spaces and no commas; give a list of several."
)

// ticketPath is where a ticket is read and changed.
func ticketPath(in schema.Input) string {
	return rest.Path("api", "v2", "tickets", in.Text(ticketID))
}

// ticket is what Zendesk answers for a ticket that it created or changed.
type ticket struct {
	Ticket struct {
		ID json.Number `json:"id"`
	} `json:"ticket"`
	Audit struct {
		Events []struct {
			ID   json.Number `json:"id"`
			Type string      `json:"type"`
		} `json:"events"`
	} `json:"audit"`
}
