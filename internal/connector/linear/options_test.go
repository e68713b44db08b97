package linear_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/linear"
)

func TestOptions(t *testing.T) {
	const teamFilter = `{"or":[{"team":{"id":{"eq":"t1"}}},{"team":{"null":true}}]`
	for name, tt := range map[string]struct {
		lister    connectortest.Lister
		query     connector.OptionQuery
		answer    string
		variables string
		want      connector.OptionPage
	}{
		"OKTeams": {
			connectortest.Lister{Action: "create_issue", Field: "team_id"}, connector.OptionQuery{},
			`{"data":{"teams":{"nodes":[{"id":"t1","name":"Engineering","key":"ENG"}],"pageInfo":{"hasNextPage":true,"endCursor":"c1"}}}}`,
			`{"filter":{}}`, connector.OptionPage{Items: []connector.Option{{Value: "t1", Label: "Engineering", Description: "ENG"}}, Next: "c1"},
		},
		"OKSearchedTeams": {
			connectortest.Lister{Action: "create_issue", Field: "team_id"}, connector.OptionQuery{Search: " eng", Cursor: "c1"},
			`{"data":{"teams":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":"c2"}}}}`,
			`{"after":"c1","filter":{"name":{"containsIgnoreCase":"eng"}}}`, connector.OptionPage{},
		},
		"OKLabels": {
			connectortest.Lister{Action: "create_issue", Field: "label_ids", Values: map[string]any{"team_id": "t1"}}, connector.OptionQuery{Search: "b"},
			`{"data":{"issueLabels":{"nodes":[{"id":"l1","name":"Bug","team":{"name":"Engineering"}},{"id":"l2","name":"Board","team":null},{"id":"l3","name":"Branches","isGroup":true}],"pageInfo":{"hasNextPage":false}}}}`,
			`{"filter":` + teamFilter + `,"name":{"containsIgnoreCase":"b"}}}`,
			connector.OptionPage{Items: []connector.Option{{Value: "l1", Label: "Bug", Description: "Engineering"}, {Value: "l2", Label: "Board"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			page, _, err := tt.lister.List(t, linear.New(), tt.query, func(w http.ResponseWriter, r *http.Request) {
				var asked struct{ Variables any }
				if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
					t.Error(err)
				}
				var want any
				if err := json.Unmarshal([]byte(tt.variables), &want); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(want, asked.Variables); diff != "" {
					t.Error(diff)
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, tt.answer)
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}
