package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
	"switchboard/internal/template"
)

// The fields of the action.
var (
	address = schema.Field{
		Name: "url", Kind: schema.Text, Title: "URL", Required: true, Escape: template.TargetURL, MaxLength: 8192,
		Placeholder: "https://example.com/hooks/orders",
		Help:        "Where the receiver takes webhooks, with https://.",
	}
	event = schema.Field{
		Name: "event", Kind: schema.Text, Title: "Event", Required: true, MaxLength: 256, Placeholder: "order.created",
		Help: "What happened, from the general to the special with full stops between. It also says what shape the payload has.",
	}
	payload = schema.Field{
		Name: "payload", Kind: schema.JSON, Title: "Payload", Required: true,
		Help: "What the receiver should know about the event. Keep it under 20 kB; larger things are better linked to.",
	}
)

var sendAction = connector.Action{
	Name:    "send",
	Title:   "Send an event",
	Summary: "Send a signed event to a URL.",
	Input:   schema.Fields{address, event, payload},
	Output: schema.Fields{
		{Name: "status", Kind: schema.Integer, Title: "Status", Required: true, Help: "The status that the receiver answered, such as 204."},
		{Name: "id", Kind: schema.Text, Title: "Message id", Required: true, Help: "The webhook-id that was sent. A repeated delivery has the same."},
	},
	// The id is the receiver's idempotency key, and the same in every attempt.
	Repeatable: func(schema.Input) bool { return true },
	Run:        send,
	Examples: []connector.Example{{
		Title: "Tell a shop system about an order",
		Config: map[string]any{
			"url":     "https://shop.example.com/hooks/switchboard",
			"event":   "order.created",
			"payload": map[string]any{"id": "A-100", "total": 1200.5},
		},
		Request: connector.ExampleRequest{
			Method: http.MethodPost,
			Path:   "/hooks/switchboard",
			Header: map[string]string{"Content-Type": "application/json", "Webhook-Timestamp": "1767323045"},
			Body:   `{"type": "order.created", "timestamp": "2026-01-02T03:04:05Z", "data": {"id": "A-100", "total": 1200.5}}`,
		},
		Response: connector.ExampleResponse{Status: http.StatusNoContent},
		Output:   map[string]any{"status": 204, "id": "msg_01890a5d-ac96-774b-bcce-b302099a8057"},
	}},
}

// message is the body of a webhook.
type message struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Data      any    `json:"data"`
}

// send signs an event and delivers it. Any 2xx means that it was taken.
func send(ctx context.Context, call *connector.Call) (connector.Output, error) {
	if u, err := url.Parse(call.Input.Text(address)); err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") {
		const wrong = "The URL has to begin with https:// and name a host."
		return nil, fault.New(fault.InvalidInput, wrong).WithHint("It has to look like %s.", address.Placeholder).At("/url", wrong)
	}
	key, err := signingKey(call.Credential.Data.Secret(secretField))
	if err != nil {
		return nil, err
	}
	at, id := call.Now().UTC(), "msg_"+call.Key
	body, err := encode(message{Type: call.Input.Text(event), Timestamp: at.Format(time.RFC3339), Data: call.Input.Any(payload)})
	if err != nil {
		return nil, err
	}
	resp, err := service.Do(ctx, call, rest.Request{
		Method: http.MethodPost, URL: call.Input.Text(address), Body: body, ContentType: "application/json",
		Header: http.Header{
			"Webhook-Id":        {id},
			"Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)},
			"Webhook-Signature": {sign(key, id, at, body)},
		},
	})
	if err != nil {
		return nil, err
	}
	return connector.Output{"status": resp.Status, "id": id}, nil
}

// encode writes the body once: what is signed has to be what is sent, to the byte.
func encode(m message) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return nil, fault.New(fault.InvalidInput, "The payload cannot be written as JSON.").Because(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// explain adds what the specification says about an answer.
func explain(r rest.Response) rest.Problem {
	p := rest.CommonProblem(r)
	switch {
	case r.Status == http.StatusGone:
		p.Hint = "The receiver says that it no longer wants webhooks at this address. Stop sending them, or ask for a new address."
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
		p.Hint = "Check that the receiver has the same secret, and that its clock is right: most refuse messages that seem older than five minutes."
	case r.Status/100 == 3:
		p.Hint = "Webhooks do not follow redirects. Use the address that the receiver redirects to."
	}
	return p
}
