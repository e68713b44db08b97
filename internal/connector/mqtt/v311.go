package mqtt

import (
	"bufio"
	"context"
	"sync"
	"time"

	"switchboard/internal/connector"
)

// v311 speaks MQTT 3.1.1, for brokers that know no later version. It tells less: a
// message that is not allowed is dropped, or ends the conversation. Eclipse's client
// for it keeps up connections and sessions, of which a step has none, and would make
// the connector's function half a megabyte larger; so the few packets that one
// message takes are written here, in packet311.go.
//
// Source: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
type v311 struct {
	*session
	conn    *witness
	writing sync.Mutex
	answers chan packet311 // to what was asked last
}

// asked is the number of the one packet that is answered at a time.
const asked = 1

// codes311 are the codes of a refused sign-in, as MQTT 5 has them.
var codes311 = [...]byte{1: unsupportedVersion, 2: 0x85, 3: 0x88, 4: 0x86, 5: notAuthorized}

// speak311 opens a conversation in MQTT 3.1.1.
func (d dialer) speak311(ctx context.Context, call *connector.Call, b broker) (*session, error) {
	s, conn, err := d.open(ctx, call, b)
	if err != nil {
		return nil, err
	}
	v := &v311{session: s, conn: conn, answers: make(chan packet311, 4)}
	s.speaker = v
	go v.listen()
	go v.stayAlive()
	data := call.Credential.Data
	answer, err := v.ask(ctx, connect311(name(call), data.Text(username), data.Text(password)), connack311)
	if err == nil && len(answer.body) == 2 && answer.body[1] == 0 {
		return s, nil
	}
	s.end(nil)
	_ = conn.Close() // given up
	if err != nil || len(answer.body) != 2 || int(answer.body[1]) >= len(codes311) {
		return nil, s.unanswered(ctx, err)
	}
	return nil, s.refusedSignIn(codes311[answer.body[1]], "")
}

// listen reads what the broker sends, until the conversation ends. A broker that
// answers more than it is asked is not listened to.
func (v *v311) listen() {
	defer v.end(nil)
	from := bufio.NewReader(v.conn)
	for {
		p, err := read311(from)
		if err != nil {
			v.end(err)
			return
		}
		switch p.kind() {
		case publish311:
			m, id, ok := p.message()
			if !ok {
				return
			}
			v.keep(m)
			switch m.qos {
			case 1:
				_ = v.send(confirm311(puback311, id)) // that the broker is gone shows when the next packet is read
			case 2:
				_ = v.send(confirm311(pubrec311, id))
			}
		case pubrel311:
			_ = v.send(confirm311(pubcomp311, p.id()))
		case pingresp311:
		default:
			select {
			case v.answers <- p:
			default:
				return
			}
		}
	}
}

// stayAlive lets the broker hear of a step that waits.
func (v *v311) stayAlive() {
	tick := time.NewTicker(keepAlive * time.Second / 2)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = v.send(frame311(pingreq311 << 4)) // that it is gone shows in listen
		case <-v.alive.Done():
			return
		}
	}
}

func (v *v311) send(packet []byte) error {
	v.writing.Lock()
	defer v.writing.Unlock()
	if err := v.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := v.conn.Write(packet)
	return err
}

// ask sends a packet, and waits for the answer to it that is of this kind.
func (v *v311) ask(ctx context.Context, packet []byte, kind byte) (packet311, error) {
	if err := v.send(packet); err != nil {
		return packet311{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		select {
		case p := <-v.answers:
			if p.kind() == kind {
				return p, nil
			}
		case <-v.alive.Done():
			return v.lastAnswer(v.alive, kind)
		case <-ctx.Done():
			return v.lastAnswer(ctx, kind)
		}
	}
}

// lastAnswer is one that came before the end of what was waited for: it counts.
func (v *v311) lastAnswer(ended context.Context, kind byte) (packet311, error) {
	select {
	case p := <-v.answers:
		if p.kind() == kind {
			return p, nil
		}
	default:
	}
	return packet311{}, context.Cause(ended)
}

// publish implements speaker.
func (v *v311) publish(ctx context.Context, m message) error {
	packet := m.packet311(asked)
	switch m.qos {
	case 0:
		return v.send(packet)
	case 1:
		_, err := v.ask(ctx, packet, puback311)
		return err
	}
	if _, err := v.ask(ctx, packet, pubrec311); err != nil {
		return err
	}
	_, err := v.ask(ctx, confirm311(pubrel311, asked), pubcomp311)
	return err
}

// subscribe implements speaker.
func (v *v311) subscribe(ctx context.Context, filter string, qos byte) error {
	answer, err := v.ask(ctx, subscribe311(asked, filter, qos), suback311)
	if err != nil {
		return err
	}
	if len(answer.body) == 3 && answer.body[2] == failed {
		return v.refusal(notAuthorized, "") // the one code says no more; it is mostly this
	}
	return nil
}

// leave implements speaker.
func (v *v311) leave() {
	_ = v.send(frame311(disconnect311 << 4))
	_ = v.conn.Close()
}
