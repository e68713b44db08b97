package mqtt

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"golang.org/x/net/websocket"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

const (
	// patience is how long a broker may take to answer one packet.
	patience = 15 * time.Second
	// keepAlive is how often a broker hears of a step that waits, in seconds.
	keepAlive = 20
	// largest is the size of the packets that a broker may send, in bytes; mostHeard
	// is for all of them together, from brokers that don't heed it.
	largest   = 256 << 10
	mostHeard = 4 << 20
)

// session is one conversation with a broker, signed in.
type session struct {
	broker
	client   *paho.Client
	retains  bool            // the broker keeps messages
	alive    context.Context // ends with the conversation, on whichever side
	end      context.CancelFunc
	words    func(string) string   // makes the broker's text fit to be shown
	messages chan *paho.Publish    // the first one
	goodbye  chan *paho.Disconnect // the broker's, with its reason
}

// connect opens a conversation: connection, encryption, sign-in.
func (d dialer) connect(ctx context.Context, call *connector.Call) (*session, error) {
	b, err := brokerOf(call)
	if err != nil {
		return nil, err
	}
	s := &session{
		broker: b, messages: make(chan *paho.Publish, 1), goodbye: make(chan *paho.Disconnect, 1),
		words: func(text string) string { return rest.Words(call, text) },
	}
	conn, err := d.dial(ctx, call, b)
	if err != nil {
		return nil, err
	}
	s.alive, s.end = context.WithCancel(ctx)
	s.client = paho.NewClient(paho.ClientConfig{
		Conn: packets.NewThreadSafeConn(conn), PacketTimeout: patience,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){s.receive},
		OnClientError:     func(error) { s.end() }, // the client itself would wait for its answer until its patience ends
		OnServerDisconnect: func(reason *paho.Disconnect) {
			s.goodbye <- reason // a client sees at most one
			s.end()
		},
	})
	answer, err := s.client.Connect(ctx, signIn(call))
	if err != nil {
		s.end()
		_ = conn.Close() // given up
		if answer != nil && answer.ReasonCode >= failed {
			reason := ""
			if answer.Properties != nil {
				reason = answer.Properties.ReasonString
			}
			f := s.refusal(answer.ReasonCode, reason)
			if answer.ReasonCode == notAuthorized {
				f = f.WithHint("%s", accountHint+" Some brokers say this, too, where the user may not connect from here or with this client id.")
			}
			return nil, f
		}
		return nil, s.lost(ctx, err, "signing in").
			WithHint("The broker has to speak MQTT 5. If its port expects encryption, the address begins with mqtts:// or wss://.")
	}
	s.retains = answer.Properties == nil || answer.Properties.RetainAvailable
	return s, nil
}

// signIn is the packet with which a conversation begins. Nothing of it is kept at
// the broker. The key makes a second attempt take the place of the first.
func signIn(call *connector.Call) *paho.Connect {
	data := call.Credential.Data
	size := uint32(largest)
	return &paho.Connect{
		ClientID:   cmp.Or(data.Text(clientID), "switchboard-"+call.Key),
		CleanStart: true, KeepAlive: keepAlive,
		Username: data.Text(username), UsernameFlag: data.Text(username) != "",
		Password: []byte(data.Text(password)), PasswordFlag: data.Text(password) != "",
		Properties: &paho.ConnectProperties{MaximumPacketSize: &size},
	}
}

// receive keeps the first message.
func (s *session) receive(r paho.PublishReceived) (bool, error) {
	select {
	case s.messages <- r.Packet:
	default:
	}
	return true, nil
}

// close says goodbye. Nothing depends on whether the broker hears it.
func (s *session) close() {
	_ = s.client.Disconnect(&paho.Disconnect{})
	s.end()
}

// dial opens the connection, encrypted and within a WebSocket as the address wants it.
func (d dialer) dial(ctx context.Context, call *connector.Call, b broker) (net.Conn, error) {
	plain, err := call.Dial(ctx, "tcp", b.address())
	if err != nil {
		return nil, err // a fault already
	}
	var conn net.Conn = &bounded{Conn: plain, left: mostHeard}
	if b.tls {
		secure := tls.Client(conn, &tls.Config{ServerName: b.host, RootCAs: d.roots, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = plain.Close() // given up
			return nil, b.untrusted(ctx, err)
		}
		conn = secure
	}
	if b.webSocket {
		socket, err := b.upgrade(ctx, conn)
		if err != nil {
			_ = plain.Close() // given up
			return nil, b.lost(ctx, err, "opening the WebSocket").WithHint("Check host, port and path: most brokers expect the path /mqtt.")
		}
		conn = socket
	}
	return conn, nil
}

// upgrade begins a WebSocket on a connection.
//
// Source: https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901285
func (b broker) upgrade(ctx context.Context, conn net.Conn) (net.Conn, error) {
	address := "://" + b.address() + cmp.Or(b.path, "/")
	scheme := map[bool]string{false: "", true: "s"}[b.tls]
	config, err := websocket.NewConfig("ws"+scheme+address, "http"+scheme+address)
	if err != nil {
		return nil, err
	}
	config.Protocol = []string{"mqtt"}
	unwatch := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // wakes what reads
	socket, err := websocket.NewClient(config, conn)
	if !unwatch() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	socket.PayloadType = websocket.BinaryFrame
	return socket, nil
}

// bounded ends a connection on which the broker says too much.
type bounded struct {
	net.Conn
	left int
}

var errTooMuch = errors.New("the broker sent more than is read")

// Read implements net.Conn.
func (c *bounded) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooMuch
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// lost is the fault of a conversation that ended before its end.
func (b broker) lost(ctx context.Context, err error, doing string) *fault.Error {
	switch {
	case errors.Is(err, errTooMuch):
		return fault.New(fault.OutputTooLarge, "%s sent more than 4 MB while %s.", b.address(), doing).Because(err)
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.New(fault.ServiceUnavailable, "The call to %s was stopped while %s.", b.address(), doing).Because(err)
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.ServiceUnavailable, "%s did not answer in time while %s.", b.address(), doing).Because(err)
	default:
		return fault.New(fault.ServiceUnavailable, "The connection to %s was lost while %s.", b.address(), doing).Because(err)
	}
}

// untrusted is the fault of encryption that could not be set up.
func (b broker) untrusted(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fault.New(fault.ServiceUnavailable, "The certificate of %s is not valid for it.", b.address()).
			WithHint("It has to be of a public authority, not expired, and for the host in the address.").Because(err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fault.New(fault.InvalidInput, "%s does not speak TLS.", b.address()).
			WithHint("Encrypted brokers usually listen on port 8883, those within WebSockets on 443 or 8084.").Because(err)
	}
	return b.lost(ctx, err, "setting up encryption").
		WithHint("The port may not speak TLS. Encrypted brokers usually listen on port 8883, those within WebSockets on 443 or 8084.")
}
