package thingsboard

import (
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/schema"
)

var attributes = schema.Field{
	Name: "values", Kind: schema.Object, Title: "Values", Required: true,
	Help:        "Client-side attributes by key, such as firmware: 1.4. Those that are not named stay as they are.",
	Placeholder: `{"firmware": "1.4"}`,
}

// Source: https://thingsboard.io/docs/reference/http-api/#publish-attribute-update-to-the-server
var sendAttributes = connector.Action{
	Name:    "send_attributes",
	Title:   "Send attributes",
	Summary: "Set client-side attributes of the device.",
	Input:   schema.Fields{attributes},
	// It sets values; setting them again changes nothing.
	Repeatable: func(schema.Input) bool { return true },
	Run:        runSendAttributes,
	Examples: []connector.Example{{
		Title:   "Say which firmware runs",
		Config:  map[string]any{"values": map[string]any{"firmware": "1.4", "uptime": 86400, "location": map[string]any{"hall": 3}}},
		Request: connector.ExampleRequest{Method: http.MethodPost, Body: `{"firmware": "1.4", "uptime": 86400, "location": {"hall": 3}}`},
		Output:  map[string]any{},
	}},
}

func runSendAttributes(ctx context.Context, call *connector.Call) (connector.Output, error) {
	values, err := readValues(call.Input, attributes)
	if err != nil {
		return nil, err
	}
	if err := post(ctx, call, "attributes", values); err != nil {
		return nil, err
	}
	return connector.Output{}, nil
}
