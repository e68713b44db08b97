package zendesk_test

import (
	"encoding/base64"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/zendesk"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrToken": {
			connector.ExampleResponse{Status: 401, Body: `{"error":"Couldn't authenticate you"}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Zendesk answered 401 Unauthorized: Couldn't authenticate you", Hint: "token access"},
		},
		"ErrNoSuchAccount": {
			connector.ExampleResponse{Status: 404, Body: `<html>No help desk at acme.zendesk.com</html>`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Zendesk answered 404 Not Found.", Hint: "subdomain"},
		},
		"ErrRequester": {
			connector.ExampleResponse{Status: 422, Body: `{"error":"RecordInvalid","description":"Record validation errors","details":{"requester":[{"description":"Requester: Name:  is too short (minimum one character)","error":"BlankValue"}]}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Zendesk answered 422 Unprocessable Entity: Record validation errors: requester: Requester: Name: is too short (minimum one character)", Hint: "requester's name"},
		},
		"ErrClosed": {
			connector.ExampleResponse{Status: 422, Body: `{"error":"RecordInvalid","description":"Record validation errors","details":{"status":[{"description":"Status: closed prevents ticket update"}]}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Zendesk answered 422 Unprocessable Entity: Record validation errors: status: Status: closed prevents ticket update", Hint: "Open a new one"},
		},
		"ErrOtherRequestWithThisKey": {
			connector.ExampleResponse{Status: 400, Body: `{"error":"IdempotentRequestError","description":"Request parameters are different from the initial request"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Zendesk answered 400 Bad Request: Request parameters are different from the initial request"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "create_ticket", Config: map[string]any{"subject": "S", "comment": "C"}}
			tt.want.Check(t, setup.Run(t, zendesk.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestInputIsRefused(t *testing.T) {
	tests := map[string]struct {
		action string
		config map[string]any
		want   connectortest.Refusal
	}{
		"ErrNameAlone": {
			"create_ticket", map[string]any{"subject": "S", "comment": "C", "requester_name": "Ada"},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "A requester's name needs the email that goes with it.", Pointer: "/requester_email"},
		},
		"ErrCustomFieldByTitle": {
			"create_ticket", map[string]any{"subject": "S", "comment": "C", "custom_fields": map[string]any{"Order/No": 1}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: `"Order/No" is not the number of a custom field.`, Pointer: "/custom_fields/Order~1No", Hint: "Admin Center"},
		},
		"ErrNothing": {
			"update_ticket", map[string]any{"id": 1},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "There is nothing to change.", Pointer: "/status", Hint: "status, priority, tags or group"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, connectortest.Setup{Action: tt.action, Config: tt.config}.Run(t, zendesk.New(), connectortest.NoCall(t)).Err)
		})
	}
}

func TestRequests(t *testing.T) {
	const answer = `{"ticket": {"id": 7}}`
	tests := map[string]struct {
		action string
		config map[string]any
		want   string
	}{
		"AgentAsks":       {"create_ticket", map[string]any{"subject": "S", "comment": "C", "requester_email": ""}, `{"ticket":{"subject":"S","comment":{"body":"C"}}}`},
		"KnownRequester":  {"create_ticket", map[string]any{"subject": "S", "comment": "C", "requester_email": " ada@example.com "}, `{"ticket":{"subject":"S","comment":{"body":"C"},"requester":{"email":"ada@example.com"}}}`},
		"FieldsInOrder":   {"create_ticket", map[string]any{"subject": "S", "comment": "C", "custom_fields": map[string]any{"9": nil, "10": []any{"a"}, "8": 1.5}}, `{"ticket":{"subject":"S","comment":{"body":"C"},"custom_fields":[{"id":8,"value":1.5},{"id":9,"value":null},{"id":10,"value":["a"]}]}}`},
		"TagsTakenAway":   {"update_ticket", map[string]any{"id": 7, "tags": []any{}}, `{"ticket":{"tags":[]}}`},
		"PublicByDefault": {"add_comment", map[string]any{"id": 7, "body": "B"}, `{"ticket":{"comment":{"body":"B","public":true}}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{Action: tt.action, Config: tt.config}.Run(t, zendesk.New(), connectortest.Answer(connector.ExampleResponse{Body: answer}))
			if e.Err != nil || len(e.Sent) != 1 || e.Sent[0].Body != tt.want {
				t.Errorf("sent = %+v, error = %v\nwant %s", e.Sent, e.Err, tt.want)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	data := map[string]any{"subdomain": "Acme.zendesk.com", "email": "support@example.com", "api_token": "0123456789"}
	setup := connectortest.Setup{Data: data}
	t.Run("OK", func(t *testing.T) {
		e := setup.Run(t, zendesk.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"user":{"id":1,"name":"Grace","role":"admin"}}`}))
		if e.Err != nil || e.Identity.Name != "Grace" || e.Identity.Detail["role"] != "admin" {
			t.Errorf("identity = %+v, error = %v", e.Identity, e.Err)
		}
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte("support@example.com/token:0123456789"))
		if got := e.Sent[0].Header.Get("Authorization"); got != want {
			t.Errorf("Authorization = %q, want %q", got, want)
		}
	})
	t.Run("ErrAnonymous", func(t *testing.T) {
		e := setup.Run(t, zendesk.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"user":{"id":null,"name":"Anonymous user","email":"invalid@example.com","role":"end-user"}}`}))
		connectortest.Refusal{Code: fault.AuthFailed, Message: "Zendesk does not know this email with this token.", Hint: "token access"}.Check(t, e.Err)
	})
	t.Run("ErrEndUser", func(t *testing.T) {
		e := setup.Run(t, zendesk.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"user":{"id":2,"name":"Ada","role":"end-user"}}`}))
		connectortest.Refusal{Code: fault.AuthFailed, Message: "Ada is an end user in Zendesk, who cannot work on tickets.", Hint: "agent"}.Check(t, e.Err)
	})
}

// Whatever the credential says, its token goes to an account at Zendesk.
func TestSubdomain(t *testing.T) {
	con := zendesk.New()
	ct, _ := con.CredentialType("zendesk")
	tests := map[string]struct {
		given, want string // want is "" for refused
	}{
		"OK":             {"acme", "acme.zendesk.com"},
		"OKWhole":        {"Acme.zendesk.com", "acme.zendesk.com"},
		"ErrURL":         {"https://acme.zendesk.com", ""},
		"ErrOtherHost":   {"evil.example.com", ""},
		"ErrOtherSuffix": {"acme.zendesk.com.evil.example", ""},
		"ErrPath":        {"evil/", ""},
		"ErrUser":        {"a@evil", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			data, problems := ct.Fields.Decode(map[string]any{"subdomain": tt.given, "email": "a@example.com", "api_token": "0123456789"})
			if (len(problems) == 0) != (tt.want != "") {
				t.Fatalf("problems = %v", problems)
			}
			if tt.want == "" {
				return
			}
			if got := con.CredentialHosts(connector.Credential{Type: ct.Name, Data: data}); len(got) != 1 || got[0] != tt.want {
				t.Errorf("hosts = %v, want %s", got, tt.want)
			}
		})
	}
}
