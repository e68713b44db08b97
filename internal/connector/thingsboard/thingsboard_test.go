package thingsboard_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/thingsboard"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

func TestTokenIsInThePath(t *testing.T) {
	data := map[string]any{"host": "https://things.example.com", "access_token": "A1/TEST?TOKEN"}
	for action, want := range map[string]string{
		"send_telemetry":  "/api/v1/A1%2FTEST%3FTOKEN/telemetry",
		"send_attributes": "/api/v1/A1%2FTEST%3FTOKEN/attributes",
	} {
		t.Run(action, func(t *testing.T) {
			setup := connectortest.Setup{Action: action, Config: map[string]any{"values": map[string]any{"a": 1}}, CredentialType: "thingsboard_device", Data: data}
			e := setup.Run(t, thingsboard.New(), connectortest.Answer(connector.ExampleResponse{}))
			if e.Err != nil || len(e.Sent) != 1 || e.Sent[0].Target != want {
				t.Errorf("error = %v, sent = %+v; want %s", e.Err, e.Sent, want)
			}
		})
	}
}

// A company's own server may be in its own network, without a certificate.
func TestOwnServer(t *testing.T) {
	var target string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { target = r.RequestURI }))
	t.Cleanup(server.Close)
	con := thingsboard.New()
	action, _ := con.Action("send_telemetry")
	for name, address := range map[string]string{"OK": server.URL, "OKWithPath": server.URL + "/login?x"} {
		t.Run(name, func(t *testing.T) {
			target = ""
			call, _ := connectortest.Call(t, con, connectortest.Setup{
				Action: action.Name, Config: map[string]any{"values": map[string]any{"a": 1}}, CredentialType: "thingsboard_device", Data: map[string]any{"host": address, "access_token": "A1"},
			})
			if _, err := action.Run(t.Context(), call); err != nil || target != "/api/v1/A1/telemetry" {
				t.Errorf("target = %q, error = %v", target, err)
			}
		})
	}
}

func TestHost(t *testing.T) {
	fields := thingsboard.New().CredentialTypes[0].Fields
	for address, ok := range map[string]bool{
		"https://thingsboard.cloud": true, "eu.thingsboard.cloud": true, "http://10.0.0.7:8080": true, "localhost:8080": true,
		"ftp://things.example.com": false, "https://user:pass@things.example.com": false, "https://": false, "two words": false,
	} {
		t.Run(address, func(t *testing.T) {
			_, problems := fields.Decode(map[string]any{"host": address, "access_token": "A1"})
			if (len(problems) == 0) != ok {
				t.Errorf("problems = %+v, want none: %t", problems, ok)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrToken": {
			connector.ExampleResponse{Status: 401},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "ThingsBoard answered 401 Unauthorized.", Hint: "region"},
		},
		"ErrNoServer": {
			connector.ExampleResponse{Status: 404, Body: `{"timestamp":"2026-01-02T03:04:05.000+00:00","status":404,"error":"Not Found","path":"/api/v1/x/telemetry"}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "ThingsBoard answered 404 Not Found.", Hint: "HTTP transport"},
		},
		"ErrValue": {
			connector.ExampleResponse{Status: 400, Body: "Can't parse value: null"},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "ThingsBoard answered 400 Bad Request: Can't parse value: null"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "send_telemetry", Config: map[string]any{"values": map[string]any{"a": 1}}}
			tt.want.Check(t, setup.Run(t, thingsboard.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestInputIsRefused(t *testing.T) {
	tests := map[string]struct {
		action string
		config map[string]any
		want   connectortest.Refusal
	}{
		"ErrNoReading":   {"send_telemetry", map[string]any{"values": map[string]any{}}, connectortest.Refusal{Code: fault.InvalidInput, Message: "There is no value to send.", Pointer: "/values"}},
		"ErrNoAttribute": {"send_attributes", map[string]any{"values": map[string]any{}}, connectortest.Refusal{Code: fault.InvalidInput, Message: "There is no value to send.", Pointer: "/values"}},
		"ErrNoKey":       {"send_attributes", map[string]any{"values": map[string]any{"": 1}}, connectortest.Refusal{Code: fault.InvalidInput, Message: "A value has no name.", Hint: "key", Pointer: "/values"}},
		"ErrSeconds": {
			"send_telemetry", map[string]any{"values": map[string]any{"a": 1}, "ts": 1767323045},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The time 1767323045 is no time in milliseconds.", Hint: "three zeros", Pointer: "/ts"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, connectortest.Setup{Action: tt.action, Config: tt.config}.Run(t, thingsboard.New(), connectortest.NoCall(t)).Err)
		})
	}
}

func TestRepeatable(t *testing.T) {
	tests := map[string]struct {
		action string
		input  map[string]any
		want   bool
	}{
		"TelemetryNow":    {"send_telemetry", map[string]any{"values": map[string]any{"a": 1}}, false},
		"TelemetryOfTime": {"send_telemetry", map[string]any{"values": map[string]any{"a": 1}, "ts": int64(1767323045000)}, true},
		"Attributes":      {"send_attributes", map[string]any{"values": map[string]any{"a": 1}}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			action, _ := thingsboard.New().Action(tt.action)
			if got := action.Repeatable(schema.NewInput(tt.input)); got != tt.want {
				t.Errorf("repeatable = %t, want %t", got, tt.want)
			}
		})
	}
}
