package mqtt_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"golang.org/x/net/websocket"

	"switchboard/internal/connector/mqtt"
)

const (
	user = "switchboard"
	pass = "canary-password+7Qx9vLk2/Zt5"
)

// broker is a real one, in this process, that knows one user. Topics below secret/
// are closed, and on those below hangup/ it goes away without an answer.
type broker struct {
	mochi.HookBase
	server       *mochi.Server
	onSubscribed func()
	noRetain     bool // says in its greeting that it keeps no messages
	clients      chan string
	roots        *x509.CertPool
}

func newBroker(t testing.TB, capabilities *mochi.Capabilities) *broker {
	t.Helper()
	b := &broker{
		server:  mochi.New(&mochi.Options{Capabilities: capabilities, Logger: slog.New(slog.DiscardHandler), InlineClient: true}),
		clients: make(chan string, 100),
	}
	if err := b.server.AddHook(b, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.server.Close() })
	return b
}

// listen opens the broker in one of the ways and gives its address.
func (b *broker) listen(t testing.TB, scheme string) string {
	t.Helper()
	if scheme == "ws" || scheme == "wss" {
		return b.listenHTTP(t, scheme)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := scheme + "://" + l.Addr().String()
	if scheme == "mqtts" {
		l = tls.NewListener(l, b.certify(t))
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = b.server.EstablishConnection(scheme, conn) }() // it ends with an error whenever a client leaves
		}
	}()
	return address
}

func (b *broker) listenHTTP(t testing.TB, scheme string) string {
	ws := websocket.Server{
		Handshake: func(c *websocket.Config, r *http.Request) error {
			if r.URL.Path != "/mqtt" || len(c.Protocol) != 1 || c.Protocol[0] != "mqtt" {
				return errors.New("no MQTT here")
			}
			c.Origin = &url.URL{Host: r.RemoteAddr} // what the connection gives as its peer
			return nil
		},
		Handler: func(conn *websocket.Conn) {
			conn.PayloadType = websocket.BinaryFrame
			_ = b.server.EstablishConnection("ws", conn)
		},
	}
	server := httptest.NewUnstartedServer(ws)
	if scheme == "wss" {
		server.TLS = b.certify(t)
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.CloseClientConnections)
	return scheme + "://" + server.Listener.Addr().String() + "/mqtt"
}

// certify lends the certificate of a test server.
func (b *broker) certify(t testing.TB) *tls.Config {
	lender := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(lender.Close)
	b.roots = x509.NewCertPool()
	b.roots.AddCert(lender.Certificate())
	return &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS12}
}

// ID implements mochi.Hook.
func (b *broker) ID() string { return "test" }

// Provides implements mochi.Hook.
func (b *broker) Provides(hook byte) bool {
	return bytes.IndexByte([]byte{mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnSubscribed, mochi.OnPublish, mochi.OnPacketEncode}, hook) >= 0
}

// OnConnectAuthenticate implements mochi.Hook.
func (b *broker) OnConnectAuthenticate(client *mochi.Client, p packets.Packet) bool {
	b.clients <- client.ID
	return string(p.Connect.Username) == user && string(p.Connect.Password) == pass
}

// OnACLCheck implements mochi.Hook.
func (b *broker) OnACLCheck(_ *mochi.Client, topic string, _ bool) bool {
	return !strings.HasPrefix(topic, "secret/")
}

// OnSubscribed implements mochi.Hook.
func (b *broker) OnSubscribed(*mochi.Client, packets.Packet, []byte) {
	if b.onSubscribed != nil {
		b.onSubscribed()
	}
}

// OnPublish implements mochi.Hook.
func (b *broker) OnPublish(client *mochi.Client, p packets.Packet) (packets.Packet, error) {
	if strings.HasPrefix(p.TopicName, "hangup/") {
		client.Stop(io.EOF)
		return p, packets.ErrRejectPacket
	}
	return p, nil
}

// OnPacketEncode implements mochi.Hook.
func (b *broker) OnPacketEncode(_ *mochi.Client, p packets.Packet) packets.Packet {
	if b.noRetain && p.FixedHeader.Type == packets.Connack {
		p.Properties.RetainAvailable, p.Properties.RetainAvailableFlag = 0, true
	}
	return p
}

func TestWhere(t *testing.T) {
	tests := map[string]struct {
		data           map[string]any
		address        string
		tls, webSocket bool
		path           string
	}{
		"MQTT":         {map[string]any{"broker_url": "mqtt://b.example.com"}, "b.example.com:1883", false, false, ""},
		"MQTTS":        {map[string]any{"broker_url": "mqtts://b.example.com"}, "b.example.com:8883", true, false, ""},
		"WS":           {map[string]any{"broker_url": "ws://b.example.com/mqtt"}, "b.example.com:80", false, true, "/mqtt"},
		"WSS":          {map[string]any{"broker_url": "wss://b.example.com/mqtt"}, "b.example.com:443", true, true, "/mqtt"},
		"PortWithin":   {map[string]any{"broker_url": "mqtts://b.example.com:8884"}, "b.example.com:8884", true, false, ""},
		"PortField":    {map[string]any{"broker_url": "mqtts://b.example.com:8884", "port": int64(9000)}, "b.example.com:9000", true, false, ""},
		"TLSField":     {map[string]any{"broker_url": "mqtt://b.example.com", "tls": true}, "b.example.com:8883", true, false, ""},
		"TLSFieldPort": {map[string]any{"broker_url": "ws://b.example.com:8080", "tls": true}, "b.example.com:8080", true, true, ""},
		"IPv6":         {map[string]any{"broker_url": "mqtt://[2001:db8::1]"}, "[2001:db8::1]:1883", false, false, ""},
		"ErrScheme":    {map[string]any{"broker_url": "http://b.example.com"}, "", false, false, ""},
		"ErrNoHost":    {map[string]any{"broker_url": "mqtt:///x"}, "", false, false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			address, secure, webSocket, path := mqtt.Where(tt.data)
			if address != tt.address || secure != tt.tls || webSocket != tt.webSocket || path != tt.path {
				t.Errorf("it is %s, TLS %t, WebSocket %t, path %q", address, secure, webSocket, path)
			}
		})
	}
}
