package pipedrive_test

import (
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/pipedrive"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrField": {
			connector.ExampleResponse{Status: 400, Body: `{"success":false,"error":"Validation failed: person_id: Person not found","error_info":"Please check developers.pipedrive.com","code":"ERR_SCHEMA_VALIDATION_FAILED"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Pipedrive answered 400 Bad Request: Validation failed: person_id: Person not found"},
		},
		"ErrOtherCompany": {
			connector.ExampleResponse{Status: 401, Body: `{"success":false,"error":"unauthorized access","errorCode":401}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Pipedrive answered 401 Unauthorized: unauthorized access", Hint: "company domain"},
		},
		"ErrTrialEnded": {
			connector.ExampleResponse{Status: 402, Body: `{"success":false,"error":"Company account is not open (possible reason: trial expired, payment details not entered)"}`},
			connectortest.Refusal{Code: fault.UnexpectedStatus, Message: "Pipedrive answered 402 Payment Required: Company account is not open...", Hint: "subscription"},
		},
		"ErrBurst": {
			connector.ExampleResponse{Status: 429, Header: map[string]string{"X-RateLimit-Reset": "2", "X-Daily-RateLimit-Token-Remaining": "30000"}, Body: `{"success":false,"error":"request over limit"}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Pipedrive answered 429 Too Many Requests: request over limit", Wait: 2 * time.Second},
		},
		"ErrDay": {
			connector.ExampleResponse{Status: 429, Header: map[string]string{"X-RateLimit-Reset": "2", "X-Daily-RateLimit-Token-Remaining": "0"}, Body: `{"success":false,"error":"daily request limit exceeded"}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Pipedrive answered 429 Too Many Requests: daily request limit exceeded", Hint: "for today", Wait: 2 * time.Second},
		},
		"ErrBlocked": {
			connector.ExampleResponse{Status: 403, Body: "<html>Attention Required!</html>"},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Pipedrive answered 403 Forbidden.", Hint: "blocked"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "create_deal", Config: map[string]any{"title": "T"}}
			tt.want.Check(t, setup.Run(t, pipedrive.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

// Whatever the credential says, its token goes to a company of Pipedrive.
func TestCompanyDomain(t *testing.T) {
	con := pipedrive.New()
	ct, _ := con.CredentialType("pipedrive")
	tests := map[string]struct {
		given string
		want  string // "" for refused
	}{
		"OK":             {"acme", "acme.pipedrive.com"},
		"OKWhole":        {"Acme.pipedrive.com", "acme.pipedrive.com"},
		"OKHyphen":       {"acme-sandbox2", "acme-sandbox2.pipedrive.com"},
		"ErrURL":         {"https://acme.pipedrive.com", ""},
		"ErrOtherHost":   {"evil.example.com", ""},
		"ErrOtherSuffix": {"acme.pipedrive.com.evil.example", ""},
		"ErrPath":        {"evil.example/", ""},
		"ErrUser":        {"a@evil.example", ""},
		"ErrPort":        {"acme:8443", ""},
		"ErrHyphenAtEnd": {"acme-", ""},
		"ErrDots":        {"..", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			data, problems := ct.Fields.Decode(map[string]any{"company_domain": tt.given, "api_token": "0123456789"})
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

func TestZeroIsAValue(t *testing.T) {
	setup := connectortest.Setup{Action: "create_deal", Config: map[string]any{"title": "Free", "value": 0, "currency": ""}}
	e := setup.Run(t, pipedrive.New(), connectortest.Answer(connector.ExampleResponse{Status: 201, Body: `{"success":true,"data":{"id":9007199254740993}}`}))
	if e.Err != nil || len(e.Sent) != 1 || e.Sent[0].Body != `{"title":"Free","value":0}` {
		t.Errorf("sent = %+v, error = %v", e.Sent, e.Err)
	}
}
