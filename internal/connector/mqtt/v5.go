package mqtt

import (
	"context"
	"errors"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// v5 speaks MQTT 5, in which a broker says with a code what it refuses.
type v5 struct {
	*session
	client  *paho.Client
	retains bool // the broker keeps messages
}

// speak5 opens a conversation in MQTT 5. The error is errVersion where the broker
// does not speak it.
func (d dialer) speak5(ctx context.Context, call *connector.Call, b broker) (*session, error) {
	s, conn, err := d.open(ctx, call, b)
	if err != nil {
		return nil, err
	}
	v := &v5{session: s}
	s.speaker = v
	v.client = paho.NewClient(paho.ClientConfig{
		Conn: packets.NewThreadSafeConn(conn), PacketTimeout: patience,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){v.receive},
		OnClientError:     func(err error) { s.end(err) }, // the client itself would wait for its answer until its patience ends
		OnServerDisconnect: func(bye *paho.Disconnect) {
			said := ""
			if bye.Properties != nil {
				said = bye.Properties.ReasonString
			}
			s.goodbye <- farewell{bye.ReasonCode, said} // a client sees at most one
			s.end(nil)
		},
	})
	answer, err := v.client.Connect(ctx, v.signIn(call))
	if err != nil {
		s.end(nil)
		_ = conn.Close() // given up
		switch {
		case answer != nil && answer.ReasonCode == unsupportedVersion:
			return nil, errVersion
		case answer != nil && answer.ReasonCode >= failed:
			said := ""
			if answer.Properties != nil {
				said = answer.Properties.ReasonString
			}
			return nil, s.refusedSignIn(answer.ReasonCode, said)
		case ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) && conn.refusesVersion():
			return nil, errVersion
		}
		return nil, s.unanswered(ctx, err)
	}
	v.retains = answer.Properties == nil || answer.Properties.RetainAvailable
	return s, nil
}

// signIn is the packet with which a conversation begins. Nothing of it is kept at
// the broker.
func (v *v5) signIn(call *connector.Call) *paho.Connect {
	data := call.Credential.Data
	size := uint32(largest)
	return &paho.Connect{
		ClientID: name(call), CleanStart: true, KeepAlive: keepAlive,
		Username: data.Text(username), UsernameFlag: data.Text(username) != "",
		Password: []byte(data.Text(password)), PasswordFlag: data.Text(password) != "",
		Properties: &paho.ConnectProperties{MaximumPacketSize: &size},
	}
}

func (v *v5) receive(r paho.PublishReceived) (bool, error) {
	v.keep(message{topic: r.Packet.Topic, body: r.Packet.Payload, retain: r.Packet.Retain})
	return true, nil
}

// publish implements speaker.
func (v *v5) publish(ctx context.Context, m message) error {
	if m.retain && !v.retains {
		return v.refusal(retainNotSupported, "")
	}
	answer, err := v.client.Publish(ctx, &paho.Publish{Topic: m.topic, Payload: m.body, QoS: m.qos, Retain: m.retain})
	switch {
	case answer != nil && answer.ReasonCode >= failed:
		said := ""
		if answer.Properties != nil {
			said = answer.Properties.ReasonString
		}
		return v.refusal(answer.ReasonCode, said)
	case errors.Is(err, paho.ErrInvalidArguments): // what the broker said in its greeting that it does not take
		return fault.New(fault.InvalidInput, "%s does not take the message: %s.", v.address(), v.words(err.Error())).
			WithHint("Take a lower quality of service.")
	}
	return err
}

// subscribe implements speaker.
func (v *v5) subscribe(ctx context.Context, filter string, qos byte) error {
	answer, err := v.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: filter, QoS: qos}}})
	if answer != nil && len(answer.Reasons) > 0 && answer.Reasons[0] >= failed {
		said := ""
		if answer.Properties != nil {
			said = answer.Properties.ReasonString
		}
		return v.refusal(answer.Reasons[0], said)
	}
	return err
}

// leave implements speaker.
func (v *v5) leave() { _ = v.client.Disconnect(&paho.Disconnect{}) }
