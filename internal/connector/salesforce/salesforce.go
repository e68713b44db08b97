// Package salesforce is the connector for Salesforce: it creates and changes records
// of any object, and asks for them in SOQL.
//
// Two kinds of credential work: a person grants access, or the client of the
// organization acts for the user that its administrator has assigned to it. Which one
// it is, the data say: without a grant it is the client.
package salesforce

import (
	_ "embed" // the guide and the glyph
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// apiVersion is that of Summer '25. Salesforce keeps a version for at least three years.
const apiVersion = "v64.0"

// loginURL is where a person of any organization signs in.
const loginURL = "https://login.salesforce.com"

// New declares the connector.
func New() connector.Connector {
	return connector.Connector{
		Name:            "salesforce",
		Title:           "Salesforce",
		Category:        connector.CRM,
		Summary:         "Create, change and find records of any Salesforce object.",
		SetupGuide:      setupGuide,
		Icon:            icon,
		CredentialHosts: hosts,
		CredentialTypes: []connector.CredentialType{credentialType},
		Actions:         []connector.Action{createRecord, updateRecord, query},
	}
}

var service = rest.Service{Title: "Salesforce", BaseOf: rest.Site(instanceURL), Explain: explain}

// Source: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm
var credentialType = connector.CredentialType{
	Name:      "salesforce_oauth2",
	Title:     "Salesforce organization",
	Summary:   "Access that a person grants to an organization, or an app that acts by itself.",
	Fields:    append(schema.Fields{clientID, clientSecret, instanceURL, loginSite}, connector.GrantFields()...),
	HintField: clientID.Name,
	Verify:    verify,
	OAuth: &connector.OAuth{
		App:               "salesforce",
		AuthorizeURL:      func(c connector.Credential) string { return signIn(c) + "/services/oauth2/authorize" },
		TokenURL:          func(c connector.Credential) string { return signIn(c) + "/services/oauth2/token" },
		Scopes:            []string{"openid", "api", "refresh_token"},
		Parameters:        map[string]string{"prompt": "login consent"},
		ClientCredentials: byClient,
		Keep:              schema.Fields{instanceURL},
	},
}

// The credential's fields.
var (
	clientID = schema.Field{
		Name: connector.ClientID.Name, Kind: schema.Text, Title: "Consumer key", MaxLength: 1024, Placeholder: "3MVG9ExampleKey",
		Help:    "The key of your external client app. Empty where Switchboard comes with an app of its own.",
		Pattern: `[!-~]+`, PatternHint: "A key has no spaces and no line breaks. Copy it again.",
	}
	clientSecret = schema.Field{
		Name: connector.ClientSecret.Name, Kind: schema.Secret, Title: "Consumer secret", MaxLength: 1024,
		Help: "The secret that is shown beside the key.",
	}
	instanceURL = schema.Field{
		Name: "instance_url", Kind: schema.Text, Title: "My Domain URL", MaxLength: 2048, Placeholder: "https://acme.my.salesforce.com",
		Help:    "The address of your organization, from Setup, My Domain. Needed where an app acts by itself; else it is filled in when access is granted.",
		Pattern: sitePattern, PatternHint: "It ends in .salesforce.com, such as https://acme.my.salesforce.com; the address that ends in .lightning.force.com is another one.",
	}
	loginSite = schema.Field{
		Name: "login_url", Kind: schema.Text, Title: "Sign-in address", MaxLength: 2048, Advanced: true,
		Help:    "Where people sign in, if not at your My Domain URL: https://login.salesforce.com, or https://test.salesforce.com for a sandbox.",
		Pattern: sitePattern, PatternHint: "It ends in .salesforce.com, such as https://test.salesforce.com.",
	}
)

// sitePattern takes addresses of Salesforce's own domains alone, for its commercial,
// government and Chinese clouds: the secret of the deployment's app goes there, and
// must not go to whoever enters an address.
const sitePattern = `(?:https://)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+(?:salesforce\.com|salesforce\.mil|sfcrmproducts\.cn)(?:[/?#].*)?`

// byClient says that an app acts by itself: it needs no grant, but an organization,
// for the common addresses to sign in at don't take apps.
func byClient(c connector.Credential) bool {
	return c.Data.Text(connector.RefreshToken) == "" && c.Data.Text(connector.AccessToken) == "" &&
		c.Data.Text(clientID) != "" && c.Data.Text(instanceURL) != ""
}

// signIn is where tokens come from: for a sandbox, or a domain of one's own, it has
// to be the one that the person signed in at.
func signIn(c connector.Credential) string {
	for _, f := range []schema.Field{loginSite, instanceURL} {
		if site := rest.Site(f)(c); site != "" && c.Data.Text(f) != "" {
			return site
		}
	}
	return loginURL
}

func hosts(c connector.Credential) []string {
	var hosts []string
	for _, f := range []schema.Field{instanceURL, loginSite} {
		if c.Data.Text(f) != "" {
			hosts = append(hosts, rest.SiteHosts(f)(c)...)
		}
	}
	if u, err := url.Parse(loginURL); err == nil {
		hosts = append(hosts, u.Host)
	}
	return hosts
}

// data is a path of the API, below its version.
func data(segments ...string) string {
	return rest.Path(append([]string{"services", "data", apiVersion}, segments...)...)
}

// object names a kind of record.
var object = schema.Field{
	Name: "object", Kind: schema.Text, Title: "Object", Required: true, Placeholder: "Lead", MaxLength: 255,
	Help:    "The API name of the object, such as Lead, Contact, Case or Invoice__c.",
	Pattern: namePattern, PatternHint: "An API name has letters, digits and underscores, such as Lead or Invoice__c.",
}

const (
	namePattern = `[A-Za-z][A-Za-z0-9_]*`
	idPattern   = `[A-Za-z0-9]{1,18}`
)

var recordID = schema.Field{Name: "id", Kind: schema.Text, Title: "ID", Required: true, Help: "The record's ID."}
