// Package servicenow is the connector for ServiceNow incidents.
//
// Source: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html
package servicenow

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
		Name:            "servicenow",
		Title:           "ServiceNow",
		Category:        connector.Ticketing,
		Summary:         "Open and update incidents in ServiceNow.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: rest.SiteHosts(instanceURL),
		CredentialTypes: []connector.CredentialType{{
			Name:      "servicenow",
			Title:     "ServiceNow user",
			Summary:   "A user of one instance who may call its API.",
			Fields:    schema.Fields{instanceURL, username, password},
			HintField: username.Name,
			Verify:    verify,
		}},
		Actions: []connector.Action{createIncident, updateIncident},
	}
}

var service = rest.Service{
	Title:     "ServiceNow",
	BaseOf:    rest.Site(instanceURL),
	Authorize: rest.Basic(username, password),
	Header:    map[string]string{"Accept": "application/json"}, // it may answer in XML
	Explain:   explain,
	Refused:   hibernates,
}

// The credential's fields.
var (
	instanceURL = schema.Field{
		Name: "instance_url", Kind: schema.Text, Title: "Instance URL", Required: true, MaxLength: 2048, Placeholder: "https://acme.service-now.com",
		Help:    "The address of your instance.",
		Pattern: rest.SitePattern, PatternHint: "It begins with https:// and a name, such as https://acme.service-now.com.",
	}
	username = schema.Field{
		Name: "username", Kind: schema.Text, Title: "User name", Required: true, MaxLength: 320, Placeholder: "switchboard.integration",
		Help:    "The User ID of a user for integrations.",
		Pattern: `[^:\r\n]+`, PatternHint: "A user name cannot hold a colon.",
	}
	password = schema.Field{
		Name: "password", Kind: schema.Secret, Title: "Password", Required: true, MaxLength: 1024,
		Help: "That user's password. Single sign-on and multi-factor authentication do not work here.",
	}
)

// record is what the Table API answers for a record.
// sys_id and number are all that is asked for, with onlyKeys.
type record struct {
	Result struct {
		SysID  string `json:"sys_id"`
		Number string `json:"number"`
	} `json:"result"`
}
