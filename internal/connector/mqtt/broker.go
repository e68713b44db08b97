package mqtt

import (
	"net"
	"net/url"
	"strconv"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// broker is where a broker listens, and how it is spoken to.
type broker struct {
	host      string
	port      int
	tls       bool
	webSocket bool
	path      string // of the WebSocket
}

// schemes say how a broker is spoken to; TLS and WebSocket each change the usual port.
var schemes = map[string]broker{
	"mqtt":  {port: 1883},
	"mqtts": {port: 8883, tls: true},
	"ws":    {port: 80, webSocket: true},
	"wss":   {port: 443, webSocket: true, tls: true},
}

// readBroker reads the credential. Its port goes before the one in the address.
func readBroker(data schema.Input) (broker, error) {
	u, err := url.Parse(data.Text(brokerURL))
	if err != nil || u.Hostname() == "" {
		return broker{}, unreadable(err)
	}
	b, ok := schemes[u.Scheme]
	if !ok {
		return broker{}, unreadable(nil)
	}
	if data.Bool(encrypted) && !b.tls {
		b.tls, b.port = true, map[bool]int{false: 8883, true: 443}[b.webSocket]
	}
	b.host, b.path = u.Hostname(), u.EscapedPath()
	if p, err := strconv.Atoi(u.Port()); err == nil {
		b.port = p
	}
	if p := data.Int(port); p != 0 {
		b.port = p
	}
	return b, nil
}

func unreadable(cause error) error {
	return fault.New(fault.InvalidInput, "The broker's address in the credential cannot be read.").
		WithHint("It has to look like mqtts://broker.example.com.").Because(cause)
}

// brokerOf reads where a call goes. An upstream replaces host and port; with one of
// the schemes for brokers it also says how the broker is spoken to.
func brokerOf(call *connector.Call) (broker, error) {
	b, err := readBroker(call.Credential.Data)
	if err != nil || call.Upstream == nil {
		return b, err
	}
	up := call.Upstream
	if known, ok := schemes[up.Scheme]; ok {
		known.path = up.EscapedPath()
		b = known
	}
	b.host = up.Hostname()
	if p, err := strconv.Atoi(up.Port()); err == nil {
		b.port = p
	}
	return b, nil
}

func (b broker) address() string { return net.JoinHostPort(b.host, strconv.Itoa(b.port)) }
