package connector

import (
	"net/url"

	"switchboard/internal/schema"
)

// OAuth says how a credential comes by access tokens (RFC 6749): by a grant that a
// person gave, which is renewed with a refresh token, or by the client's own id and
// secret. The credential's data hold the grant in the fields below, which are
// fields of its type.
type OAuth struct {
	// App is the name of the provider by which a deployment may have a client of its
	// own, so that people need not make one. "" where it cannot.
	App string
	// AuthorizeURL gives the page where a person grants access; nil where nobody does.
	AuthorizeURL func(Credential) string
	// TokenURL gives the token endpoint. -upstream replaces scheme, host and any prefix,
	// in this as in AuthorizeURL; the path stays.
	TokenURL func(Credential) string
	// Scopes are asked for whatever the connector.
	Scopes []string
	// Parameters go with a person to AuthorizeURL, besides those of the standard.
	Parameters map[string]string
	// ClientCredentials says that the credential needs no person: its id and secret get
	// a token by themselves. nil means never.
	ClientCredentials func(Credential) bool
	// ClientParameters go with a request for such a token.
	ClientParameters func(Credential) url.Values
	// BasicAuth says that id and secret travel in the Authorization header, and not in
	// the form. nil means never.
	BasicAuth func(Credential) bool
	// Keep are members of the token endpoint's answer that become part of the data.
	Keep schema.Fields
}

// The fields of a client and of its grant. A type may declare the client's with a
// better help; they are read by their names.
var (
	ClientID = schema.Field{
		Name: "client_id", Kind: schema.Text, Title: "Client ID", MaxLength: 1024,
		Help:    "The ID of the OAuth client that you made for Switchboard.",
		Pattern: `[!-~]+`, PatternHint: "An ID has no spaces and no line breaks. Copy it again.",
	}
	ClientSecret = schema.Field{
		Name: "client_secret", Kind: schema.Secret, Title: "Client secret", MaxLength: 4096,
		Help: "The secret that belongs to the client ID.",
	}
	RefreshToken = schema.Field{
		Name: "refresh_token", Kind: schema.Secret, Title: "Refresh token", Advanced: true, MaxLength: 8192,
		Help: "Filled in when access is granted. Only for a token that you got in another way with the same client.",
	}
	AccessToken = schema.Field{
		Name: "access_token", Kind: schema.Secret, Title: "Access token", Advanced: true, MaxLength: 16384,
		Help: "Filled in by itself, and renewed when it expires.",
	}
	ExpiresAt = schema.Field{
		Name: "expires_at", Kind: schema.Text, Title: "Expires at", Advanced: true, MaxLength: 64,
		Help:    "When the access token expires, filled in by itself.",
		Pattern: `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`, PatternHint: "A time such as 2026-01-02T03:04:05Z.",
	}
	GrantedScope = schema.Field{
		Name: "scope", Kind: schema.Text, Title: "Granted scopes", Advanced: true, MaxLength: 8192,
		Help: "What was granted, filled in by itself.",
	}
)

// GrantFields are those in which a type keeps its grant.
func GrantFields() schema.Fields {
	return schema.Fields{RefreshToken, AccessToken, ExpiresAt, GrantedScope}
}

// Ungranted says that the credential waits for a person to grant access: until then
// no action can use it.
func (t CredentialType) Ungranted(c Credential) bool {
	if t.OAuth == nil || t.ByClient(c) {
		return false
	}
	return c.Data.Text(RefreshToken) == "" && c.Data.Text(AccessToken) == ""
}

// ByClient says that the credential gets its tokens without a person.
func (t CredentialType) ByClient(c Credential) bool {
	return t.OAuth != nil && t.OAuth.ClientCredentials != nil && t.OAuth.ClientCredentials(c)
}
