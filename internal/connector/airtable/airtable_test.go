package airtable_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/connector/airtable"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrBase": {
			connector.ExampleResponse{Status: 403, Body: `{"error":{"type":"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND","message":"Invalid permissions, or the requested model was not found."}}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Airtable answered 403 Forbidden: Invalid permissions, or the requested model was not found.", Hint: "Add the base under Access"},
		},
		"ErrBareType": {
			connector.ExampleResponse{Status: 404, Body: `{"error":"NOT_FOUND"}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Airtable answered 404 Not Found: NOT_FOUND", Hint: "ids of base and table"},
		},
		"ErrField": {
			connector.ExampleResponse{Status: 422, Body: `{"error":{"type":"UNKNOWN_FIELD_NAME","message":"Unknown field name: \"order\""}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: `Airtable answered 422 Unprocessable Entity: Unknown field name: "order"`, Hint: "capitals"},
		},
		"ErrRate": {
			connector.ExampleResponse{Status: 429, Body: `{"errors":[{"error":"RATE_LIMIT_REACHED","message":"Rate limit exceeded. Please try again later"}]}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Airtable answered 429 Too Many Requests: Rate limit exceeded. Please try again later", Wait: 30 * time.Second},
		},
		"ErrRateAtTheGateway": {
			connector.ExampleResponse{Status: 429, Body: "<html>"},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Airtable answered 429 Too Many Requests.", Wait: 30 * time.Second},
		},
		"ErrMonth": {
			connector.ExampleResponse{Status: 429, Body: `{"errors":[{"error":"PUBLIC_API_BILLING_LIMIT_EXCEEDED","message":"API billing plan limit exceeded"}]}`},
			connectortest.Refusal{Code: fault.RateLimited, Message: "Airtable answered 429 Too Many Requests: API billing plan limit exceeded", Hint: "this month", Wait: 30 * time.Second},
		},
		"ErrListExpired": {
			connector.ExampleResponse{Status: 422, Body: `{"error":{"type":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}`},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Airtable answered 422 Unprocessable Entity: LIST_RECORDS_ITERATOR_NOT_AVAILABLE", Hint: "first page"},
		},
		"ErrGateway": {
			connector.ExampleResponse{Status: 502, Body: "<html>"},
			connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "Airtable answered 502 Bad Gateway."},
		},
		"ErrNoID": {
			connector.ExampleResponse{Body: `{}`},
			connectortest.Refusal{Code: fault.BadResponse, Message: "Airtable took the record, but does not tell its id.", Unsettled: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "create_record", Config: map[string]any{"base_id": "appX", "table": "T", "fields": map[string]any{"A": 1}}}
			tt.want.Check(t, setup.Run(t, airtable.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
}

func TestInputIsRefused(t *testing.T) {
	tests := map[string]struct {
		setup connectortest.Setup
		want  connectortest.Refusal
	}{
		"ErrNoFields": {
			connectortest.Setup{Action: "create_record", Config: map[string]any{"base_id": "appX", "table": "T", "fields": map[string]any{}}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "There is no value to put into the record.", Pointer: "/fields"},
		},
		"ErrTableClimbs": {
			connectortest.Setup{Action: "list_records", Config: map[string]any{"base_id": "appX", "table": "../meta/bases"}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "A value that becomes part of the address is empty..."},
		},
		"ErrQuotes": {
			connectortest.Setup{Action: "list_records", Config: map[string]any{"base_id": "appX", "table": "T", "formula": `{A} = '"x"'`}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The formula has a double quote within single quotes...", Hint: "double quotes", Pointer: "/formula"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, tt.setup.Run(t, airtable.New(), connectortest.NoCall(t)).Err)
		})
	}
}

// pages answers with a table of so many records.
func pages(t *testing.T, total int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var first, size int
		if offset := r.URL.Query().Get("offset"); offset != "" {
			if _, err := fmt.Sscanf(offset, "itr/%d", &first); err != nil {
				t.Error(err)
			}
		}
		if _, err := fmt.Sscan(r.URL.Query().Get("pageSize"), &size); err != nil {
			t.Error(err)
		}
		var rows []string
		for i := first; i < min(first+size, total); i++ {
			rows = append(rows, fmt.Sprintf(`{"id": "rec%d", "createdTime": "2026-01-02T03:04:05.000Z", "fields": {"N": %d}}`, i, i))
		}
		next := ""
		if first+size < total {
			next = fmt.Sprintf(`, "offset": "itr/%d"`, first+size)
		}
		_, _ = io.WriteString(w, `{"records": [`+strings.Join(rows, ",")+`]`+next+`}`)
	}
}

func TestPages(t *testing.T) {
	tests := map[string]struct {
		total, limit, want, calls int
		more                      bool
	}{
		"OnePage":     {total: 3, limit: 100, want: 3, calls: 1},
		"SeveralTo":   {total: 500, limit: 250, want: 250, calls: 3, more: true},
		"SeveralAll":  {total: 230, limit: 1000, want: 230, calls: 3},
		"ExactlyFull": {total: 100, limit: 100, want: 100, calls: 1},
		"None":        {total: 0, limit: 10, want: 0, calls: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "list_records", Config: map[string]any{"base_id": " appX ", "table": "T", "limit": tt.limit}}
			e := setup.Run(t, airtable.New(), pages(t, tt.total))
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			records, _ := e.Output["records"].([]any)
			if len(records) != tt.want || len(e.Sent) != tt.calls || e.Output["has_more"] != tt.more {
				t.Errorf("%d records in %d calls, has_more = %v; want %d in %d, %t", len(records), len(e.Sent), e.Output["has_more"], tt.want, tt.calls, tt.more)
			}
		})
	}
}

// A service that leads in a circle does not keep the step for ever.
func TestOffsetThatLeadsNowhere(t *testing.T) {
	setup := connectortest.Setup{Action: "list_records", Config: map[string]any{"base_id": "appX", "table": "T"}}
	e := setup.Run(t, airtable.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"records": [], "offset": "same"}`}))
	if e.Err != nil || len(e.Sent) != 2 || e.Output["has_more"] != false {
		t.Errorf("error = %v, %d calls, output = %v", e.Err, len(e.Sent), e.Output)
	}
}

func TestLongFormulaGoesIntoTheBody(t *testing.T) {
	long := `{A} = "` + strings.Repeat("x", 20000) + `"`
	setup := connectortest.Setup{Action: "list_records", Config: map[string]any{"base_id": "appX", "table": "T", "formula": long, "view": "Open"}}
	e := setup.Run(t, airtable.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"records": []}`}))
	if e.Err != nil || len(e.Sent) != 1 {
		t.Fatalf("error = %v, %d calls", e.Err, len(e.Sent))
	}
	if s := e.Sent[0]; s.Method != http.MethodPost || s.Target != "/v0/appX/T/listRecords" || !strings.Contains(s.Body, `"view":"Open","pageSize":100`) {
		t.Errorf("sent %s %s", s.Method, s.Target)
	}
}

func TestVerifyWithoutAddress(t *testing.T) {
	e := connectortest.Setup{}.Run(t, airtable.New(), connectortest.Answer(connector.ExampleResponse{Body: `{"id": "usrL2PNC5o3H4lBEi"}`}))
	if e.Err != nil || e.Identity.Name != "Airtable user usrL2PNC5o3H4lBEi" {
		t.Errorf("identity = %+v, error = %v", e.Identity, e.Err)
	}
}
