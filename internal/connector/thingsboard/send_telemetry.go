package thingsboard

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

// The fields of the action.
var (
	readings = schema.Field{
		Name: "values", Kind: schema.Object, Title: "Values", Required: true,
		Help:        "Readings by key, such as temperature: 21.5. A value is a text, a number, true or false, or JSON.",
		Placeholder: `{"temperature": 21.5}`,
	}
	timestamp = schema.Field{
		Name: "ts", Kind: schema.Integer, Title: "Time", Min: schema.Limit(0), Placeholder: "1767323045000",
		Help: "When the values were read, in milliseconds since 1970. Empty means when the server receives them.",
	}
)

// earliest is the first time that is taken for milliseconds, in 1973: a smaller
// number is a time in seconds, which ThingsBoard would put into January 1970.
const earliest = 100_000_000_000

// Source: https://thingsboard.io/docs/reference/http-api/#telemetry-upload-api
var sendTelemetry = connector.Action{
	Name:    "send_telemetry",
	Title:   "Send telemetry",
	Summary: "Add readings to the device's time series.",
	Input:   schema.Fields{readings, timestamp},
	// A reading is kept by its key and time, so with a time of its own it takes its
	// own place again; without one, the server would add it a second time.
	Repeatable: func(in schema.Input) bool { return in.Has(timestamp) },
	Run:        runSendTelemetry,
	Examples: []connector.Example{{
		Title:   "Send readings as of now",
		Config:  map[string]any{"values": map[string]any{"temperature": 21.5, "door": "open", "alarm": false}},
		Request: connector.ExampleRequest{Method: http.MethodPost, Body: `{"temperature": 21.5, "door": "open", "alarm": false}`},
		Output:  map[string]any{},
	}, {
		Title:   "Send a reading of a certain time",
		Config:  map[string]any{"values": map[string]any{"orders": 12, "last": map[string]any{"id": "A-100"}}, "ts": 1767323045000},
		Request: connector.ExampleRequest{Method: http.MethodPost, Body: `{"ts": 1767323045000, "values": {"orders": 12, "last": {"id": "A-100"}}}`},
		Output:  map[string]any{},
	}},
}

func runSendTelemetry(ctx context.Context, call *connector.Call) (connector.Output, error) {
	values, err := readValues(call.Input, readings)
	if err != nil {
		return nil, err
	}
	var body any = values
	if call.Input.Has(timestamp) {
		ts := call.Input.Int(timestamp)
		if ts < earliest {
			return nil, fault.New(fault.InvalidInput, "The time %d is no time in milliseconds.", ts).
				WithHint("A time in seconds needs three zeros more.").At("/ts", "It is not in milliseconds.")
		}
		body = map[string]any{"ts": ts, "values": values}
	}
	if err := post(ctx, call, "telemetry", body); err != nil {
		return nil, err
	}
	return connector.Output{}, nil
}
