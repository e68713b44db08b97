package notion_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/notion"
)

func TestListDatabases(t *testing.T) {
	page, asked, err := connectortest.Lister{Action: "query_database", Field: "database_id"}.List(t, notion.New(), connector.OptionQuery{Search: "ord", Cursor: "c1"}, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for _, part := range []string{`"query":"ord"`, `"start_cursor":"c1"`, `"value":"data_source"`} {
			if !strings.Contains(string(body), part) {
				t.Errorf("the request %s has no %s", body, part)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"object":"list","has_more":true,"next_cursor":"c2","results":[
			{"object":"data_source","id":"s1","url":"https://notion.so/d1","parent":{"type":"database_id","database_id":"d1"},"title":[{"plain_text":"Or"},{"plain_text":"ders"}]},
			{"object":"data_source","id":"s2","parent":{"type":"database_id","database_id":"d1"},"title":[{"plain_text":"More orders"}]},
			{"object":"data_source","id":"s3","url":"","parent":{"type":"database_id","database_id":"d2"},"title":[]}]}`)
	})
	if err != nil {
		t.Fatal(err)
	}
	if asked[0].Method != http.MethodPost || asked[0].Target != "/v1/search" {
		t.Errorf("it asked for %s %s", asked[0].Method, asked[0].Target)
	}
	want := connector.OptionPage{Items: []connector.Option{{Value: "d1", Label: "Orders", Description: "https://notion.so/d1"}, {Value: "d2", Label: "Untitled"}}, Next: "c2"}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Error(diff)
	}
}
