package mqtt

import (
	"crypto/x509"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

// NewTrusting declares the connector for brokers that these authorities certify.
func NewTrusting(roots *x509.CertPool) connector.Connector { return dialer{roots: roots}.declare() }

// Where gives what is made of a credential: "" where its address cannot be read.
func Where(data map[string]any) (address string, tls, webSocket bool, path string) {
	b, err := readBroker(schema.NewInput(data))
	if err != nil {
		return "", false, false, ""
	}
	return b.address(), b.tls, b.webSocket, b.path
}
