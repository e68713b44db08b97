// Package smtp is the connector for mail servers: it hands a message in over
// SMTP (RFC 5321), with the account that a person would enter in a mail program.
//
// The message is built by go-mail. The conversation is led step by step with
// go-mail's SMTP client rather than by its Send, for two reasons: a refused
// recipient has to be reported by name before anything is sent, and a connection
// that breaks has to be told apart by whether the end of the message had been
// written. Before that nothing was sent; after it nobody knows.
package smtp

import (
	"crypto/x509"
	_ "embed" // the guide and the glyph

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

//go:embed setup.md
var setupGuide string

//go:embed icon.svg
var icon string

// New declares the connector.
func New() connector.Connector { return mailer{}.declare() }

// mailer carries what all calls share.
type mailer struct {
	roots *x509.CertPool // who may certify servers; nil means the system's
}

func (m mailer) declare() connector.Connector {
	return connector.Connector{
		Name:       "smtp",
		Title:      "SMTP",
		Category:   connector.Email,
		Summary:    "Send email through any mail server, with the account of a mailbox or a relay.",
		SetupGuide: setupGuide,
		Icon:       icon,
		CredentialHosts: func(c connector.Credential) []string {
			return []string{c.Data.Text(host)}
		},
		CredentialTypes: []connector.CredentialType{{
			Name:      "smtp",
			Title:     "Mail server account",
			Summary:   "Host, user name and password of an outgoing mail server.",
			Fields:    schema.Fields{host, security, port, username, password, from},
			HintField: username.Name,
			Verify:    m.verify,
		}},
		Actions: []connector.Action{m.sendEmail()},
	}
}

// The fields of the credential type.
var (
	host = schema.Field{
		Name: "host", Kind: schema.Text, Title: "Host", Required: true,
		Help:        "Name of the outgoing mail server, as the provider's help page gives it.",
		Placeholder: "smtp.example.com",
		MaxLength:   253,
		Pattern:     `[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+`,
		PatternHint: "Only the name of the server, without smtp:// and without a port, such as smtp.example.com.",
	}
	security = schema.Field{
		Name: "security", Kind: schema.Choice, Title: "Security",
		Choices: []string{securityTLS, securityStartTLS, securityNone}, Default: securityStartTLS,
		Help: "tls is encrypted from the start (usually port 465), starttls switches to encryption before anything is sent (usually 587), none is not encrypted at all: only for a server inside your own network.",
	}
	port = schema.Field{
		Name: "port", Kind: schema.Integer, Title: "Port", Min: schema.Limit(1), Max: schema.Limit(65535),
		Help:        "Empty means 465 for tls, 587 for starttls and 25 for none.",
		Placeholder: "587",
	}
	username = schema.Field{
		Name: "username", Kind: schema.Text, Title: "User name", MaxLength: 320, Personal: true,
		Help:        "Often the whole email address. Empty for a relay that asks for no sign-in.",
		Placeholder: "alerts@example.com",
	}
	password = schema.Field{
		Name: "password", Kind: schema.Secret, Title: "Password", MaxLength: 4096,
		Help: "Many providers want an app password or an SMTP key here, not the password of the mailbox.",
	}
	from = schema.Field{
		Name: "from", Kind: schema.Text, Title: "From", MaxLength: 320, Personal: true,
		Help:        "Who messages come from: an address that this account may send as, with a name if you like. Empty means the user name.",
		Placeholder: "Example Alerts <alerts@example.com>",
	}
)

// Ways to protect the connection.
const (
	securityTLS      = "tls"
	securityStartTLS = "starttls"
	securityNone     = "none"
)
