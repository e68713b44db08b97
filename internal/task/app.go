package task

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/secret"
	"switchboard/internal/vault"
)

// App is the client that a deployment has with a provider, so that people need not
// make one of their own. Where it has no ClientSecret, that is sealed in the store,
// at AppPlace.
type App struct {
	ClientID     string
	ClientSecret secret.Text
}

// AppVariable is the environment variable that holds a member, ID or SECRET, of the
// deployment's client with a provider: SWITCHBOARD_OAUTH_GOOGLE_CLIENT_ID.
func AppVariable(provider, member string) string {
	return "SWITCHBOARD_OAUTH_" + strings.ToUpper(provider) + "_CLIENT_" + member
}

// AppPlace is where the secret of the deployment's client is sealed, as the client
// secret of a credential of the type. Nobody's account can have this name.
func AppPlace(credentialType string) vault.Place {
	return vault.Place{Account: ".deployment", Credential: "cred_app_" + credentialType, CredentialType: credentialType}
}

// withApp puts the deployment's client in where the data name none. Data that are
// sealed again are not these: the app's secret stays where it is kept.
func (h *Host) withApp(ctx context.Context, t connector.CredentialType, data map[string]any) (map[string]any, error) {
	if id, _ := data[connector.ClientID.Name].(string); t.OAuth == nil || h.App.ClientID == "" || id != "" {
		return data, nil
	}
	clientSecret := h.App.ClientSecret.Reveal()
	if clientSecret == "" {
		var err error
		if clientSecret, err = h.appSecret(ctx, t); err != nil {
			return nil, err
		}
	}
	data = maps.Clone(data)
	if data == nil {
		data = map[string]any{}
	}
	data[connector.ClientID.Name], data[connector.ClientSecret.Name] = h.App.ClientID, clientSecret
	return data, nil
}

// appSecret reads it anew each time, so that another one counts at once; what opening
// it takes, the vault remembers.
func (h *Host) appSecret(ctx context.Context, t connector.CredentialType) (string, error) {
	at := AppPlace(t.Name)
	sealed, _, err := h.Secrets.Sealed(ctx, at.Account, at.CredentialType, at.Credential, "")
	if fault.Is(err, fault.NotFound) {
		return "", fault.New(fault.CredentialUnreadable, "The secret of this deployment's own client for %s was never stored.", t.Title).
			WithHint("Whoever operates Switchboard stores it as the operator's page says, under OAuth apps; or enter a client ID and secret of your own.")
	}
	if err != nil {
		return "", fmt.Errorf("reading the secret of the deployment's client: %w", err)
	}
	data, err := h.Opener.Open(ctx, at, sealed)
	if err != nil {
		return "", fmt.Errorf("opening the secret of the deployment's client: %w", err)
	}
	text, _ := data[connector.ClientSecret.Name].(string)
	return text, nil
}
