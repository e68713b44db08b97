package mqtt

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"errors"

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

// Packet311 writes a message in a packet of MQTT 3.1.1.
func Packet311(topic string, body []byte, qos byte, retain bool, id uint16) []byte {
	return message{topic, body, qos, retain}.packet311(id)
}

// Read311 reads a packet of MQTT 3.1.1, and the message in it if it is one.
func Read311(packet []byte) (topic string, body []byte, qos byte, retain bool, id uint16, err error) {
	p, err := read311(bufio.NewReader(bytes.NewReader(packet)))
	if err != nil {
		return "", nil, 0, false, 0, err
	}
	_ = p.id()
	m, id, ok := p.message()
	if p.kind() != publish311 || !ok {
		return "", nil, 0, false, 0, errors.New("it is no message")
	}
	return m.topic, m.body, m.qos, m.retain, id, nil
}
