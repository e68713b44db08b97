package local

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/secret"
	"switchboard/internal/task"
)

// appProviders are those with which a deployment may have an OAuth client of its
// own: OAuth.App of the credential types. A test compares them.
var appProviders = []string{"google", "salesforce"}

// AppsFrom reads the deployment's OAuth clients from the environment:
// SWITCHBOARD_OAUTH_GOOGLE_CLIENT_ID and SWITCHBOARD_OAUTH_GOOGLE_CLIENT_SECRET, and
// so on by provider. Without an ID there is none.
func AppsFrom(getenv func(string) string) map[string]task.App {
	apps := map[string]task.App{}
	for _, provider := range appProviders {
		if id := getenv(task.AppVariable(provider, "ID")); id != "" {
			apps[provider] = task.App{ClientID: id, ClientSecret: secret.New(getenv(task.AppVariable(provider, "SECRET")))}
		}
	}
	return apps
}

// appOf gives a connector the client of the provider that its credentials are with.
func appOf(con connector.Connector, apps map[string]task.App) task.App {
	for _, t := range con.CredentialTypes {
		if t.OAuth != nil && t.OAuth.App != "" {
			return apps[t.OAuth.App]
		}
	}
	return task.App{}
}

func providers(apps map[string]task.App) map[string]bool {
	have := map[string]bool{}
	for provider := range apps {
		have[provider] = true
	}
	return have
}

// Authorize implements oauth.Functions.
func (h hosts) Authorize(ctx context.Context, connectorName string, q task.Authorization) (string, error) {
	return h[connectorName].Authorize(ctx, q)
}

// Exchange implements oauth.Functions.
func (h hosts) Exchange(ctx context.Context, connectorName string, x task.Exchange) (task.Exchanged, error) {
	return h[connectorName].Exchange(ctx, x)
}
