// Package hubspot is the connector for HubSpot's CRM: it keeps contacts, opens
// deals and writes notes.
//
// It speaks version 3 of the CRM API, whose paths HubSpot serves until September
// 2027. Every path to a record is made in objects, so that moving on to the dated
// versions is a change of one line.
//
// Source: https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide
package hubspot

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
		Name:       "hubspot",
		Title:      "HubSpot",
		Category:   connector.CRM,
		Summary:    "Create, update and find contacts, open deals and add notes in HubSpot.",
		SetupGuide: setupGuide,
		Icon:       icon,
		Base:       service.Base,
		CredentialTypes: []connector.CredentialType{{
			Name:      "hubspot_private_app",
			Title:     "HubSpot access token",
			Summary:   "The access token of a private app, or a service key, of one HubSpot account.",
			Fields:    schema.Fields{token},
			HintField: token.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createContact, updateContact, findContact, createDeal, addNote},
		Options: map[string]connector.OptionLoader{"pipelines": listPipelines, "stages": listStages},
	}
}

var service = rest.Service{Title: "HubSpot", Base: "https://api.hubapi.com", Authorize: rest.Bearer(token), Explain: explain}

// The credential's field.
var token = schema.Field{
	Name: "token", Kind: schema.Secret, Title: "Access token", Required: true, MaxLength: 1024,
	Help:        "The token as HubSpot shows it. Those of private apps begin with pat-.",
	Placeholder: "pat-eu1-...",
	Pattern:     `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
}

// objects gives the path of the CRM's records of a kind, or of one of them.
func objects(kind string, id ...string) string {
	return rest.Path(append([]string{"crm", "v3", "objects", kind}, id...)...)
}
