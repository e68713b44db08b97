// Package catalog lists the connectors that Switchboard offers. Adding one is its
// folder in internal/connector and one line here.
package catalog

import (
	"switchboard/internal/connector"
	"switchboard/internal/connector/http"
	"switchboard/internal/connector/slack"
	"switchboard/internal/connector/smtp"
	"switchboard/internal/connector/webhook"
)

// New puts the catalog together, in the order in which it is shown.
func New() (*connector.Catalog, error) {
	return connector.NewCatalog(
		slack.New(),
		smtp.New(),
		httpconnector.New(),
		webhook.New(),
	)
}
