package servicenow_test

import (
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/servicenow"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrPassword": {
			connector.ExampleResponse{Status: 401, Body: `{"error":{"message":"User Not Authenticated","detail":"Required to provide Auth information"},"status":"failure"}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "ServiceNow answered 401 Unauthorized: User Not Authenticated: Required to provide Auth information", Hint: "locked out"},
		},
		"ErrRole": {
			connector.ExampleResponse{Status: 403, Body: `{"error":{"message":"Operation Failed","detail":"ACL Exception Insert Failed due to security constraints"},"status":"failure"}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "ServiceNow answered 403 Forbidden: Operation Failed: ACL Exception Insert Failed due to security constraints", Hint: "itil"},
		},
		"ErrDataPolicy": {
			connector.ExampleResponse{Status: 403, Body: `{"error":{"message":"Operation Failed","detail":"Data Policy Exception:\nThe following fields are mandatory: Close notes"},"status":"failure"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "ServiceNow answered 403 Forbidden: Operation Failed: Data Policy Exception: The following fields are mandatory: Close notes", Hint: "rule of the instance"},
		},
		"ErrBusinessRule": {
			connector.ExampleResponse{Status: 403, Body: `{"error":{"message":"Operation Failed","detail":"Operation against file 'incident' was aborted by Business Rule 'Stop it^1'"},"status":"failure"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "ServiceNow answered 403 Forbidden: Operation Failed: Operation against file 'incident' was aborted by Business Rule 'Stop it^1'", Hint: "rule of the instance"},
		},
		"ErrNoRecord": {
			connector.ExampleResponse{Status: 404, Body: `{"error":{"message":"No Record found","detail":"Record doesn't exist or ACL restricts the record retrieval"},"status":"failure"}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "ServiceNow answered 404 Not Found: No Record found: Record doesn't exist or ACL restricts the record retrieval", Hint: "sys_id"},
		},
		"ErrNoDetail": {
			connector.ExampleResponse{Status: 400, Body: `{"error":{"message":"Invalid table incidents","detail":null},"status":"failure"}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "ServiceNow answered 400 Bad Request: Invalid table incidents"},
		},
		"ErrHibernating": {
			connector.ExampleResponse{Body: `<html><head><title>Instance Hibernating page</title></head></html>`},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "ServiceNow refused the request: the instance is hibernating.", Hint: "developer.servicenow.com"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "create_incident", Config: map[string]any{"short_description": "S"}}
			tt.want.Check(t, setup.Run(t, servicenow.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestIncidents(t *testing.T) {
	tests := map[string]struct {
		action string
		config map[string]any
		want   string
	}{
		"Least":        {"create_incident", map[string]any{"short_description": "S", "description": "", "urgency": "", "caller_id": " "}, `{"short_description":"S"}`},
		"Low":          {"create_incident", map[string]any{"short_description": "S", "urgency": "low", "impact": "medium"}, `{"impact":"2","short_description":"S","urgency":"3"}`},
		"FieldsGoLast": {"create_incident", map[string]any{"short_description": "S", "fields": map[string]any{"short_description": "other", "u_order": 100}}, `{"short_description":"S","u_order":100}`},
		"Changes":      {"update_incident", map[string]any{"sys_id": "1", "fields": map[string]any{"active": false}}, `{"active":false}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := connectortest.Setup{Action: tt.action, Config: tt.config}.Run(t, servicenow.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"result":{"sys_id":"1","number":"INC1"}}`}))
			if e.Err != nil || len(e.Sent) != 1 || e.Sent[0].Body != tt.want {
				t.Errorf("sent = %+v, error = %v\nwant %s", e.Sent, e.Err, tt.want)
			}
		})
	}
	t.Run("ErrNothing", func(t *testing.T) {
		e := connectortest.Setup{Action: "update_incident", Config: map[string]any{"sys_id": "1", "fields": map[string]any{}}}.Run(t, servicenow.New(), connectortest.NoCall(t))
		connectortest.Refusal{Code: fault.InvalidInput, Message: "There is no field to change.", Pointer: "/fields"}.Check(t, e.Err)
	})
}

func TestRepeatable(t *testing.T) {
	action, ok := servicenow.New().Action("update_incident")
	if !ok {
		t.Fatal("there is no such action")
	}
	for field, want := range map[string]bool{"state": true, "close_notes": true, "comments": false, "work_notes": false, "u_log": false, "x_acme_log": false} {
		t.Run(field, func(t *testing.T) {
			in, problems := action.Input.Decode(map[string]any{"sys_id": "1", "fields": map[string]any{"state": 1, field: "x"}})
			if len(problems) != 0 {
				t.Fatal(problems)
			}
			if got := action.Repeatable(in); got != want {
				t.Errorf("repeatable = %t, want %t", got, want)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	setup := connectortest.Setup{Data: map[string]any{"instance_url": "acme.service-now.com", "username": "a^ORactive=true", "password": "0123456789"}}
	tests := map[string]struct {
		body, want string
	}{
		"Known":      {`{"result":[{"name":"Ada Lovelace","email":"ada@example.com"}]}`, "Ada Lovelace"},
		"MayNotRead": {`{"result":[]}`, "a^ORactive=true"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := setup.Run(t, servicenow.New(), connectortest.Answer(connector.ExampleResponse{Body: tt.body}))
			if e.Err != nil || e.Identity.Name != tt.want {
				t.Errorf("identity = %+v, error = %v, want %s", e.Identity, e.Err, tt.want)
			}
			if want := "/api/now/table/sys_user?sysparm_fields=name%2Cemail&sysparm_limit=1&sysparm_query=user_name%3Da%5E%5EORactive%3Dtrue"; e.Sent[0].Target != want {
				t.Errorf("asked for %s, want %s", e.Sent[0].Target, want)
			}
		})
	}
}
