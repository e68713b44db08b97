// Package httpconnector is the connector for everything that has an HTTP API and
// no connector of its own: the step says the whole request, and gets the answer
// as it is.
//
// The author names the address, so this connector reaches any public host; what
// keeps it out of the company's network is the guard in outbound. A credential
// goes to the address that the author wrote, and to no other that a redirect
// leads to.
package httpconnector

import (
	_ "embed" // the guide and the glyph
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:               "http",
		Title:              "HTTP request",
		Category:           connector.HTTP,
		Summary:            "Call any HTTP API, with or without a credential.",
		SetupGuide:         setupGuide,
		Icon:               icon,
		AnyHost:            true,
		CredentialTypes:    []connector.CredentialType{bearerType, basicType, headerType, queryType, oauth2Type},
		CredentialOptional: true,
		Actions:            []connector.Action{request},
	}
}

// service speaks to whatever host the step names; messages call it by that name.
var service = rest.Service{Authorize: authorize, Explain: explain}

// methods are those that a request to a service can have. CONNECT asks a proxy for
// a tunnel, and TRACE asks for the request back with its credential; neither calls an API.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions,
}

// repeatableMethods may be sent twice without doing more than once (RFC 9110, 9.2.2).
var repeatableMethods = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete}
