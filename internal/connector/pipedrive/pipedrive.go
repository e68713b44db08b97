// Package pipedrive is the connector for Pipedrive: it adds persons and deals.
//
// It writes through version 2 of the API: version 1 is out of support since August
// 2026 for what version 2 has. Users are not in version 2.
//
// Source: https://developers.pipedrive.com/docs/api/v1
package pipedrive

import (
	_ "embed" // the guide and the glyph
	"encoding/json"
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
		Name:            "pipedrive",
		Title:           "Pipedrive",
		Category:        connector.CRM,
		Summary:         "Add persons and deals to Pipedrive.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: func(c connector.Credential) []string { return []string{host(c)} },
		CredentialTypes: []connector.CredentialType{{
			Name:      "pipedrive",
			Title:     "Pipedrive API token",
			Summary:   "The personal API token of one user in one company.",
			Fields:    schema.Fields{companyDomain, apiToken},
			HintField: companyDomain.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createPerson, createDeal},
		Options: map[string]connector.OptionLoader{"pipelines": listPipelines, "stages": listStages},
	}
}

var service = rest.Service{
	Title:     "Pipedrive",
	BaseOf:    func(c connector.Credential) string { return "https://" + host(c) },
	Authorize: rest.Header("X-Api-Token", apiToken),
	Explain:   explain,
}

// domain is what every company's address ends in. It is added here and not read
// from the credential, which could else send its token anywhere.
const domain = ".pipedrive.com"

func host(c connector.Credential) string {
	return strings.TrimSuffix(strings.ToLower(c.Data.Text(companyDomain)), domain) + domain
}

// The credential's fields.
var (
	companyDomain = schema.Field{
		Name: "company_domain", Kind: schema.Text, Title: "Company domain", Required: true, MaxLength: 80, Placeholder: "acme",
		Help:    "What stands before .pipedrive.com in the address bar when you are signed in.",
		Pattern: `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.pipedrive\.com)?`, PatternHint: "Only the first part: acme for https://acme.pipedrive.com.",
	}
	apiToken = schema.Field{
		Name: "api_token", Kind: schema.Secret, Title: "API token", Required: true, MaxLength: 1024,
		Help:    "Your personal API token. It can do what you can do in this company.",
		Pattern: `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
	}
)

// The field and the output that both actions have.
var (
	organization = schema.Field{
		Name: "org_id", Kind: schema.Integer, Title: "Organization", Advanced: true, Min: schema.Limit(1), Placeholder: "17",
		Help: "The id of the organization to link to: the number at the end of its address.",
	}
	idOutput = schema.Field{Name: "id", Kind: schema.Integer, Title: "Id", Required: true, Help: "The id in Pipedrive."}
)

// made is what Pipedrive answers for what it has created.
type made struct {
	Data struct {
		ID json.Number `json:"id"`
	} `json:"data"`
}

func (m made) output() connector.Output { return connector.Output{"id": m.Data.ID} }
