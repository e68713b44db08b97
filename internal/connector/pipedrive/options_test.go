package pipedrive_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/pipedrive"
)

func TestOptions(t *testing.T) {
	answers := map[string]string{
		"/api/v2/pipelines?limit=100":            `{"success":true,"data":[{"id":1,"name":"Sales"},{"id":2,"name":"Gone","is_deleted":true}],"additional_data":{"next_cursor":"eyJ"}}`,
		"/api/v2/pipelines?cursor=eyJ&limit=100": `{"success":true,"data":[{"id":3,"name":"Renewals"}],"additional_data":{"next_cursor":null}}`,
		"/api/v2/stages?limit=100&pipeline_id=1": `{"success":true,"data":[{"id":5,"name":"Qualified"},{"id":6,"name":"Offer made"}],"additional_data":{}}`,
	}
	for name, tt := range map[string]struct {
		lister connectortest.Lister
		query  connector.OptionQuery
		want   connector.OptionPage
	}{
		"OKPipelines": {connectortest.Lister{Action: "create_deal", Field: "pipeline_id"}, connector.OptionQuery{}, connector.OptionPage{Items: []connector.Option{{Value: "1", Label: "Sales"}}, Next: "eyJ"}},
		"OKSearched":  {connectortest.Lister{Action: "create_deal", Field: "pipeline_id"}, connector.OptionQuery{Search: "renew"}, connector.OptionPage{Items: []connector.Option{{Value: "3", Label: "Renewals"}}}},
		"OKStages":    {connectortest.Lister{Action: "create_deal", Field: "stage_id", Values: map[string]any{"pipeline_id": "1"}}, connector.OptionQuery{Search: "offer"}, connector.OptionPage{Items: []connector.Option{{Value: "6", Label: "Offer made"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			page, _, err := tt.lister.List(t, pipedrive.New(), tt.query, connectortest.Pages(t, answers))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}
