// Package google is what the connectors for Google's services share: one credential
// for all of them, whose grant grows with what they need, and how Google says no.
package google

import (
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// Endpoints, as https://accounts.google.com/.well-known/openid-configuration has them.
const (
	authorizeURL = "https://accounts.google.com/o/oauth2/v2/auth"
	tokenURL     = "https://oauth2.googleapis.com/token"
	userinfoURL  = "https://openidconnect.googleapis.com/v1/userinfo"
)

// Hosts are those that every connector calls besides its own.
func Hosts() []string { return []string{"oauth2.googleapis.com", "openidconnect.googleapis.com"} }

// Type is the credential.
// Source: https://developers.google.com/identity/protocols/oauth2/web-server
func Type() connector.CredentialType {
	return connector.CredentialType{
		Name:      "google_oauth2",
		Title:     "Google account",
		Summary:   "Access that a person grants to a Google account, for Gmail and Google Sheets.",
		Fields:    append(schema.Fields{clientID, clientSecret}, connector.GrantFields()...),
		HintField: clientSecret.Name, // the IDs all end alike
		Verify:    verify,
		OAuth: &connector.OAuth{
			App:          "google",
			AuthorizeURL: func(connector.Credential) string { return authorizeURL },
			TokenURL:     func(connector.Credential) string { return tokenURL },
			Scopes:       []string{"openid", "email"},
			// A refresh token comes with offline access alone, and only when the person is
			// asked; what was granted before stays granted.
			Parameters: map[string]string{"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"},
		},
	}
}

var (
	clientID = schema.Field{
		Name: connector.ClientID.Name, Kind: schema.Text, Title: "Client ID", MaxLength: 1024,
		Placeholder: "1234567890-abc123def456.apps.googleusercontent.com",
		Help:        "The ID of your OAuth client. Empty where Switchboard comes with a Google client of its own.",
		Pattern:     `[A-Za-z0-9._-]+`, PatternHint: "It ends in .apps.googleusercontent.com and has no spaces. Copy it again.",
	}
	clientSecret = schema.Field{
		Name: connector.ClientSecret.Name, Kind: schema.Secret, Title: "Client secret", MaxLength: 1024,
		Help: "The secret of that client; it begins with GOCSPX-.",
	}
)

var accounts = rest.Service{Title: "Google", Explain: Explain}

// verify asks whose the access is. Sending mail does not include reading the
// mailbox's own profile, so it is OpenID that is asked.
// Source: https://developers.google.com/identity/openid-connect/openid-connect#obtaininguserprofileinformation
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var user struct {
		Subject string `json:"sub"`
		Email   string `json:"email"`
		Domain  string `json:"hd"`
	}
	if _, err := accounts.JSON(ctx, call, rest.Request{URL: userinfoURL}, &user); err != nil {
		return connector.Identity{}, err
	}
	if user.Email == "" {
		if user.Subject == "" {
			return connector.Identity{}, fault.New(fault.BadResponse, "Google does not say whose access it is.").
				WithHint("Reconnect the credential, and leave all boxes ticked on Google's page.")
		}
		user.Email = user.Subject
	}
	identity := connector.Identity{Name: user.Email, Detail: map[string]any{"email": user.Email}}
	if user.Domain != "" {
		identity.Detail["domain"] = user.Domain
	}
	return identity, nil
}
