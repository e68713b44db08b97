package mqtt_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"strings"
	"testing"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/mqtt"
	"switchboard/internal/fault"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, mqtt.New(), connectortest.WithoutHTTP("it speaks MQTT, which this package's tests do with a broker of their own"))
}

// run runs an action, or Verify, as in production. Whatever comes of it, the
// password must not be in it.
func run(ctx context.Context, t testing.TB, con connector.Connector, action string, data, config map[string]any) (connector.Output, connector.Identity, error) {
	t.Helper()
	account := map[string]any{"username": user, "password": pass}
	maps.Copy(account, data)
	var logged strings.Builder
	call, _ := connectortest.Call(t, con, connectortest.Setup{
		Action: action, Config: config, CredentialType: "mqtt", Data: account,
		Log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	var out connector.Output
	var who connector.Identity
	var err error
	if a, ok := con.Action(action); ok {
		out, err = a.Run(ctx, call)
	} else {
		who, err = con.CredentialTypes[0].Verify(ctx, call)
	}
	text := fmt.Sprint(logged.String(), out, who, err)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		text += f.Message + f.Hint
	}
	if strings.Contains(text, pass) {
		t.Errorf("the password is in what came of it: %s", text)
	}
	return out, who, err
}

// heard is a message as the broker got it.
type heard struct {
	topic, payload string
	retain         bool
	qos            byte
}

// listenTo gives what is sent to the broker.
func (b *broker) listenTo(t testing.TB, filter string) <-chan heard {
	t.Helper()
	messages := make(chan heard, 10)
	err := b.server.Subscribe(filter, 1, func(_ *mochi.Client, _ packets.Subscription, p packets.Packet) {
		messages <- heard{p.TopicName, string(p.Payload), p.FixedHeader.Retain, p.FixedHeader.Qos}
	})
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func next(t testing.TB, messages <-chan heard) heard {
	t.Helper()
	select {
	case m := <-messages:
		return m
	case <-t.Context().Done():
		t.Fatal("no message came")
		return heard{}
	}
}

func TestPublish(t *testing.T) {
	for _, scheme := range []string{"mqtt", "mqtts", "ws", "wss"} {
		for qos := range 3 {
			t.Run(fmt.Sprintf("%s/%d", scheme, qos), func(t *testing.T) {
				b := newBroker(t, nil)
				messages := b.listenTo(t, "hall/#")
				address := b.listen(t, scheme)
				_, _, err := run(t.Context(), t, mqtt.NewTrusting(b.roots), "publish", map[string]any{"broker_url": address}, map[string]any{"topic": "hall/lamp", "payload": map[string]any{"on": true}, "qos": qos})
				if err != nil {
					t.Fatal(err)
				}
				if m := next(t, messages); m.topic != "hall/lamp" || m.payload != `{"on":true}` {
					t.Errorf("the broker got %+v", m)
				}
			})
		}
	}
}

func TestPayload(t *testing.T) {
	b := newBroker(t, nil)
	messages, address := b.listenTo(t, "t"), b.listen(t, "mqtt")
	for name, tt := range map[string]struct {
		given any
		want  string
	}{"Text": {"on", "on"}, "Number": {21.5, "21.5"}, "List": {[]any{1, "a"}, `[1,"a"]`}, "Nothing": {nil, ""}} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := run(t.Context(), t, mqtt.New(), "publish", map[string]any{"broker_url": address}, map[string]any{"topic": "t", "payload": tt.given}); err != nil {
				t.Fatal(err)
			}
			if m := next(t, messages); m.payload != tt.want {
				t.Errorf("payload = %q, want %q", m.payload, tt.want)
			}
		})
	}
}

func TestSubscribeOnce(t *testing.T) {
	b := newBroker(t, nil)
	address := b.listen(t, "mqtt")
	wait := map[string]any{"topic": "hall/+/temperature", "qos": 2, "timeout_seconds": 60}
	t.Run("OK", func(t *testing.T) {
		b.onSubscribed = func() { _ = b.server.Publish("hall/3/temperature", []byte("21.5"), false, 1) }
		defer func() { b.onSubscribed = nil }()
		out, _, err := run(t.Context(), t, mqtt.New(), "subscribe_once", map[string]any{"broker_url": address}, wait)
		if err != nil || out["topic"] != "hall/3/temperature" || out["payload"] != "21.5" || out["encoding"] != "text" || out["retained"] != false {
			t.Errorf("output = %v, error = %v", out, err)
		}
	})
	t.Run("OKRetained", func(t *testing.T) {
		config := map[string]any{"topic": "kept/one", "payload": "x\xff", "retain": true, "qos": 1}
		if _, _, err := run(t.Context(), t, mqtt.New(), "publish", map[string]any{"broker_url": address}, config); err != nil {
			t.Fatal(err)
		}
		out, _, err := run(t.Context(), t, mqtt.New(), "subscribe_once", map[string]any{"broker_url": address}, map[string]any{"topic": "kept/#"})
		if err != nil || out["topic"] != "kept/one" || out["payload"] != "eP8=" || out["encoding"] != "base64" || out["retained"] != true {
			t.Errorf("output = %v, error = %v", out, err)
		}
	})
	t.Run("ErrNothingCame", func(t *testing.T) {
		_, _, err := run(t.Context(), t, mqtt.New(), "subscribe_once", map[string]any{"broker_url": address}, map[string]any{"topic": "silent", "timeout_seconds": 1})
		connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "No message came within 1s.", Hint: "retain"}.Check(t, err)
	})
	t.Run("ErrCancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b.onSubscribed = cancel
		defer func() { b.onSubscribed = nil }()
		_, _, err := run(ctx, t, mqtt.New(), "subscribe_once", map[string]any{"broker_url": address}, wait)
		if f := fault.Of(err); f.Code != fault.ServiceUnavailable || f.Unsettled {
			t.Errorf("error = %+v", f)
		}
	})
	t.Run("ErrClosedTopic", func(t *testing.T) {
		_, _, err := run(t.Context(), t, mqtt.New(), "subscribe_once", map[string]any{"broker_url": address}, map[string]any{"topic": "secret/x"})
		if f := fault.Of(err); f.Code != fault.AuthFailed || !strings.Contains(f.Message, "Not authorized") {
			t.Errorf("error = %+v", f)
		}
	})
	for name, filter := range map[string]string{"ErrHashWithin": "a/#/b", "ErrHashBeside": "a/b#", "ErrPlusBeside": "a+/b"} {
		t.Run(name, func(t *testing.T) {
			_, _, err := run(t.Context(), t, mqtt.New(), "subscribe_once", map[string]any{"broker_url": address}, map[string]any{"topic": filter})
			connectortest.Refusal{Code: fault.InvalidInput, Message: "In a topic, + stands for a whole level...", Hint: "factory/#", Pointer: "/topic"}.Check(t, err)
		})
	}
}

func TestRefusals(t *testing.T) {
	capabilities := mochi.NewDefaultServerCapabilities()
	capabilities.MaximumQos = 1
	b := newBroker(t, capabilities)
	b.noRetain = true
	address := b.listen(t, "mqtt")
	host := strings.TrimPrefix(address, "mqtt://")
	tests := map[string]struct {
		data, config map[string]any
		want         connectortest.Refusal
	}{
		"ErrPassword": {
			map[string]any{"broker_url": address, "password": "another"}, map[string]any{"topic": "t"},
			connectortest.Refusal{Code: fault.AuthFailed, Message: host + " refused: Bad user name or password...", Hint: "password"},
		},
		"ErrClosedTopic": {
			map[string]any{"broker_url": address}, map[string]any{"topic": "secret/t", "qos": 1},
			connectortest.Refusal{Code: fault.AuthFailed, Message: host + " refused: Not authorized", Hint: "rules"},
		},
		"ErrRetain": {
			map[string]any{"broker_url": address}, map[string]any{"topic": "t", "retain": true},
			connectortest.Refusal{Code: fault.InvalidInput, Message: host + " refused: Retain not supported", Hint: "Turn retain off"},
		},
		"ErrQoS": {
			map[string]any{"broker_url": address}, map[string]any{"topic": "t", "qos": 2},
			connectortest.Refusal{Code: fault.InvalidInput, Message: host + " does not take the message...", Hint: "lower quality"},
		},
		"ErrHangUp": { // whether the message was taken nobody can tell
			map[string]any{"broker_url": address}, map[string]any{"topic": "hangup/t", "qos": 1},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "The connection to " + host + " was lost while publishing.", Unsettled: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := run(t.Context(), t, mqtt.New(), "publish", tt.data, tt.config)
			tt.want.Check(t, err)
		})
	}
}

// peer is a server that is no broker.
func peer(t testing.TB, talk func(net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				talk(conn)
			}()
		}
	}()
	return l.Addr().String()
}

func TestNoBroker(t *testing.T) {
	silent := peer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	closing := peer(t, func(net.Conn) {})
	talking := peer(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example.com ESMTP\r\n") })
	gone := peer(t, func(net.Conn) {})
	tests := map[string]struct {
		address string
		want    fault.Code
	}{
		"ErrClosed":       {"mqtt://" + closing, fault.ServiceUnavailable},
		"ErrOtherService": {"mqtt://" + talking, fault.ServiceUnavailable},
		"ErrNoTLS":        {"mqtts://" + talking, fault.InvalidInput},
		"ErrNoWebSocket":  {"ws://" + closing + "/mqtt", fault.ServiceUnavailable},
		"ErrNoTLSAtAll":   {"mqtts://" + gone, fault.ServiceUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := run(t.Context(), t, mqtt.New(), "publish", map[string]any{"broker_url": tt.address}, map[string]any{"topic": "t"})
			if f := fault.Of(err); f.Code != tt.want || f.Unsettled {
				t.Errorf("error = %+v, want %s, settled", f, tt.want)
			}
		})
	}
	for _, scheme := range []string{"mqtt", "mqtts", "ws"} {
		t.Run("ErrCancelled/"+scheme, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			asked := peer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 1))
				cancel()
				_, _ = io.Copy(io.Discard, c)
			})
			_, _, err := run(ctx, t, mqtt.New(), "publish", map[string]any{"broker_url": scheme + "://" + asked}, map[string]any{"topic": "t"})
			if f := fault.Of(err); f.Code != fault.ServiceUnavailable || f.Unsettled || !strings.Contains(f.Message, "stopped") {
				t.Errorf("error = %+v", f)
			}
		})
	}
	t.Run("ErrUntrusted", func(t *testing.T) {
		b := newBroker(t, nil)
		_, _, err := run(t.Context(), t, mqtt.NewTrusting(x509.NewCertPool()), "publish", map[string]any{"broker_url": b.listen(t, "mqtts")}, map[string]any{"topic": "t"})
		if f := fault.Of(err); f.Code != fault.ServiceUnavailable || !strings.Contains(f.Message, "certificate") {
			t.Errorf("error = %+v", f)
		}
	})
	t.Run("ErrOtherHost", func(t *testing.T) { // the guard lets the credential's own address through, and nothing else
		con := mqtt.New()
		call, _ := connectortest.Call(t, con, connectortest.Setup{Action: "publish", Config: map[string]any{"topic": "t"}, CredentialType: "mqtt", Data: map[string]any{"broker_url": "mqtt://" + silent}})
		if _, err := call.Dial(t.Context(), "tcp", closing); !fault.Is(err, fault.AddressNotAllowed) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestVerify(t *testing.T) {
	b := newBroker(t, nil)
	address := b.listen(t, "mqtt")
	_, who, err := run(t.Context(), t, mqtt.New(), "", map[string]any{"broker_url": address}, nil)
	if err != nil || who.Name != user+" at "+strings.TrimPrefix(address, "mqtt://") {
		t.Errorf("identity = %+v, error = %v", who, err)
	}
	if id := <-b.clients; id != "switchboard-"+connectortest.Key {
		t.Errorf("client id = %s", id)
	}
	if _, _, err = run(t.Context(), t, mqtt.New(), "", map[string]any{"broker_url": address, "client_id": "mine"}, nil); err != nil {
		t.Fatal(err)
	}
	if id := <-b.clients; id != "mine" {
		t.Errorf("client id = %s", id)
	}
	_, _, err = run(t.Context(), t, mqtt.New(), "", map[string]any{"broker_url": address, "password": "wrong-one"}, nil)
	if !fault.Is(err, fault.AuthFailed) {
		t.Errorf("error = %v", err)
	}
}

// An upstream stands in for the broker, whatever the credential says.
func TestUpstream(t *testing.T) {
	b := newBroker(t, nil)
	messages := b.listenTo(t, "t")
	con := mqtt.New()
	call, _ := connectortest.Call(t, con, connectortest.Setup{
		Action: "publish", Config: map[string]any{"topic": "t", "payload": "x"}, CredentialType: "mqtt",
		Data: map[string]any{"broker_url": "mqtts://broker.example.com", "username": user, "password": pass}, Upstream: b.listen(t, "mqtt"),
	})
	action, _ := con.Action("publish")
	if _, err := action.Run(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if m := next(t, messages); m.payload != "x" {
		t.Errorf("the broker got %+v", m)
	}
}
