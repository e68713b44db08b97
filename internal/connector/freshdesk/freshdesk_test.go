package freshdesk_test

import (
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/freshdesk"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrFields": {
			connector.ExampleResponse{Status: 400, Body: `{"description":"Validation failed","errors":[{"field":"priority","message":"It should be one of these values: '1,2,3,4'","code":"invalid_value"},{"field":"cf_order","message":"It should not be blank as this is a mandatory field","code":"missing_field"}]}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Freshdesk answered 400 Bad Request: Validation failed: priority: It should be one of these values: '1,2,3,4'; cf_order: It should not be blank as this is a mandatory field", Hint: "required for agents"},
		},
		"ErrExists": {
			connector.ExampleResponse{Status: 409, Body: `{"description":"Validation failed","errors":[{"field":"email","additional_info":{"user_id":103},"message":"It should be a unique value","code":"duplicate_value"}]}`},
			connectortest.Refusal{Code: fault.ServiceConflict, Message: "Freshdesk answered 409 Conflict: Validation failed: email: It should be a unique value"},
		},
		"ErrKey": {
			connector.ExampleResponse{Status: 401, Body: `{"code":"invalid_credentials","message":"You have to be logged in to perform this action."}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Freshdesk answered 401 Unauthorized: You have to be logged in to perform this action.", Hint: "domain"},
		},
		"ErrNoSuchTicket": {
			connector.ExampleResponse{Status: 404},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Freshdesk answered 404 Not Found.", Hint: "ticket's number"},
		},
		"ErrLimit": {
			connector.ExampleResponse{Status: 429, Header: map[string]string{"Retry-After": "24"}, Body: `{"message":"You have exceeded the limit of requests per minute"}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Freshdesk answered 429 Too Many Requests: You have exceeded the limit of requests per minute", Wait: 24 * time.Second},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "add_note", Config: map[string]any{"id": 1, "body": "B"}}
			tt.want.Check(t, setup.Run(t, freshdesk.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestRequests(t *testing.T) {
	ticket := func(more map[string]any) map[string]any {
		config := map[string]any{"email": "a@example.com", "subject": "S", "description": "D"}
		for name, value := range more {
			config[name] = value
		}
		return config
	}
	tests := map[string]struct {
		action string
		config map[string]any
		want   string
	}{
		"Numbers":     {"create_ticket", ticket(map[string]any{"priority": 4, "status": 12}), `{"email":"a@example.com","subject":"S","description":"D","priority":4,"status":12}`},
		"LastNames":   {"create_ticket", ticket(map[string]any{"priority": "urgent", "status": "closed"}), `{"email":"a@example.com","subject":"S","description":"D","priority":4,"status":5}`},
		"Spaces":      {"create_ticket", ticket(map[string]any{"email": " a@example.com\n"}), `{"email":"a@example.com","subject":"S","description":"D","priority":1,"status":2}`},
		"PublicNote":  {"add_note", map[string]any{"id": 1, "body": "B", "private": false}, `{"body":"B","private":false}`},
		"LinesOfText": {"add_note", map[string]any{"id": 1, "body": "1 &lt; 2\r\nyes"}, `{"body":"1 &lt; 2<br>yes","private":true}`},
		"Markup":      {"add_note", map[string]any{"id": 1, "body": "<b>1</b>\n2"}, `{"body":"<b>1</b>\n2","private":true}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{Action: tt.action, Config: tt.config}.Run(t, freshdesk.New(), connectortest.Answer(connector.ExampleResponse{Status: 201, Body: `{"id":1}`}))
			if e.Err != nil || len(e.Sent) != 1 || e.Sent[0].Body != tt.want {
				t.Errorf("sent = %+v, error = %v\nwant %s", e.Sent, e.Err, tt.want)
			}
		})
	}
}

func TestFields(t *testing.T) {
	tests := map[string]struct {
		change map[string]any
		ok     bool
	}{
		"OK":          {map[string]any{"priority": "medium", "status": "resolved"}, true},
		"ErrPriority": {map[string]any{"priority": "5"}, false},
		"ErrStatus":   {map[string]any{"status": "solved"}, false},
		"ErrTag":      {map[string]any{"tags": []any{"late, order"}}, false},
		"ErrEmail":    {map[string]any{"email": "Ada <ada@example.com>"}, false},
	}
	action, ok := freshdesk.New().Action("create_ticket")
	if !ok {
		t.Fatal("there is no such action")
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := map[string]any{"email": "a@example.com", "subject": "S", "description": "D"}
			for name, value := range tt.change {
				config[name] = value
			}
			if _, problems := action.Input.Decode(config); (len(problems) == 0) != tt.ok {
				t.Errorf("problems = %v, want ok = %t", problems, tt.ok)
			}
		})
	}
}

// Whatever the credential says, its key goes to a helpdesk at Freshdesk.
func TestDomain(t *testing.T) {
	con := freshdesk.New()
	ct, _ := con.CredentialType("freshdesk")
	tests := map[string]struct {
		given, want string // want is "" for refused
	}{
		"OK":              {"acme", "acme.freshdesk.com"},
		"OKWhole":         {"Acme.freshdesk.com", "acme.freshdesk.com"},
		"ErrURL":          {"https://acme.freshdesk.com", ""},
		"ErrOtherService": {"acme.freshservice.com", ""},
		"ErrOtherSuffix":  {"acme.freshdesk.com.evil.example", ""},
		"ErrPath":         {"evil/", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			data, problems := ct.Fields.Decode(map[string]any{"domain": tt.given, "api_key": "0123456789"})
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
