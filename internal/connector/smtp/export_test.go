package smtp

import (
	"crypto/x509"

	"switchboard/internal/connector"
)

// NewTrusting declares the connector for servers that these roots certify.
func NewTrusting(roots *x509.CertPool) connector.Connector { return mailer{roots: roots}.declare() }
