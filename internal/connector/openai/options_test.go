package openai_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/openai"
)

func TestListModels(t *testing.T) {
	answers := map[string]string{"/v1/models": `{"object":"list","data":[{"id":"gpt-4o","created":1},{"id":"text-embedding-3-small","created":9},{"id":"gpt-5-mini","created":7},
		{"id":"gpt-4o-mini-tts","created":8},{"id":"gpt-5","created":7},{"id":"ft:gpt-4o:acme::1","created":5}]}`}
	for search, want := range map[string][]connector.Option{
		"":     {{Value: "gpt-5", Label: "gpt-5"}, {Value: "gpt-5-mini", Label: "gpt-5-mini"}, {Value: "ft:gpt-4o:acme::1", Label: "ft:gpt-4o:acme::1"}, {Value: "gpt-4o", Label: "gpt-4o"}},
		"MINI": {{Value: "gpt-5-mini", Label: "gpt-5-mini"}},
	} {
		t.Run("OK"+search, func(t *testing.T) {
			page, _, err := connectortest.Lister{Action: "classify", Field: "model"}.List(t, openai.New(), connector.OptionQuery{Search: search}, connectortest.Pages(t, answers))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(connector.OptionPage{Items: want}, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}
