package awsiot_test

import (
	"strings"
	"testing"

	"switchboard/internal/connector"
	awsiot "switchboard/internal/connector/aws_iot"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/fault"
)

func setup(config map[string]any) connectortest.Setup {
	return connectortest.Setup{Action: "publish", Config: config, Data: key}
}

func TestInputIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		config map[string]any
		want   connectortest.Refusal
	}{
		"ErrLongTopic":   {map[string]any{"topic": strings.Repeat("ä", 129)}, connectortest.Refusal{Code: fault.InvalidInput, Message: "The topic has 258 bytes...", Pointer: "/topic"}},
		"ErrDeepTopic":   {map[string]any{"topic": "a/b/c/d/e/f/g/h/i"}, connectortest.Refusal{Code: fault.InvalidInput, Message: "The topic has 9 levels...", Pointer: "/topic"}},
		"ErrLongPayload": {map[string]any{"topic": "a", "payload": strings.Repeat("x", 128<<10+1)}, connectortest.Refusal{Code: fault.InvalidInput, Message: "The payload has 131073 bytes...", Hint: "link", Pointer: "/payload"}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, setup(tt.config).Run(t, awsiot.New(), connectortest.NoCall(t)).Err)
		})
	}
	action, _ := awsiot.New().Action("publish")
	for name, config := range map[string]map[string]any{
		"ErrQoS2": {"topic": "a", "qos": 2}, "ErrWildcard": {"topic": "a/+/b"}, "ErrNoTopic": {"payload": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, problems := action.Input.Decode(config); len(problems) == 0 {
				t.Error("it was taken")
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrThrottled": {
			connector.ExampleResponse{Status: 400, Header: map[string]string{"X-Amzn-Errortype": "ThrottlingException:http://x"}, Body: `{"message":"Rate exceeded"}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "AWS IoT answered 400 Bad Request: Rate exceeded"},
		},
		"ErrUnknownKey": {
			connector.ExampleResponse{Status: 403, Body: `{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"The security token included in the request is invalid."}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "AWS IoT answered 403 Forbidden: The security token included in the request is invalid.", Hint: "does not know this access key"},
		},
		"ErrPolicy": {
			connector.ExampleResponse{Status: 403, Header: map[string]string{"X-Amzn-Errortype": "ForbiddenException"}, Body: `{"message":null,"traceId":"1"}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "AWS IoT answered 403 Forbidden: ForbiddenException", Hint: "iot:Publish"},
		},
		"ErrRedirect": {
			connector.ExampleResponse{Status: 307, Header: map[string]string{"Location": "https://elsewhere.example/"}},
			connectortest.Refusal{Code: fault.UnexpectedStatus, Message: "AWS IoT answered 307 Temporary Redirect.", Hint: "elsewhere.example"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, setup(map[string]any{"topic": "a"}).Run(t, awsiot.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestVerifyTellsAnotherAccountsEndpoint(t *testing.T) {
	e := connectortest.Setup{Data: key}.Run(t, awsiot.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"endpointAddress":"zzz-ats.iot.eu-west-1.amazonaws.com"}`}))
	connectortest.Refusal{Code: fault.AuthFailed, Message: "The data endpoint in the credential is not that...", Hint: "zzz-ats.iot.eu-west-1.amazonaws.com"}.Check(t, e.Err)
}

func TestHosts(t *testing.T) {
	con := awsiot.New()
	for name, tt := range map[string]struct{ region, endpoint, want string }{
		"OKEndpoint": {"eu-west-1", "https://A1-ats.iot.eu-west-1.amazonaws.com/", "iot.eu-west-1.amazonaws.com a1-ats.iot.eu-west-1.amazonaws.com"},
		"OKRegion":   {"us-gov-west-1", "", "iot.us-gov-west-1.amazonaws.com data-ats.iot.us-gov-west-1.amazonaws.com"},
		"OKChina":    {"cn-north-1", "", "iot.cn-north-1.amazonaws.com.cn data-ats.iot.cn-north-1.amazonaws.com.cn"},
	} {
		t.Run(name, func(t *testing.T) {
			data := map[string]any{"access_key_id": key["access_key_id"], "secret_access_key": key["secret_access_key"], "region": tt.region, "endpoint": tt.endpoint}
			call, _ := connectortest.Call(t, con, connectortest.Setup{CredentialType: "aws_access_key", Data: data})
			if got := strings.Join(con.CredentialHosts(call.Credential), " "); got != tt.want {
				t.Errorf("hosts = %s, want %s", got, tt.want)
			}
		})
	}
}
