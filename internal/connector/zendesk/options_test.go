package zendesk_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/zendesk"
)

func TestListGroups(t *testing.T) {
	answers := map[string]string{
		"/api/v2/groups/assignable?page%5Bsize%5D=100":                     `{"groups":[{"id":360000954391,"name":"Support"}],"meta":{"has_more":true,"after_cursor":"xxx"}}`,
		"/api/v2/groups/assignable?page%5Bafter%5D=xxx&page%5Bsize%5D=100": `{"groups":[{"id":2,"name":"Billing","description":"Invoices"}],"meta":{"has_more":false,"after_cursor":"yyy"}}`,
	}
	for search, want := range map[string]connector.OptionPage{
		"":      {Items: []connector.Option{{Value: "360000954391", Label: "Support"}}, Next: "xxx"},
		"invoi": {Items: []connector.Option{{Value: "2", Label: "Billing", Description: "Invoices"}}},
	} {
		t.Run("OK"+search, func(t *testing.T) {
			page, _, err := connectortest.Lister{Action: "update_ticket", Field: "group_id"}.List(t, zendesk.New(), connector.OptionQuery{Search: search}, connectortest.Pages(t, answers))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}
