package mqtt_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/mqtt"
	"switchboard/internal/fault"
)

// What brokers that know only MQTT 3.1.1 say to one who comes with version 5: what
// its specification wants, nothing, and what newer ones say in which 5 is turned off.
var refusals = map[string]string{"CodeOf311": "\x20\x02\x00\x01", "HangsUp": "", "CodeOf5": "\x20\x03\x00\x84\x00"}

// makeOld puts a gate before a broker that lets only MQTT 3.1.1 in, and gives its address.
func makeOld(t *testing.T, address, refusal string) string {
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
			go pass311(t, conn, strings.TrimPrefix(address, "mqtt://"), refusal)
		}
	}()
	return "mqtt://" + l.Addr().String()
}

// pass311 hands a conversation on, or refuses it by the version in its first packet.
func pass311(t *testing.T, conn net.Conn, address, refusal string) {
	defer func() { _ = conn.Close() }() // one of both has gone
	client := bufio.NewReader(conn)
	size := 1 // of the length, whose last byte is below 0x80
	for head, err := client.Peek(2); err == nil && head[size] >= 0x80; head, err = client.Peek(size + 1) {
		size++
	}
	head, err := client.Peek(1 + size + len("\x00\x04MQTT\x05"))
	if err != nil {
		return
	}
	if head[len(head)-1] != 4 {
		_, _ = io.WriteString(conn, refusal)
		return
	}
	up, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = up.Close() }()
	go func() {
		_, _ = io.Copy(up, client)
		_ = up.Close()
	}()
	_, _ = io.Copy(conn, up)
}

// TestOldBroker: a broker that knows only MQTT 3.1.1 is spoken to in its own version.
func TestOldBroker(t *testing.T) {
	con := mqtt.New()
	for way, refusal := range refusals {
		t.Run(way, func(t *testing.T) {
			m := newBroker(t, nil)
			old := map[string]any{"broker_url": makeOld(t, m.listen(t, "mqtt"), refusal)}
			other := map[string]any{"broker_url": old["broker_url"], "client_id": "other"} // or the broker would take the two for one
			arrived := m.listenTo(t, "lamps/#")
			for qos := range 3 {
				topic := "lamps/" + string(rune('0'+qos))
				if _, _, err := run(t.Context(), t, con, "publish", other, map[string]any{"topic": topic, "payload": "on", "qos": qos, "retain": true}); err != nil {
					t.Fatal(err)
				}
				if got := next(t, arrived); got != (heard{topic, "on", true, byte(qos)}) {
					t.Errorf("the broker got %+v", got)
				}
				out, _, err := run(t.Context(), t, con, "subscribe_once", old, map[string]any{"topic": topic, "qos": qos, "timeout_seconds": 30})
				if err != nil || out["payload"] != "on" || out["retained"] != true || out["topic"] != topic {
					t.Errorf("output = %v, error = %v", out, err)
				}
			}
			if _, who, err := run(t.Context(), t, con, "", old, nil); err != nil || !strings.HasPrefix(who.Name, user+" at ") {
				t.Errorf("identity = %+v, error = %v", who, err)
			}
			_, _, err := run(t.Context(), t, con, "", map[string]any{"broker_url": old["broker_url"], "password": "another"}, nil)
			connectortest.Refusal{Code: fault.AuthFailed, Message: strings.TrimPrefix(old["broker_url"].(string), "mqtt://") + " refused: Not authorized", Hint: "password"}.Check(t, err)
			_, _, err = run(t.Context(), t, con, "subscribe_once", old, map[string]any{"topic": "secret/x", "timeout_seconds": 30})
			connectortest.Refusal{Code: fault.AuthFailed, Message: strings.TrimPrefix(old["broker_url"].(string), "mqtt://") + " refused: Not authorized", Hint: "rules"}.Check(t, err)
			_, _, err = run(t.Context(), t, con, "publish", old, map[string]any{"topic": "hangup/x", "payload": "x", "qos": 1})
			if f := fault.Of(err); f.Code != fault.ServiceUnavailable || !f.Unsettled {
				t.Errorf("error = %+v, want %s, unsettled", f, fault.ServiceUnavailable)
			}
		})
	}
}

// TestOldMosquitto is the same with the broker that most people run.
func TestOldMosquitto(t *testing.T) {
	m := startMosquitto(t)
	old := map[string]any{"broker_url": makeOld(t, m.plain, refusals["CodeOf311"])}
	other := map[string]any{"broker_url": old["broker_url"], "client_id": "other"}
	for qos := range 3 {
		config := map[string]any{"topic": "open/old", "payload": map[string]any{"qos": qos}, "qos": qos, "retain": true}
		if _, _, err := run(t.Context(), t, mqtt.New(), "publish", other, config); err != nil {
			t.Fatal(err)
		}
		out, _, err := run(t.Context(), t, mqtt.New(), "subscribe_once", old, map[string]any{"topic": "open/+", "qos": qos, "timeout_seconds": 30})
		if err != nil || out["payload"] != `{"qos":`+string(rune('0'+qos))+`}` {
			t.Errorf("output = %v, error = %v", out, err)
		}
	}
	_, _, err := run(t.Context(), t, mqtt.New(), "", map[string]any{"broker_url": old["broker_url"], "password": "another"}, nil)
	connectortest.Refusal{Code: fault.AuthFailed, Message: strings.TrimPrefix(old["broker_url"].(string), "mqtt://") + " refused: Not authorized", Hint: "password"}.Check(t, err)
}

// TestNeitherVersion: what hangs up on both versions is said to be lost.
func TestNeitherVersion(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 10)
	go func() {
		defer close(asked)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			asked <- struct{}{}
			_ = conn.Close()
		}
	}()
	_, _, err = run(t.Context(), t, mqtt.New(), "", map[string]any{"broker_url": "mqtt://" + l.Addr().String()}, nil)
	connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "The connection to " + l.Addr().String() + " was lost while signing in.", Hint: "mqtts://"}.Check(t, err)
	_ = l.Close()
	n := 0
	for range asked {
		n++
	}
	if n != 2 {
		t.Errorf("it was asked %d times, want once in each version", n)
	}
}

// TestOldBrokerSaysTooMuch: what is larger than anything is not read.
func TestOldBrokerSaysTooMuch(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for first := true; ; first = false {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if first {
				_, _ = io.WriteString(conn, refusals["CodeOf311"])
				_ = conn.Close()
				continue
			}
			go func() {
				defer func() { _ = conn.Close() }()
				answers := "\x20\x02\x00\x00" + "\x90\x03\x00\x01\x00" + "\x30\xff\xff\xff\x7f" // welcome, subscribed, and 256 MB to come
				_, _ = io.WriteString(conn, answers)
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	_, _, err = run(t.Context(), t, mqtt.New(), "subscribe_once", map[string]any{"broker_url": "mqtt://" + l.Addr().String()}, map[string]any{"topic": "x", "timeout_seconds": 60})
	connectortest.Refusal{Code: fault.OutputTooLarge, Message: l.Addr().String() + " sent more than 4 MB while..."}.Check(t, err)
}
