package token

import (
	"fmt"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// Question is what a person is asked to grant.
type Question struct {
	State       string
	Challenge   string // of PKCE, by S256
	RedirectURI string
	Scopes      []string
}

// Address gives the page where the person answers.
func (e Endpoint) Address(q Question) (string, error) {
	if e.OAuth.AuthorizeURL == nil {
		return "", fault.New(fault.InvalidInput, "%s does not ask a person for access.", e.Title)
	}
	page, err := url.Parse(e.OAuth.AuthorizeURL(e.Call.Credential))
	if err != nil || page.Host == "" {
		return "", fault.New(fault.InvalidInput, "The address of %s in the credential cannot be read.", e.Title).Because(err)
	}
	query := page.Query()
	for name, value := range e.OAuth.Parameters {
		query.Set(name, value)
	}
	for name, value := range map[string]string{
		"response_type": "code", "client_id": e.Call.Credential.Data.Text(connector.ClientID),
		"redirect_uri": q.RedirectURI, "scope": strings.Join(q.Scopes, " "), "state": q.State,
		"code_challenge": q.Challenge, "code_challenge_method": "S256",
	} {
		query.Set(name, value)
	}
	page.RawQuery = query.Encode()
	return fmt.Sprint(rest.Address(e.Call, page)), nil
}
