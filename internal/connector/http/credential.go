package httpconnector

import (
	"net/http"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

// The credential types. These cannot be verified: what they open is named by the step.
var (
	bearerType = connector.CredentialType{
		Name:      "http_bearer",
		Title:     "Bearer token",
		Summary:   "A token that is sent as Authorization: Bearer.",
		Fields:    schema.Fields{token},
		HintField: token.Name,
	}
	basicType = connector.CredentialType{
		Name:      "http_basic",
		Title:     "User name and password",
		Summary:   "Basic authentication.",
		Fields:    schema.Fields{username, password},
		HintField: username.Name,
	}
	headerType = connector.CredentialType{
		Name:      "http_header",
		Title:     "API key in a header",
		Summary:   "A key that is sent in a header of the service's choice.",
		Fields:    schema.Fields{headerName, headerValue},
		HintField: headerValue.Name,
	}
	queryType = connector.CredentialType{
		Name:      "http_query",
		Title:     "API key in the address",
		Summary:   "A key that is sent as a query parameter.",
		Fields:    schema.Fields{queryName, queryValue},
		HintField: queryValue.Name,
	}
)

// Their fields.
var (
	token = schema.Field{
		Name: "token", Kind: schema.Secret, Title: "Token", Required: true, MaxLength: 8192,
		Help:    `Only the token, without the word "Bearer".`,
		Pattern: `[!-~]+`, PatternHint: "A token has no spaces and no line breaks. Paste it again without what stands around it.",
	}
	username = schema.Field{
		Name: "username", Kind: schema.Text, Title: "User name", Required: true, MaxLength: 1024,
		Help:    "Some services want an API key here and leave the password empty.",
		Pattern: `[^:\r\n]+`, PatternHint: "A user name for basic authentication cannot hold a colon.",
	}
	password = schema.Field{
		Name: "password", Kind: schema.Secret, Title: "Password", MaxLength: 8192,
		Help: "The password, or the token that the service wants in its place.",
	}
	headerName = schema.Field{
		Name: "name", Kind: schema.Text, Title: "Header", Required: true, Placeholder: "X-API-Key", MaxLength: 256,
		Help:    "The name of the header, as the service's documentation gives it.",
		Pattern: "[A-Za-z0-9!#$%&'*+.^_`|~-]+", PatternHint: "Only the name, without a colon and without the key, such as X-API-Key.",
	}
	headerValue = schema.Field{
		Name: "value", Kind: schema.Secret, Title: "Value", Required: true, MaxLength: 8192,
		Help:    "The key, with any word that the service wants before it.",
		Pattern: `[ -~]*[!-~]`, PatternHint: "A header holds one line of plain characters. Paste the key again without line breaks.",
	}
	queryName = schema.Field{
		Name: "name", Kind: schema.Text, Title: "Parameter", Required: true, Placeholder: "api_key", MaxLength: 256,
		Help: "The name of the query parameter, as the service's documentation gives it.",
	}
	queryValue = schema.Field{
		Name: "value", Kind: schema.Secret, Title: "Value", Required: true, MaxLength: 8192,
		Help: "The key. It becomes part of the address, which servers tend to log: prefer a header where the service offers both.",
	}
)

// authorize puts the credential on a request.
func authorize(r *http.Request, call *connector.Call) {
	data := call.Credential.Data
	switch call.Credential.Type {
	case bearerType.Name:
		r.Header.Set("Authorization", "Bearer "+data.Text(token))
	case basicType.Name:
		rest.SetBasic(r, call, data.Text(username), data.Text(password))
	case headerType.Name:
		r.Header.Set(data.Text(headerName), data.Text(headerValue))
	case queryType.Name:
		own := url.QueryEscape(data.Text(queryName)) + "=" + url.QueryEscape(data.Text(queryValue))
		if r.URL.RawQuery != "" {
			own = r.URL.RawQuery + "&" + own
		}
		r.URL.RawQuery = own
	}
}

// credentialHeader gives the header that the credential will set, "" for none.
func credentialHeader(c connector.Credential) string {
	switch c.Type {
	case bearerType.Name, basicType.Name, oauth2Type.Name:
		return "Authorization"
	case headerType.Name:
		return c.Data.Text(headerName)
	default:
		return ""
	}
}
