// Package catalog lists the connectors that Switchboard offers. Adding one is its
// folder in internal/connector and one line here.
package catalog

import (
	"switchboard/internal/connector"
	"switchboard/internal/connector/airtable"
	"switchboard/internal/connector/anthropic"
	"switchboard/internal/connector/aws_iot"
	"switchboard/internal/connector/discord"
	"switchboard/internal/connector/freshdesk"
	"switchboard/internal/connector/github"
	"switchboard/internal/connector/gmail"
	"switchboard/internal/connector/google_sheets"
	"switchboard/internal/connector/http"
	"switchboard/internal/connector/hubspot"
	"switchboard/internal/connector/jira"
	"switchboard/internal/connector/linear"
	"switchboard/internal/connector/mqtt"
	"switchboard/internal/connector/notion"
	"switchboard/internal/connector/openai"
	"switchboard/internal/connector/pipedrive"
	"switchboard/internal/connector/salesforce"
	"switchboard/internal/connector/sendgrid"
	"switchboard/internal/connector/servicenow"
	"switchboard/internal/connector/slack"
	"switchboard/internal/connector/smtp"
	"switchboard/internal/connector/teams"
	"switchboard/internal/connector/telegram"
	"switchboard/internal/connector/thingsboard"
	"switchboard/internal/connector/twilio"
	"switchboard/internal/connector/webhook"
	"switchboard/internal/connector/whatsapp"
	"switchboard/internal/connector/whatsapp_cloud"
	"switchboard/internal/connector/zendesk"
)

// New puts the catalog together, in the order in which it is shown.
func New() (*connector.Catalog, error) {
	return connector.NewCatalog(
		slack.New(),
		gmail.New(),
		smtp.New(),
		sendgrid.New(),
		twilio.New(),
		whatsapp.New(),
		whatsappcloud.New(),
		telegram.New(),
		discord.New(),
		teams.New(),
		hubspot.New(),
		salesforce.New(),
		pipedrive.New(),
		jira.New(),
		zendesk.New(),
		github.New(),
		linear.New(),
		freshdesk.New(),
		servicenow.New(),
		mqtt.New(),
		awsiot.New(),
		thingsboard.New(),
		httpconnector.New(),
		webhook.New(),
		googlesheets.New(),
		notion.New(),
		airtable.New(),
		openai.New(),
		anthropic.New(),
	)
}
