package slack

import (
	"context"
	"strings"

	"switchboard/internal/connector"
)

// verify asks whose token it is.
//
// Source: https://docs.slack.dev/reference/methods/auth.test
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var who struct {
		Team   string `json:"team"`
		TeamID string `json:"team_id"`
		User   string `json:"user"`
		URL    string `json:"url"`
	}
	resp, err := get(ctx, call, "auth.test", nil, &who)
	if err != nil {
		return connector.Identity{}, err
	}
	detail := map[string]any{"user": who.User, "team_id": who.TeamID, "url": who.URL}
	if scopes := resp.Header.Get("X-OAuth-Scopes"); scopes != "" {
		detail["scopes"] = strings.Split(strings.ReplaceAll(scopes, " ", ""), ",")
	}
	return connector.Identity{Name: who.Team, Detail: detail}, nil
}
