package hubspot_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/hubspot"
)

func TestOptions(t *testing.T) {
	answers := map[string]string{
		"/crm/v3/pipelines/deals":              `{"results":[{"id":"default","label":"Sales"},{"id":"9","label":"Old","archived":true},{"id":"7","label":"Renewals"}]}`,
		"/crm/v3/pipelines/deals/a%2Fb/stages": `{"results":[{"id":"contractsent","label":"Contract sent"},{"id":"closedwon","label":"Won"}]}`,
	}
	for name, tt := range map[string]struct {
		lister connectortest.Lister
		search string
		want   []connector.Option
	}{
		"OKPipelines": {connectortest.Lister{Action: "create_deal", Field: "pipeline"}, "", []connector.Option{{Value: "default", Label: "Sales"}, {Value: "7", Label: "Renewals"}}},
		"OKStages":    {connectortest.Lister{Action: "create_deal", Field: "dealstage", Values: map[string]any{"pipeline": "a/b"}}, "WON", []connector.Option{{Value: "closedwon", Label: "Won"}}},
	} {
		t.Run(name, func(t *testing.T) {
			page, _, err := tt.lister.List(t, hubspot.New(), connector.OptionQuery{Search: tt.search}, connectortest.Pages(t, answers))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(connector.OptionPage{Items: tt.want}, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}
