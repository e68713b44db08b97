package slack_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/connector"
	"switchboard/internal/connector/connectortest"
	"switchboard/internal/connector/slack"
	"switchboard/internal/fault"
)

var channels = connectortest.Lister{Action: "post_message", Field: "channel", Data: credential}

func TestListChannels(t *testing.T) {
	const first = "/api/conversations.list?exclude_archived=true&limit=200&types=public_channel%2Cprivate_channel"
	answers := map[string]string{
		first: `{"ok":true,"channels":[{"id":"C1","name":"general","is_member":true},{"id":"C2","name":"random","is_member":false}],"response_metadata":{"next_cursor":"dGVhbTpD"}}`,
		"/api/conversations.list?cursor=dGVhbTpD&exclude_archived=true&limit=200&types=public_channel%2Cprivate_channel": `{"ok":true,"channels":[{"id":"G3","name":"orders","is_private":true,"is_member":true}],"response_metadata":{"next_cursor":""}}`,
	}
	general := connector.Option{Value: "C1", Label: "#general"}
	random := connector.Option{Value: "C2", Label: "#random", Description: "The bot is not in it."}
	orders := connector.Option{Value: "G3", Label: "#orders", Description: "Private."}
	for name, tt := range map[string]struct {
		query connector.OptionQuery
		want  connector.OptionPage
	}{
		"OKFirst":       {connector.OptionQuery{}, connector.OptionPage{Items: []connector.Option{general, random}, Next: "dGVhbTpD"}},
		"OKNext":        {connector.OptionQuery{Cursor: "dGVhbTpD"}, connector.OptionPage{Items: []connector.Option{orders}}},
		"OKSearch":      {connector.OptionQuery{Search: "Gen"}, connector.OptionPage{Items: []connector.Option{general}, Next: "dGVhbTpD"}},
		"OKSearchLater": {connector.OptionQuery{Search: "orders"}, connector.OptionPage{Items: []connector.Option{orders}}},
		"OKSearchNone":  {connector.OptionQuery{Search: "nothing"}, connector.OptionPage{}},
	} {
		t.Run(name, func(t *testing.T) {
			page, _, err := channels.List(t, slack.New(), tt.query, connectortest.Pages(t, answers))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, page); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestListChannelsWithFewScopes: the scope for private channels may be missing, the
// one for public ones may not.
func TestListChannelsWithFewScopes(t *testing.T) {
	answer := func(needed string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Query().Get("types") == "public_channel" && needed == "groups:read" {
				_, _ = w.Write([]byte(`{"ok":true,"channels":[{"id":"C1","name":"general","is_member":true}]}`))
				return
			}
			_, _ = w.Write([]byte(`{"ok":false,"error":"missing_scope","needed":"` + needed + `","provided":"chat:write"}`))
		}
	}
	t.Run("OKPublicOnly", func(t *testing.T) {
		page, asked, err := channels.List(t, slack.New(), connector.OptionQuery{}, answer("groups:read"))
		if err != nil || len(page.Items) != 1 || len(asked) != 2 {
			t.Errorf("page = %+v after %d calls, error = %v", page, len(asked), err)
		}
	})
	t.Run("ErrNone", func(t *testing.T) {
		_, _, err := channels.List(t, slack.New(), connector.OptionQuery{}, answer("channels:read"))
		connectortest.Refusal{Code: fault.AuthFailed, Message: "Slack refused the request: missing_scope...", Hint: "Add the bot scope channels:read"}.Check(t, err)
	})
}

func TestListChannelsContract(t *testing.T) {
	upstream := startContract(t, newRouter(t), connector.ExampleResponse{Body: `{"ok":true,"channels":[]}`})
	con := slack.New()
	call, _ := connectortest.Call(t, con, connectortest.Setup{CredentialType: "slack_bot_token", Data: credential, Upstream: upstream})
	if _, err := con.Options["channels"](t.Context(), call, connector.OptionQuery{Cursor: "c"}); err != nil {
		t.Error(err)
	}
}
