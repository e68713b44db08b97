package mqtt

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

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

// session is one conversation with a broker, signed in. How it goes on is for the
// version of the protocol that both speak: see speaker.
type session struct {
	broker
	speaker
	alive    context.Context // ends with the conversation, on whichever side
	end      context.CancelCauseFunc
	words    func(string) string // makes the broker's text fit to be shown
	messages chan message        // the first one
	goodbye  chan farewell       // the broker's
}

// message is what is published.
type message struct {
	topic  string
	body   []byte
	qos    byte
	retain bool
}

// farewell is why a broker hangs up.
type farewell struct {
	code byte
	said string
}

// speaker is the part of a conversation that MQTT 5 and 3.1.1 write differently. A
// broker's no is a fault; other errors say that the conversation has ended.
type speaker interface {
	publish(ctx context.Context, m message) error
	subscribe(ctx context.Context, filter string, qos byte) error
	// leave says goodbye. Nothing depends on whether the broker hears it.
	leave()
}

// connect opens a conversation: connection, encryption, sign-in. Brokers that know
// only MQTT 3.1.1 are asked once more in their own version.
func (d dialer) connect(ctx context.Context, call *connector.Call) (*session, error) {
	b, err := brokerOf(call)
	if err != nil {
		return nil, err
	}
	s, err := d.speak5(ctx, call, b)
	if errors.Is(err, errVersion) {
		return d.speak311(ctx, call, b)
	}
	return s, err
}

// open dials for a conversation.
func (d dialer) open(ctx context.Context, call *connector.Call, b broker) (*session, *witness, error) {
	conn, err := d.dial(ctx, call, b)
	if err != nil {
		return nil, nil, err
	}
	s := &session{broker: b, messages: make(chan message, 1), goodbye: make(chan farewell, 1)}
	s.words = func(text string) string { return rest.Words(call, text) }
	s.alive, s.end = context.WithCancelCause(ctx)
	return s, &witness{Conn: conn}, nil
}

// keep keeps the first message.
func (s *session) keep(m message) {
	select {
	case s.messages <- m:
	default:
	}
}

func (s *session) close() {
	s.leave()
	s.end(nil)
}

// refusedSignIn is the fault of a broker that does not let the user in.
func (s *session) refusedSignIn(code byte, said string) *fault.Error {
	f := s.refusal(code, said)
	if code == notAuthorized {
		f = f.WithHint("%s", accountHint+" Some brokers say this, too, where the user may not connect from here or with this client id.")
	}
	return f
}

// unanswered is the fault of a sign-in that did not come to an end.
func (s *session) unanswered(ctx context.Context, err error) *fault.Error {
	return s.lost(ctx, err, "signing in").
		WithHint("If the broker's port expects encryption, the address begins with mqtts:// or wss://.")
}

// name is the client's. The key makes a second attempt take the place of the first.
func name(call *connector.Call) string {
	return cmp.Or(call.Credential.Data.Text(clientID), "switchboard-"+call.Key)
}

// errVersion says that a broker does not speak the version in which it was asked.
var errVersion = errors.New("the broker does not speak this version of MQTT")

// witness remembers how a broker's first answer begins.
type witness struct {
	net.Conn

	mu    sync.Mutex // the client reads in a goroutine of its own
	first [4]byte
	n     int
}

// Read implements net.Conn.
func (w *witness) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n += copy(w.first[w.n:], p[:n])
	return n, err
}

// refusesVersion says whether the answer was that of MQTT 3.1.1 to another version,
// or none at all, as of brokers that just hang up. It is asked when the conversation
// is over.
func (w *witness) refusesVersion() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n == 0 || w.first == [...]byte{0x20, 2, 0, 1}
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
