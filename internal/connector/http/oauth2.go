package httpconnector

import (
	"context"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	tokens "switchboard/internal/connector/token"
	"switchboard/internal/schema"
)

// Where a client's id and secret go.
const (
	clientInHeader = "header"
	clientInBody   = "body"
)

// oauth2Type gets a token by itself, keeps it as long as it holds, and sends it as a
// bearer token. No person is asked, so it can be verified: by getting one.
var oauth2Type = connector.CredentialType{
	Name:      "oauth2_client",
	Title:     "OAuth 2.0 client",
	Summary:   "A client ID and secret that are exchanged for a token by themselves (client credentials).",
	Fields:    schema.Fields{tokenURL, clientID, clientSecret, scopes, audience, clientAuth},
	HintField: clientID.Name,
	Verify:    verifyClient,
	OAuth:     clientOAuth(),
}

var (
	tokenURL = schema.Field{
		Name: "token_url", Kind: schema.Text, Title: "Token URL", Required: true, MaxLength: 2048, Placeholder: "https://auth.example.com/oauth2/token",
		Help:    "The address of the service's token endpoint.",
		Pattern: `https?://[^/?#@\s]+(?:[/?][^#\s]*)?`, PatternHint: "The whole address, such as https://auth.example.com/oauth2/token.",
	}
	clientID = schema.Field{
		Name: connector.ClientID.Name, Kind: schema.Text, Title: "Client ID", Required: true, MaxLength: 1024, Placeholder: "switchboard",
		Help:    "The ID of the client that was made for Switchboard.",
		Pattern: `[ -~]*[!-~]`, PatternHint: "An ID has one line of plain characters. Copy it again.",
	}
	clientSecret = schema.Field{
		Name: connector.ClientSecret.Name, Kind: schema.Secret, Title: "Client secret", Required: true, MaxLength: 8192,
		Help: "The secret that belongs to the ID.",
	}
	scopes = schema.Field{
		Name: "scopes", Kind: schema.Text, Title: "Scopes", MaxLength: 4096, Placeholder: "orders:read orders:write",
		Help: "What the token may be used for, with spaces between. Empty means what the service gives by itself.",
	}
	audience = schema.Field{
		Name: "audience", Kind: schema.Text, Title: "Audience", Advanced: true, MaxLength: 2048,
		Help: "Which API the token is for. Only for services that ask for it, such as Auth0.",
	}
	clientAuth = schema.Field{
		Name: "client_auth", Kind: schema.Choice, Title: "Send client as", Advanced: true, Choices: []string{clientInHeader, clientInBody}, Default: clientInHeader,
		Help: "Whether ID and secret travel in the Authorization header, as the standard wants, or in the form.",
	}
)

func clientOAuth() *connector.OAuth {
	return &connector.OAuth{
		TokenURL:          func(c connector.Credential) string { return c.Data.Text(tokenURL) },
		ClientCredentials: func(connector.Credential) bool { return true },
		ClientParameters: func(c connector.Credential) url.Values {
			form := url.Values{}
			if wanted := strings.Join(strings.Fields(strings.ReplaceAll(c.Data.Text(scopes), ",", " ")), " "); wanted != "" {
				form.Set("scope", wanted)
			}
			if to := c.Data.Text(audience); to != "" {
				form.Set("audience", to)
			}
			return form
		},
		BasicAuth: func(c connector.Credential) bool { return c.Data.Text(clientAuth) != clientInBody },
	}
}

// verifyClient gets a token. It does not use the one that is kept: that may have been
// got before the client was revoked.
func verifyClient(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	endpoint := tokens.Endpoint{Title: hostOf(call.Credential), OAuth: *clientOAuth(), Call: call}
	got, err := endpoint.ByClient(ctx)
	if err != nil {
		return connector.Identity{}, err
	}
	identity := connector.Identity{Name: call.Credential.Data.Text(clientID)}
	if got.Scope != "" {
		identity.Detail = map[string]any{"scope": got.Scope}
	}
	return identity, nil
}

func hostOf(c connector.Credential) string {
	if u, err := url.Parse(c.Data.Text(tokenURL)); err == nil && u.Host != "" {
		return u.Hostname()
	}
	return "The token endpoint"
}
