package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// signInFile is where the pages read how people sign in. It is {} where they do so by
// a token alone.
const signInFile = "sign-in.json"

// SignIn is how people sign in to the console at an identity provider, by the
// authorization code flow of OpenID Connect with PKCE. The zero value offers none.
type SignIn struct {
	// Issuer is where the provider's endpoints are found (OpenID Connect Discovery 1.0).
	Issuer string `json:"issuer,omitempty"`
	// ClientID names the console to the issuer: a public client, which has no secret. It
	// is the audience of the ID tokens, which are what the API takes.
	ClientID string `json:"client_id,omitempty"`
	// Scope is what is asked for, with spaces between; openid is part of it.
	Scope string `json:"scope,omitempty"`
	// TokenOrigin is where the token endpoint is, such as https://sign-in.example.com,
	// if that is not the issuer's own origin: pages may only ask whom the policy names.
	TokenOrigin string `json:"-"`
}

// file gives the settings as the pages read them.
func (s SignIn) file() (*file, error) {
	content, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing how people sign in: %w", err)
	}
	return newFile(signInFile, content), nil
}

// policy is what a browser may do with the pages: load what this server has, and
// nothing else. No inline scripts or styles, no frames around them, and no other hosts
// but those that a sign-in asks. Icons that the catalog gives as SVG text are data:
// images.
func (s SignIn) policy() (string, error) {
	hosts := []string{"'self'"}
	for _, address := range []string{s.Issuer, s.TokenOrigin} {
		if address == "" {
			continue
		}
		origin, err := originOf(address)
		if err != nil {
			return "", err
		}
		if !slices.Contains(hosts, origin) {
			hosts = append(hosts, origin)
		}
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src " + strings.Join(hosts, " ") + "; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", nil
}

// originOf gives scheme, host and port of a URL. What is none, or could add to the
// policy, is an error.
func originOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(u.Host, " ;,'\"*") {
		return "", errors.New("reading how people sign in: the issuer and its token endpoint are https URLs")
	}
	return u.Scheme + "://" + u.Host, nil
}
