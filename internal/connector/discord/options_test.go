package discord_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/discord"
)

func TestListChannels(t *testing.T) {
	const api = "/api/v10/"
	answers := map[string]string{
		api + "users/@me/guilds?limit=5":         `[{"id":"1","name":"Shop"},{"id":"2","name":"Two"},{"id":"3","name":"Three"},{"id":"4","name":"Four"},{"id":"5","name":"Five"}]`,
		api + "users/@me/guilds?after=5&limit=5": `[{"id":"6","name":"Six"}]`,
		api + "guilds/1/channels":                `[{"id":"10","name":"Text","type":4},{"id":"11","name":"orders","type":0},{"id":"12","name":"news","type":5}]`,
		api + "guilds/2/channels":                `[]`, api + "guilds/3/channels": `[]`, api + "guilds/4/channels": `[]`, api + "guilds/5/channels": `[]`,
		api + "guilds/6/channels": `[{"id":"60","name":"later","type":0}]`,
	}
	orders := connector.Option{Value: "11", Label: "#orders", Description: "Shop"}
	news := connector.Option{Value: "12", Label: "#news", Description: "Shop. Announcement channel."}
	later := connector.Option{Value: "60", Label: "#later", Description: "Six"}
	for name, tt := range map[string]struct {
		query connector.OptionQuery
		want  connector.OptionPage
	}{
		"OKFirst":  {connector.OptionQuery{}, connector.OptionPage{Items: []connector.Option{orders, news}, Next: "5"}},
		"OKNext":   {connector.OptionQuery{Cursor: "5"}, connector.OptionPage{Items: []connector.Option{later}}},
		"OKSearch": {connector.OptionQuery{Search: "six"}, connector.OptionPage{Items: []connector.Option{later}}},
	} {
		t.Run(name, func(t *testing.T) {
			page, _, err := connectortest.Lister{Action: "send_message", Field: "channel_id"}.List(t, discord.New(), tt.query, connectortest.Pages(t, answers))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}
