package jira_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/jira"
)

// siteAnswers are what a site answers, by path and query.
var siteAnswers = map[string]string{
	"/rest/api/3/project/search?maxResults=50&orderBy=name&query=eng":  `{"isLast":false,"startAt":0,"total":51,"values":[{"id":"10000","key":"ENG","name":"Engineering"}]}`,
	"/rest/api/3/project/search?maxResults=50&orderBy=name&startAt=50": `{"isLast":true,"startAt":50,"total":51,"values":[{"id":"10001","key":"OPS","name":"Operations"}]}`,
	"/rest/api/3/project/ENG":                   `{"id":"10000","key":"ENG","issueTypes":[{"id":"1","name":"Bug","description":"A fault","subtask":false},{"id":"2","name":"Sub-task","subtask":true}]}`,
	"/rest/api/3/priority/search?maxResults=50": `{"isLast":true,"values":[{"id":"1","name":"High","description":"Soon"},{"id":"2","name":"Low"}]}`,
	"/rest/api/3/issue/ENG-1/transitions":       `{"transitions":[{"id":"31","name":"Finish","to":{"name":"Done"}},{"id":"41","name":"Reopen","to":{"name":"To do"}}]}`,
}

var optionTests = map[string]struct {
	lister connectortest.Lister
	query  connector.OptionQuery
	want   connector.OptionPage
}{
	"OKProjects": {
		connectortest.Lister{Action: "create_issue", Field: "project"}, connector.OptionQuery{Search: " eng "},
		connector.OptionPage{Items: []connector.Option{{Value: "ENG", Label: "Engineering", Description: "ENG"}}, Next: "1"},
	},
	"OKMoreProjects": {
		connectortest.Lister{Action: "create_issue", Field: "project"}, connector.OptionQuery{Cursor: "50"},
		connector.OptionPage{Items: []connector.Option{{Value: "OPS", Label: "Operations", Description: "OPS"}}},
	},
	"OKIssueTypes": {
		connectortest.Lister{Action: "create_issue", Field: "issue_type", Values: map[string]any{"project": "ENG"}}, connector.OptionQuery{},
		connector.OptionPage{Items: []connector.Option{{Value: "Bug", Label: "Bug", Description: "A fault"}}},
	},
	"OKPriorities": {
		connectortest.Lister{Action: "create_issue", Field: "priority"}, connector.OptionQuery{Search: "lo"},
		connector.OptionPage{Items: []connector.Option{{Value: "Low", Label: "Low"}}},
	},
	"OKTransitions": {
		connectortest.Lister{Action: "transition_issue", Field: "transition", Values: map[string]any{"issue": "ENG-1"}}, connector.OptionQuery{Search: "done"},
		connector.OptionPage{Items: []connector.Option{{Value: "31", Label: "Finish", Description: "Leads to Done."}}},
	},
}

func TestOptions(t *testing.T) {
	listAll(t, connectortest.Pages(t, siteAnswers))
}

// TestOptionsContract holds the same to Jira's own description.
func TestOptionsContract(t *testing.T) {
	contract := connectortest.ReadContract(t, connectortest.VendorFile(t, "jira_2022.json"), "",
		"/rest/api/3/project/search", "/rest/api/3/project/{projectIdOrKey}", "/rest/api/3/priority/search", "/rest/api/3/issue/{issueIdOrKey}/transitions")
	listAll(t, contract.Held(t, connectortest.Pages(t, siteAnswers)))
}

func listAll(t *testing.T, answer http.HandlerFunc) {
	for name, tt := range optionTests {
		t.Run(name, func(t *testing.T) {
			tt.lister.Data = map[string]any{"site_url": "https://acme.atlassian.net", "email": "ada@example.com", "api_token": "jira-canary-0123456789"}
			page, _, err := tt.lister.List(t, jira.New(), tt.query, answer)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}
