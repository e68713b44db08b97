package jira_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/jira"
	"switchboard/internal/fault"
)

func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer connector.ExampleResponse
		want   connectortest.Refusal
	}{
		"ErrFields": {
			connector.ExampleResponse{Status: 400, Body: `{"errorMessages":[],"errors":{"issuetype":"Specify a valid issue type","priority":"Field 'priority' cannot be set. It is not on the appropriate screen, or unknown."}}`},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Jira answered 400 Bad Request: issuetype: Specify a valid issue type; priority: Field 'priority' cannot be set. It is not on the appropriate screen, or unknown.", Hint: "not on the screen"},
		},
		"ErrToken": {
			connector.ExampleResponse{Status: 401, Header: map[string]string{"Content-Type": "text/plain"}, Body: "Client must be authenticated to access this resource."},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Jira answered 401 Unauthorized: Client must be authenticated to access this resource.", Hint: "scopes"},
		},
		"ErrHidden": {
			connector.ExampleResponse{Status: 404, Body: `{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}`},
			connectortest.Refusal{Code: fault.ServiceNotFound, Message: "Jira answered 404 Not Found: Issue does not exist or you do not have permission to see it.", Hint: "may not see"},
		},
		"ErrAnonymous404": {
			connector.ExampleResponse{Status: 404, Header: map[string]string{"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, Body: `{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Jira answered 404 Not Found: Issue does not exist or you do not have permission to see it.", Hint: "expire"},
		},
		"ErrAnonymous200": {
			connector.ExampleResponse{Status: 201, Header: map[string]string{"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, Body: `{"id":"1"}`},
			connectortest.Refusal{Code: fault.AuthFailed, Message: "Jira refused the request: the email and the token do not belong to an account of this site.", Hint: "expire"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "add_comment", Config: map[string]any{"issue": "ENG-1", "body": "B"}}
			tt.want.Check(t, setup.Run(t, jira.New(), connectortest.Answer(tt.answer)).Err)
		})
	}
	t.Run("ErrUnbounded", func(t *testing.T) {
		setup := connectortest.Setup{Action: "search_issues", Config: map[string]any{"jql": "order by created"}}
		e := setup.Run(t, jira.New(), connectortest.Answer(connector.ExampleResponse{Status: 400, Body: `{"errorMessages":["Unbounded JQL queries are not allowed here. Please add a search restriction to your query."],"errors":{}}`}))
		connectortest.Refusal{Code: fault.InvalidInput, Message: "Jira answered 400 Bad Request: Unbounded JQL queries are not allowed here...", Hint: "updated >= -30d"}.Check(t, e.Err)
	})
}

func TestInputIsRefused(t *testing.T) {
	tests := map[string]struct {
		setup connectortest.Setup
		want  connectortest.Refusal
	}{
		"ErrEmptyComment": {
			connectortest.Setup{Action: "add_comment", Config: map[string]any{"issue": "ENG-1", "body": " \n "}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The comment is empty.", Pointer: "/body"},
		},
		"ErrDocument": {
			connectortest.Setup{Action: "create_issue", Config: map[string]any{"project": "ENG", "issue_type": "Bug", "summary": "S", "description": []any{"x"}}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "Description is neither text nor a document.", Pointer: "/description", Hint: "developer.atlassian.com"},
		},
		"ErrQuotes": {
			connectortest.Setup{Action: "search_issues", Config: map[string]any{"jql": `summary ~ '"x"'`}},
			connectortest.Refusal{Code: fault.InvalidInput, Message: "The query has a double quote within single quotes...", Pointer: "/jql", Hint: "double quotes"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Check(t, tt.setup.Run(t, jira.New(), connectortest.NoCall(t)).Err)
		})
	}
}

func TestFieldsGoFirst(t *testing.T) {
	setup := connectortest.Setup{Action: "create_issue", Config: map[string]any{
		"project": " ENG ", "issue_type": "Bug", "summary": "S", "fields": map[string]any{"summary": "other", "labels": []any{"kept"}, "customfield_10010": map[string]any{"id": "1"}},
	}}
	e := setup.Run(t, jira.New(), connectortest.Answer(connector.ExampleResponse{Status: 201, Body: `{"id":"1","key":"ENG-1"}`}))
	want := `{"fields":{"customfield_10010":{"id":"1"},"issuetype":{"name":"Bug"},"labels":["kept"],"project":{"key":"ENG"},"summary":"S"}}`
	if e.Err != nil || len(e.Sent) != 1 || e.Sent[0].Body != want {
		t.Errorf("sent = %+v, error = %v\nwant %s", e.Sent, e.Err, want)
	}
}

func TestTransition(t *testing.T) {
	const open = `{"transitions":[{"id":"11","name":"Start","to":{"name":"In Progress"}},{"id":"21","name":"Resume","to":{"name":"In Progress"}},{"id":"31","name":"Finish","to":{"name":"Done"}},{"id":"41","name":"Done","to":{"name":"Archived"}}]}`
	tests := map[string]struct {
		name, open string
		want       string // the id that is sent; "" for refused
		refusal    connectortest.Refusal
	}{
		"OKName":       {" start ", open, "11", connectortest.Refusal{}},
		"OKNameFirst":  {"done", open, "41", connectortest.Refusal{}},
		"OKStatus":     {"Archived", open, "41", connectortest.Refusal{}},
		"ErrAmbiguous": {"In progress", open, "", connectortest.Refusal{Code: fault.InvalidInput, Message: `Several transitions of this issue go by "In progress".`, Hint: "11, 21", Pointer: "/transition"}},
		"ErrMisspelt":  {"Finsh", open, "", connectortest.Refusal{Code: fault.InvalidInput, Message: `No transition "Finsh" is open from the issue's present status.`, Hint: `Did you mean "Finish"?`, Pointer: "/transition"}},
		"ErrUnknown":   {"Ship", open, "", connectortest.Refusal{Code: fault.InvalidInput, Message: `No transition "Ship" is open from the issue's present status.`, Hint: "Start, Resume, Finish, Done", Pointer: "/transition"}},
		"ErrNone":      {"Done", `{"transitions":[]}`, "", connectortest.Refusal{Code: fault.InvalidInput, Message: `No transition "Done" is open from the issue's present status.`, Hint: "None is open", Pointer: "/transition"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "transition_issue", Config: map[string]any{"issue": "ENG-1", "transition": tt.name}}
			e := setup.Run(t, jira.New(), func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(w, tt.open)
					return
				}
				w.WriteHeader(http.StatusNoContent)
			})
			if tt.want == "" {
				tt.refusal.Check(t, e.Err)
				if len(e.Sent) != 1 {
					t.Errorf("sent = %+v, want only the question", e.Sent)
				}
				return
			}
			if want := `{"transition":{"id":"` + tt.want + `"}}`; e.Err != nil || len(e.Sent) != 2 || e.Sent[1].Body != want {
				t.Errorf("sent = %+v, error = %v, want %s", e.Sent, e.Err, want)
			}
		})
	}
}

// As long as only the transition is looked up, nothing has happened to the issue.
func TestLookupLeavesNothingUnsettled(t *testing.T) {
	setup := connectortest.Setup{Action: "transition_issue", Config: map[string]any{"issue": "ENG-1", "transition": "Done"}}
	e := setup.Run(t, jira.New(), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	connectortest.Refusal{Code: fault.ServiceUnavailable, Message: "The connection to Jira was lost before it answered.", Hint: "Nothing was changed yet."}.Check(t, e.Err)
}

func TestSearchPages(t *testing.T) {
	tests := map[string]struct {
		limit, all, perPage int
		asked               []int // maxResults of each page
		got                 int
		more                bool
	}{
		"OnePage":       {50, 3, 100, []int{50}, 3, false},
		"SeveralPages":  {250, 230, 100, []int{100, 100, 50}, 230, false},
		"ShortPages":    {10, 9, 4, []int{10, 6, 2}, 9, false},
		"Limit":         {150, 400, 100, []int{100, 50}, 150, true},
		"LimitIsTheEnd": {4, 4, 4, []int{4}, 4, false},
		"TooManyGiven":  {3, 10, 5, []int{3}, 3, true},
		"Nothing":       {50, 0, 100, []int{50}, 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "search_issues", Config: map[string]any{"jql": "project = ENG", "limit": tt.limit}}
			var asked []int
			e := setup.Run(t, jira.New(), pages(t, tt.all, tt.perPage, name == "TooManyGiven", &asked))
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			issues, ok := e.Output["issues"].([]any)
			if !ok || len(issues) != tt.got || e.Output["has_more"] != tt.more || fmt.Sprint(asked) != fmt.Sprint(tt.asked) {
				t.Fatalf("%d issues, has_more = %v, asked for %v; want %d, %t, %v", len(issues), e.Output["has_more"], asked, tt.got, tt.more, tt.asked)
			}
			for i, one := range issues {
				if want := fmt.Sprintf("ENG-%d", i); one.(map[string]any)["key"] != want {
					t.Fatalf("issue %d is %v, want %s", i, one, want)
				}
			}
		})
	}
}

// pages serves all issues in pages; generous ones hold more than was asked for.
func pages(t *testing.T, all, perPage int, generous bool, asked *[]int) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		var ask struct {
			MaxResults    int    `json:"maxResults"`
			NextPageToken string `json:"nextPageToken"`
		}
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
			t.Errorf("reading the question: %v", err)
		}
		*asked = append(*asked, ask.MaxResults)
		from := 0
		if ask.NextPageToken != "" {
			if _, err := fmt.Sscanf(ask.NextPageToken, "from-%d", &from); err != nil {
				t.Errorf("token %q: %v", ask.NextPageToken, err)
			}
		}
		size := min(perPage, ask.MaxResults)
		if generous {
			size = perPage
		}
		to := min(from+size, all)
		page := map[string]any{"isLast": to == all}
		issues := []any{}
		for i := from; i < to; i++ {
			issues = append(issues, map[string]any{"id": fmt.Sprint(i), "key": fmt.Sprintf("ENG-%d", i)})
		}
		page["issues"] = issues
		if to < all {
			page["nextPageToken"] = fmt.Sprintf("from-%d", to)
		}
		if err := json.NewEncoder(w).Encode(page); err != nil {
			t.Errorf("answering: %v", err)
		}
	}
}

// A service that always points on must not keep the step busy for ever.
func TestSearchEnds(t *testing.T) {
	for name, body := range map[string]string{
		"EmptyPages": `{"issues":[],"nextPageToken":"on"}`,
		"SameToken":  `{"issues":[{"id":"1","key":"ENG-1"}],"nextPageToken":"on"}`,
	} {
		t.Run(name, func(t *testing.T) {
			setup := connectortest.Setup{Action: "search_issues", Config: map[string]any{"jql": "project = ENG", "limit": 1000}}
			e := setup.Run(t, jira.New(), connectortest.Answer(connector.ExampleResponse{Body: body}))
			if e.Err != nil || e.Output["has_more"] != false || len(e.Sent) > 2 {
				t.Errorf("output = %v, error = %v, %d requests", e.Output, e.Err, len(e.Sent))
			}
		})
	}
}

// A page of which nothing may be seen is empty, and what comes after it counts.
func TestSearchGoesOnAfterAnEmptyPage(t *testing.T) {
	setup := connectortest.Setup{Action: "search_issues", Config: map[string]any{"jql": "project = ENG"}}
	e := setup.Run(t, jira.New(), func(w http.ResponseWriter, r *http.Request) {
		var ask struct{ NextPageToken string }
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
			t.Error(err)
		}
		body := `{"issues":[],"nextPageToken":"on","isLast":false}`
		if ask.NextPageToken == "on" {
			body = `{"issues":[{"id":"1","key":"ENG-1"}],"isLast":true}`
		}
		_, _ = io.WriteString(w, body)
	})
	if issues, _ := e.Output["issues"].([]any); e.Err != nil || len(issues) != 1 || e.Output["has_more"] != false {
		t.Errorf("output = %v, error = %v", e.Output, e.Err)
	}
}

func TestFields(t *testing.T) {
	tests := map[string]struct {
		action string
		config map[string]any
		ok     bool
	}{
		"OKKey":        {"add_comment", map[string]any{"issue": "A_B2-17", "body": "x"}, true},
		"OKID":         {"add_comment", map[string]any{"issue": 10023, "body": "x"}, true},
		"ErrIssueURL":  {"add_comment", map[string]any{"issue": "https://acme.atlassian.net/browse/ENG-1", "body": "x"}, false},
		"ErrLabel":     {"create_issue", map[string]any{"project": "ENG", "issue_type": "Bug", "summary": "S", "labels": []any{"two words"}}, false},
		"ErrTwoLines":  {"create_issue", map[string]any{"project": "ENG", "issue_type": "Bug", "summary": "S\nT"}, false},
		"ErrLimit":     {"search_issues", map[string]any{"jql": "project = ENG", "limit": 1001}, false},
		"ErrNoComment": {"add_comment", map[string]any{"issue": "ENG-1"}, false},
	}
	con := jira.New()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			action, ok := con.Action(tt.action)
			if !ok {
				t.Fatal("there is no such action")
			}
			if _, problems := action.Input.Decode(tt.config); (len(problems) == 0) != tt.ok {
				t.Errorf("problems = %v, want ok = %t", problems, tt.ok)
			}
		})
	}
}
