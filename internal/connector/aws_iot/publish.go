package awsiot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// Limits of the message broker.
//
// Source: https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
const (
	maxTopic   = 256 // bytes
	maxSlashes = 7
	maxPayload = 128 << 10
)

// The fields of the action.
var (
	topic = schema.Field{
		Name: "topic", Kind: schema.Text, Title: "Topic", Required: true, MaxLength: maxTopic, Placeholder: "factory/hall-3/lamp",
		Help:    "Where the message goes, at most eight levels separated by slashes.",
		Pattern: `[^+#\x00]+`, PatternHint: "A topic to publish to has no + and no #: those are for subscriptions.",
	}
	payload = schema.Field{
		Name: "payload", Kind: schema.JSON, Title: "Payload", Content: true,
		Help: "The message: a text as it stands, anything else as JSON. At most 128 KB.",
	}
	qos = schema.Field{
		Name: "qos", Kind: schema.Integer, Title: "Quality of service", Default: int64(1), Min: schema.Limit(0), Max: schema.Limit(1),
		Help: "0 is at most once, 1 at least once for devices that subscribe with it. AWS IoT has no 2.",
	}
)

// Source: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
var publish = connector.Action{
	Name:    "publish",
	Title:   "Publish a message",
	Summary: "Send a message to a topic.",
	Input:   schema.Fields{topic, payload, qos},
	Run:     runPublish,
	Examples: []connector.Example{{
		Title:    "Switch a lamp on",
		Config:   map[string]any{"topic": "factory/hall-3/lamp", "payload": map[string]any{"on": true}},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/topics/factory%2Fhall-3%2Flamp?qos=1", Body: `{"on": true}`},
		Response: connector.ExampleResponse{Body: `{"message": "OK", "traceId": "6cf5e3a0-5d3b-4d0f-9c6e-1f2a3b4c5d6e"}`},
		Output:   map[string]any{},
	}, {
		Title:    "A text, unconfirmed",
		Config:   map[string]any{"topic": "factory/hall-3/display", "payload": "Order A-100 is ready.", "qos": 0},
		Request:  connector.ExampleRequest{Method: http.MethodPost, Path: "/topics/factory%2Fhall-3%2Fdisplay?qos=0", Body: "Order A-100 is ready."},
		Response: connector.ExampleResponse{Body: `{"message": "OK", "traceId": "7cf5e3a0-5d3b-4d0f-9c6e-1f2a3b4c5d6e"}`},
		Output:   map[string]any{},
	}},
}

func runPublish(ctx context.Context, call *connector.Call) (connector.Output, error) {
	to, err := readTopic(call.Input.Text(topic))
	if err != nil {
		return nil, err
	}
	body, err := encode(call.Input.Any(payload))
	if err != nil {
		return nil, err
	}
	resp, err := data.Do(ctx, call, rest.Request{
		Method: http.MethodPost, Path: rest.Path("topics", to), Query: url.Values{"qos": {strconv.Itoa(call.Input.Int(qos))}},
		Body: body, ContentType: "application/octet-stream",
	})
	if err != nil {
		return nil, err
	}
	if len(resp.Body) > 0 { // documented as empty, and in fact an object; a page comes from someone else
		if err := resp.Decode(&struct{}{}); err != nil {
			return nil, err
		}
	}
	return connector.Output{}, nil
}

func readTopic(name string) (string, error) {
	wrong := func(message, hint string) (string, error) {
		return "", fault.New(fault.InvalidInput, "%s", message).WithHint("%s", hint).At("/topic", message)
	}
	switch slashes := strings.Count(name, "/"); {
	case len(name) > maxTopic:
		return wrong(fmt.Sprintf("The topic has %d bytes; AWS IoT takes at most %d.", len(name), maxTopic), "Letters outside of ASCII count more than once.")
	case slashes > maxSlashes && !strings.HasPrefix(name, "$aws/rules/"): // whose own prefix does not count
		return wrong(fmt.Sprintf("The topic has %d levels; AWS IoT takes at most %d.", slashes+1, maxSlashes+1), "Leave levels out, or put what they say into the payload.")
	default:
		return name, nil
	}
}

// encode writes a payload: a text as it stands, nothing as nothing.
func encode(value any) ([]byte, error) {
	body := []byte{}
	switch v := value.(type) {
	case nil:
	case string:
		body = []byte(v)
	default:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return nil, fault.New(fault.InvalidInput, "The payload cannot be written as JSON.").At("/payload", "It is no JSON.").Because(err)
		}
		body = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
	if len(body) > maxPayload {
		message := fmt.Sprintf("The payload has %d bytes; AWS IoT takes at most %d.", len(body), maxPayload)
		return nil, fault.New(fault.InvalidInput, "%s", message).WithHint("Send a link to the content instead.").At("/payload", message)
	}
	return body, nil
}
