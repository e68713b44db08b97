package task

import (
	"maps"

	"switchboard/internal/connector"
	"switchboard/internal/secret"
)

// App is the client that a deployment has with a provider, so that people need not
// make one of their own.
type App struct {
	ClientID     string
	ClientSecret secret.Text
}

// withApp puts the deployment's client in where the data name none. Data that are
// sealed again are not these: the app's secret stays where it is configured.
func (h *Host) withApp(t connector.CredentialType, data map[string]any) map[string]any {
	if id, _ := data[connector.ClientID.Name].(string); t.OAuth == nil || h.App.ClientID == "" || id != "" {
		return data
	}
	data = maps.Clone(data)
	if data == nil {
		data = map[string]any{}
	}
	data[connector.ClientID.Name] = h.App.ClientID
	data[connector.ClientSecret.Name] = h.App.ClientSecret.Reveal()
	return data
}
