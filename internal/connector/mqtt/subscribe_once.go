package mqtt

import (
	"context"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	topicFilter = schema.Field{
		Name: "topic", Kind: schema.Text, Title: "Topic", Required: true, MaxLength: 16000, Placeholder: "factory/+/temperature",
		Help:    "The topic to listen to. + stands for one level, # at the end for all that follow.",
		Pattern: `[^\x00]+`, PatternHint: "Levels separated by slashes, such as factory/+/temperature.",
	}
	timeout = schema.Field{
		Name: "timeout_seconds", Kind: schema.Integer, Title: "Wait at most", Default: int64(30), Min: schema.Limit(1), Max: schema.Limit(600),
		Help: "How many seconds to wait for a message.",
	}
)

func (d dialer) subscribeOnce() connector.Action {
	return connector.Action{
		Name:    "subscribe_once",
		Title:   "Wait for a message",
		Summary: "Listen to a topic until the first message comes.",
		Input:   schema.Fields{topicFilter, qos, timeout},
		Output: schema.Fields{
			{Name: "topic", Kind: schema.Text, Title: "Topic", Required: true, Help: "The topic that the message was sent to."},
			{Name: "payload", Kind: schema.Text, Title: "Payload", Required: true, Content: true, Help: "The message as text, or in base64 where it is none."},
			{Name: "encoding", Kind: schema.Text, Title: "Encoding", Required: true, Help: "How payload is written: text or base64."},
			{Name: "retained", Kind: schema.Boolean, Title: "Retained", Required: true, Help: "Whether the broker had kept the message from before."},
		},
		// It only listens; nothing is left at the broker.
		Repeatable: func(schema.Input) bool { return true },
		Run:        d.runSubscribeOnce,
		Examples: []connector.Example{{
			Title:  "Wait for a reading",
			Config: map[string]any{"topic": "factory/+/temperature", "qos": 1, "timeout_seconds": 60},
			Output: map[string]any{"topic": "factory/hall-3/temperature", "payload": "21.5", "encoding": "text", "retained": false},
		}},
	}
}

func (d dialer) runSubscribeOnce(ctx context.Context, call *connector.Call) (connector.Output, error) {
	in := call.Input
	if err := checkFilter(in.Text(topicFilter)); err != nil {
		return nil, err
	}
	s, err := d.connect(ctx, call)
	if err != nil {
		return nil, err
	}
	defer s.close()
	wait := time.Duration(in.Int(timeout)) * time.Second
	if err := s.subscribe(s.alive, in.Text(topicFilter), byte(in.Int(qos))); err != nil {
		return nil, settled(s.ended(ctx, err, "subscribing"))
	}
	return s.first(ctx, wait)
}

// first waits for the first message.
func (s *session) first(ctx context.Context, wait time.Duration) (connector.Output, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case m := <-s.messages:
		return read(m), nil
	case <-timer.C:
		return nil, fault.New(fault.ServiceUnavailable, "No message came within %s.", wait).
			WithHint("Check the topic, and that somebody sends to it while the step waits, or with retain.")
	case <-s.alive.Done():
		return nil, settled(s.gone(ctx, context.Cause(s.alive), "waiting for a message"))
	}
}

// settled says of a fault that nothing has happened: listening changes nothing.
func settled(f *fault.Error) *fault.Error {
	f.Unsettled = false
	return f
}

// read gives a message. What is no text would be damaged in JSON.
func read(m message) connector.Output {
	body, encoding := string(m.body), "text"
	if !utf8.ValidString(body) {
		body, encoding = base64.StdEncoding.EncodeToString(m.body), "base64"
	}
	return connector.Output{"topic": m.topic, "payload": body, "encoding": encoding, "retained": m.retain}
}

// checkFilter refuses a filter in which + or # is not a level of its own, or #
// not the last one.
func checkFilter(filter string) error {
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		if !strings.ContainsAny(level, "+#") || level == "+" || (level == "#" && i == len(levels)-1) {
			continue
		}
		const wrong = "In a topic, + stands for a whole level, and # for all that follow at the end."
		return fault.New(fault.InvalidInput, wrong).WithHint("Such as factory/+/temperature or factory/#.").At("/topic", wrong)
	}
	return nil
}
