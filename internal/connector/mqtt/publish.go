package mqtt

import (
	"context"
	"encoding/json"
	"errors"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	topic = schema.Field{
		Name: "topic", Kind: schema.Text, Title: "Topic", Required: true, MaxLength: 16000, Placeholder: "factory/hall-3/lamp",
		Help:    "Where the message goes, levels separated by slashes.",
		Pattern: `[^+#\x00]+`, PatternHint: "A topic to publish to has no + and no #: those are for subscriptions.",
	}
	payload = schema.Field{
		Name: "payload", Kind: schema.JSON, Title: "Payload", Content: true,
		Help: "The message: a text as it stands, anything else as JSON.",
	}
	retain = schema.Field{
		Name: "retain", Kind: schema.Boolean, Title: "Retain", Default: false,
		Help: "Whether the broker keeps it as the topic's last message, for those who subscribe later. An empty payload removes the one that is kept.",
	}
)

func (d dialer) publish() connector.Action {
	return connector.Action{
		Name:    "publish",
		Title:   "Publish a message",
		Summary: "Send a message to a topic.",
		Input:   schema.Fields{topic, payload, qos, retain},
		Run:     d.runPublish,
		Examples: []connector.Example{{
			Title:  "Switch a lamp on",
			Config: map[string]any{"topic": "factory/hall-3/lamp", "payload": map[string]any{"on": true}, "qos": 1, "retain": true},
			Output: map[string]any{},
		}},
	}
}

func (d dialer) runPublish(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	body, err := encode(in.Any(payload))
	if err != nil {
		return nil, err
	}
	s, err := d.connect(ctx, call)
	if err != nil {
		return nil, err
	}
	defer s.close()
	err = s.publish(s.alive, message{topic: in.Text(topic), body: body, qos: byte(in.Int(qos)), retain: in.Bool(retain)})
	if err != nil {
		return nil, s.ended(ctx, err, "publishing")
	}
	return connector.Output{}, nil
}

// ended is the fault of what the broker refused, or of a message of which no answer
// tells whether it was taken.
func (s *session) ended(ctx context.Context, err error, doing string) *fault.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	return s.gone(ctx, err, doing)
}

// gone is the fault of a conversation that is over before its time. The broker may
// have said why it hung up.
func (s *session) gone(ctx context.Context, err error, doing string) *fault.Error {
	f := s.lost(ctx, err, doing)
	select {
	case bye := <-s.goodbye:
		f = s.refusal(bye.code, bye.said).Because(err)
	default:
	}
	f.Unsettled = true
	return f
}

// encode writes a payload: a text as it stands, nothing as nothing.
func encode(value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(v), nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, fault.New(fault.InvalidInput, "The payload cannot be written as JSON.").At("/payload", "It is no JSON.").Because(err)
	}
	return encoded, nil
}
