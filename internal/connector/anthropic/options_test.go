package anthropic_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/anthropic"
	"switchboard/internal/connector/connectortest"
)

func TestListModels(t *testing.T) {
	answers := map[string]string{
		"/v1/models?limit=100":                           `{"data":[{"type":"model","id":"claude-haiku-4-5","display_name":"Claude Haiku 4.5"}],"has_more":true,"first_id":"x","last_id":"claude-haiku-4-5"}`,
		"/v1/models?after_id=claude-haiku-4-5&limit=100": `{"data":[{"type":"model","id":"claude-old","display_name":"Claude Old"}],"has_more":false,"last_id":"claude-old"}`,
	}
	haiku := connector.Option{Value: "claude-haiku-4-5", Label: "Claude Haiku 4.5", Description: "claude-haiku-4-5"}
	for search, want := range map[string]connector.OptionPage{
		"":    {Items: []connector.Option{haiku}, Next: "claude-haiku-4-5"},
		"old": {Items: []connector.Option{{Value: "claude-old", Label: "Claude Old", Description: "claude-old"}}},
	} {
		t.Run("OK"+search, func(t *testing.T) {
			page, _, err := connectortest.Lister{Action: "complete", Field: "model"}.List(t, anthropic.New(), connector.OptionQuery{Search: search}, connectortest.Pages(t, answers))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}
