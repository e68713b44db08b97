// Package mqtt is the connector for MQTT brokers.
//
// It speaks MQTT 5, and 3.1.1 with brokers that refuse it, with Eclipse's clients
// over connections of its own making: they go through Call.Dial, and so through the
// guard. Each step is one conversation, connected, used and closed, since a workflow
// holds nothing open between steps. Version 5 goes first: it tells with a code what
// a broker refused, which 3.1.1 mostly does not.
//
// Source: https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html
package mqtt

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
func New() connector.Connector { return dialer{}.declare() }

// dialer carries what all calls share.
type dialer struct {
	roots *x509.CertPool // who may certify brokers; nil means the system's
}

func (d dialer) declare() connector.Connector {
	return connector.Connector{
		Name:       "mqtt",
		Title:      "MQTT",
		Category:   connector.IoT,
		Summary:    "Publish messages to an MQTT broker, and wait for one.",
		SetupGuide: setupGuide,
		Icon:       icon,
		CredentialHosts: func(c connector.Credential) []string {
			b, err := readBroker(c.Data)
			if err != nil {
				return nil
			}
			return []string{b.address()}
		},
		CredentialTypes: []connector.CredentialType{{
			Name:      "mqtt",
			Title:     "MQTT broker account",
			Summary:   "The address of a broker, and a user's name and password there.",
			Fields:    schema.Fields{brokerURL, port, username, password, encrypted, clientID},
			HintField: brokerURL.Name,
			Verify:    d.verify,
		}},
		Actions: []connector.Action{d.publish(), d.subscribeOnce()},
	}
}

// The fields of the credential type.
var (
	brokerURL = schema.Field{
		Name: "broker_url", Kind: schema.Text, Title: "Broker", Required: true, MaxLength: 2048, Placeholder: "mqtts://broker.example.com",
		Help:    "The broker's address. mqtts and wss are encrypted, mqtt and ws are not: use those only within your own network.",
		Pattern: `(?:mqtts?|wss?)://[^@\s?#]+`, PatternHint: "It begins with mqtt://, mqtts://, ws:// or wss:// and a host, without user name and password.",
	}
	port = schema.Field{
		Name: "port", Kind: schema.Integer, Title: "Port", Min: schema.Limit(1), Max: schema.Limit(65535), Placeholder: "8883",
		Help: "Empty means the port in the address, or else 1883 for mqtt, 8883 for mqtts, 80 for ws and 443 for wss.",
	}
	username = schema.Field{
		Name: "username", Kind: schema.Text, Title: "User name", MaxLength: 1024, Personal: true,
		Help: "Empty for a broker that asks for no sign-in.",
	}
	password = schema.Field{
		Name: "password", Kind: schema.Secret, Title: "Password", MaxLength: 8192,
		Help: "The user's password, or the token that the broker gave.",
	}
	encrypted = schema.Field{
		Name: "tls", Kind: schema.Boolean, Title: "Encrypt", Default: false, Advanced: true,
		Help: "Use TLS although the address begins with mqtt:// or ws://.",
	}
	clientID = schema.Field{
		Name: "client_id", Kind: schema.Text, Title: "Client id", MaxLength: 255, Advanced: true,
		Help: "Only where the broker's rules name one: steps that run at once under one id throw each other out. Empty gives each step its own.",
	}
)

// qos is how both actions ask for delivery.
var qos = schema.Field{
	Name: "qos", Kind: schema.Integer, Title: "Quality of service", Default: int64(1), Min: schema.Limit(0), Max: schema.Limit(2),
	Help: "0 is at most once and unconfirmed, 1 at least once, 2 exactly once between here and the broker.",
}
