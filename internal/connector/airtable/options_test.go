package airtable_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/airtable"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/fault"
)

func TestOptions(t *testing.T) {
	answers := map[string]string{
		"/v0/meta/bases":                `{"bases":[{"id":"app1","name":"Shop","permissionLevel":"create"}],"offset":"itr/1"}`,
		"/v0/meta/bases?offset=itr%2F1": `{"bases":[{"id":"app2","name":"Office"}]}`,
		"/v0/meta/bases/app1/tables":    `{"tables":[{"id":"tbl1","name":"Orders","description":"All of them"},{"id":"tbl2","name":"Customers"}]}`,
	}
	for name, tt := range map[string]struct {
		lister connectortest.Lister
		query  connector.OptionQuery
		want   connector.OptionPage
	}{
		"OKBases":    {connectortest.Lister{Action: "list_records", Field: "base_id"}, connector.OptionQuery{}, connector.OptionPage{Items: []connector.Option{{Value: "app1", Label: "Shop"}}, Next: "itr/1"}},
		"OKNextPage": {connectortest.Lister{Action: "list_records", Field: "base_id"}, connector.OptionQuery{Cursor: "itr/1"}, connector.OptionPage{Items: []connector.Option{{Value: "app2", Label: "Office"}}}},
		"OKTables":   {connectortest.Lister{Action: "create_record", Field: "table", Values: map[string]any{"base_id": " app1 "}}, connector.OptionQuery{Search: "all of"}, connector.OptionPage{Items: []connector.Option{{Value: "tbl1", Label: "Orders", Description: "All of them"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			page, _, err := tt.lister.List(t, airtable.New(), tt.query, connectortest.Pages(t, answers))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("ErrScope", func(t *testing.T) {
		_, _, err := connectortest.Lister{Action: "list_records", Field: "base_id"}.List(t, airtable.New(), connector.OptionQuery{}, connectortest.Answer(connector.ExampleResponse{
			Status: 403, Body: `{"error":{"type":"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND","message":"Invalid permissions"}}`,
		}))
		connectortest.Refusal{Code: fault.AuthFailed, Message: "Airtable answered 403 Forbidden...", Hint: "schema.bases:read"}.Check(t, err)
	})
}
