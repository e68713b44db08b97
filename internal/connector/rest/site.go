package rest

import (
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// SitePattern is for a field that holds the address of a customer's own site,
// such as https://acme.atlassian.net: encrypted, and on a host with a domain name.
// What stands behind the host comes along when people copy an address from their
// browser; Site leaves it out. Whether the host is public is for the network to
// judge when it is called.
const SitePattern = `(?:https://)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]+)(?::[0-9]{1,5})?(?:[/?#].*)?`

// Site gives the base URL of the site that a field of the credential names; it is
// meant for Service.BaseOf.
func Site(address schema.Field) func(connector.Credential) string {
	return func(c connector.Credential) string {
		host := siteHost(c, address)
		if host == "" {
			return ""
		}
		return "https://" + host
	}
}

// SiteHosts gives the host of that site; it is meant for Connector.CredentialHosts.
func SiteHosts(address schema.Field) func(connector.Credential) []string {
	return func(c connector.Credential) []string {
		if host := siteHost(c, address); host != "" {
			return []string{host}
		}
		return nil
	}
}

func siteHost(c connector.Credential, address schema.Field) string {
	u, err := url.Parse("https://" + strings.TrimPrefix(c.Data.Text(address), "https://"))
	if err != nil {
		return ""
	}
	return u.Host
}
