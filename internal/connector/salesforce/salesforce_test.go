package salesforce_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/salesforce"
	"switchboard/internal/fault"
	"switchboard/internal/schema"
)

func TestQueryReadsPages(t *testing.T) {
	pages := func(w http.ResponseWriter, r *http.Request) {
		from := 0
		if _, locator, ok := strings.Cut(r.URL.Path, "/query/01gD0-"); ok {
			_, _ = fmt.Sscan(locator, &from)
		}
		next := fmt.Sprintf(`, "nextRecordsUrl": "/services/data/v64.0/query/01gD0-%d"`, from+2)
		if from == 4 {
			next = ""
		}
		_, _ = fmt.Fprintf(w, `{"totalSize": 6, "done": %t%s, "records": [{"attributes": {}, "N": %d}, {"attributes": {}, "N": %d, "Owner": {"attributes": {}, "Name": "Ann"}}]}`, from == 4, next, from, from+1)
	}
	for limit, want := range map[int]struct{ calls, records int }{1: {1, 1}, 2: {1, 2}, 3: {2, 3}, 6: {3, 6}, 1000: {3, 6}} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			e := connectortest.Setup{Action: "query", Config: map[string]any{"soql": "SELECT N FROM X", "limit": limit}}.Run(t, salesforce.New(), pages)
			records, _ := e.Output["records"].([]any)
			if e.Err != nil || len(e.Sent) != want.calls || len(records) != want.records || fmt.Sprint(e.Output["total"]) != "6" || strings.Contains(fmt.Sprint(records), "attributes") {
				t.Errorf("%d calls, output %v, error %v; want %+v", len(e.Sent), e.Output, e.Err, want)
			}
		})
	}
	t.Run("InACircle", func(t *testing.T) {
		e := connectortest.Setup{Action: "query", Config: map[string]any{"soql": "SELECT N FROM X"}}.Run(t, salesforce.New(),
			connectortest.Answer(connector.ExampleResponse{Body: `{"totalSize": 2, "done": false, "nextRecordsUrl": "/services/data/v64.0/query/01gD0-2", "records": []}`}))
		if e.Err != nil || len(e.Sent) != 2 {
			t.Errorf("error = %v after %d calls", e.Err, len(e.Sent))
		}
	})
	t.Run("ErrElsewhere", func(t *testing.T) {
		e := connectortest.Setup{Action: "query", Config: map[string]any{"soql": "SELECT N FROM X"}}.Run(t, salesforce.New(),
			connectortest.Answer(connector.ExampleResponse{Body: `{"totalSize": 2, "done": false, "nextRecordsUrl": "/services/apexrest/delete", "records": [{}]}`}))
		if !fault.Is(e.Err, fault.BadResponse) || len(e.Sent) != 1 {
			t.Errorf("error = %v after %d calls", e.Err, len(e.Sent))
		}
	})
}

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"Duplicate": {
			connector.ExampleResponse{Status: 400, Body: `[{"message": "duplicate value found: Email__c duplicates value on record with id: 00Q1", "errorCode": "DUPLICATE_VALUE", "fields": ["Email__c"]}]`},
			connectortest.Refusal{Code: fault.ServiceConflict, Message: "Salesforce answered 400 Bad Request: duplicate value found: Email__c duplicates value on record with id: 00Q1 (DUPLICATE_VALUE) in Email__c", Hint: "external ID"},
		},
		"LimitExceeded": {
			connector.ExampleResponse{Status: 403, Body: `[{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Salesforce answered 403 Forbidden: TotalRequests Limit exceeded. (REQUEST_LIMIT_EXCEEDED)", Hint: "24 hours"},
		},
		"TooManyAtOnce": {
			connector.ExampleResponse{Status: 403, Body: `[{"message": "ConcurrentPerOrgLongTxn Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Salesforce answered 403 Forbidden: ConcurrentPerOrgLongTxn Limit exceeded. (REQUEST_LIMIT_EXCEEDED)", Hint: "at once"},
		},
		"Locked": {
			connector.ExampleResponse{Status: 400, Body: `[{"message": "unable to obtain exclusive access", "errorCode": "UNABLE_TO_LOCK_ROW"}]`},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Salesforce answered 400 Bad Request: unable to obtain exclusive access (UNABLE_TO_LOCK_ROW)", Hint: "tried again"},
		},
		"ManyWithTheExternalID": {
			connector.ExampleResponse{Status: 300, Body: `["/services/data/v64.0/sobjects/Lead/1", "/services/data/v64.0/sobjects/Lead/2"]`},
			connectortest.Refusal{Code: fault.ServiceConflict, Message: "Salesforce answered 300 Multiple Choices: several records have this external ID", Hint: "unique"},
		},
		"ExpiredSession": {
			connector.ExampleResponse{Status: 401, Body: `[{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Salesforce answered 401 Unauthorized: Session expired or invalid (INVALID_SESSION_ID)", Hint: "Reconnect"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "create_record", Config: map[string]any{"object": "Lead", "fields": map[string]any{"LastName": "Lee"}}}
			tt.want.Check(t, setup.Run(t, salesforce.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestExternalID(t *testing.T) {
	saved := connectortest.Answer(connector.ExampleResponse{Status: 201, Body: `{"id": "1", "success": true, "created": true}`})
	t.Run("OfTheStepAlone", func(t *testing.T) {
		e := connectortest.Setup{Action: "create_record", Config: map[string]any{"object": "Lead", "fields": map[string]any{"LastName": "Lee"}, "external_id_field": "Key__c"}}.Run(t, salesforce.New(), saved)
		if e.Err != nil || e.Sent[0].Target != "/services/data/v64.0/sobjects/Lead/Key__c/"+connectortest.Key {
			t.Errorf("sent %+v, error %v", e.Sent, e.Err)
		}
	})
	t.Run("ErrWithoutAField", func(t *testing.T) {
		e := connectortest.Setup{Action: "create_record", Config: map[string]any{"object": "Lead", "fields": map[string]any{"LastName": "Lee"}, "external_id": "1"}}.Run(t, salesforce.New(), connectortest.NoCall(t))
		connectortest.Refusal{Code: fault.InvalidInput, Message: "There is an external ID, but no field for it.", Hint: "external ID", Pointer: "/external_id_field"}.Check(t, e.Err)
	})
	action, _ := salesforce.New().Action("create_record")
	for config, want := range map[string]bool{"": false, "Key__c": true} {
		if got := action.Repeatable(schema.NewInput(map[string]any{"external_id_field": config})); got != want {
			t.Errorf("repeatable with the field %q = %t", config, got)
		}
	}
}

// TestWhereTokensComeFrom: the deployment's secret must go to Salesforce alone, and a
// sandbox signs in at its own address.
func TestWhereTokensComeFrom(t *testing.T) {
	con := salesforce.New()
	oauth := con.CredentialTypes[0].OAuth
	for name, tt := range map[string]struct {
		data     map[string]any
		token    string
		byClient bool
	}{
		"Person":            {map[string]any{"client_id": "k"}, "https://login.salesforce.com/services/oauth2/token", false},
		"PersonOfASandbox":  {map[string]any{"client_id": "k", "login_url": "test.salesforce.com"}, "https://test.salesforce.com/services/oauth2/token", false},
		"PersonWithADomain": {map[string]any{"client_id": "k", "instance_url": "https://acme.my.salesforce.com/lightning", "refresh_token": "r"}, "https://acme.my.salesforce.com/services/oauth2/token", false},
		"SandboxConnected":  {map[string]any{"client_id": "k", "login_url": "https://test.salesforce.com", "instance_url": "https://acme--dev.sandbox.my.salesforce.com", "refresh_token": "r"}, "https://test.salesforce.com/services/oauth2/token", false},
		"AnApp":             {map[string]any{"client_id": "k", "instance_url": "https://acme.my.salesforce.com"}, "https://acme.my.salesforce.com/services/oauth2/token", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := connector.Credential{Type: con.CredentialTypes[0].Name, Data: schema.NewInput(tt.data)}
			if got := oauth.TokenURL(c); got != tt.token || oauth.ClientCredentials(c) != tt.byClient {
				t.Errorf("tokens come from %s, by the client: %t", got, oauth.ClientCredentials(c))
			}
		})
	}
	for _, name := range []string{"instance_url", "login_url"} {
		field, _ := con.CredentialTypes[0].Fields.Lookup(name)
		pattern := regexp.MustCompile("^(?:" + field.Pattern + ")$")
		for site, want := range map[string]bool{
			"https://acme.my.salesforce.com": true, "acme.my.salesforce.com": true, "https://acme.my.salesforce.com/x": true, "https://acme.my.salesforce.mil": true,
			"https://evil.example": false, "https://evil.example/salesforce.com": false, "https://salesforce.com.evil.example": false, "https://evilsalesforce.com": false,
			"https://acme.my.salesforce.com@evil.example": false, "https://acme.my.salesforce.com:8443": false, "http://acme.my.salesforce.com": false,
		} {
			if pattern.MatchString(site) != want {
				t.Errorf("%s takes %s: %t", name, site, !want)
			}
		}
	}
}
