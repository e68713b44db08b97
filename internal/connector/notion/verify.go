package notion

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify asks whose integration it is.
//
// Source: https://developers.notion.com/reference/get-self
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var self struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Bot  struct {
			WorkspaceName string `json:"workspace_name"`
		} `json:"bot"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/v1/users/me"}, &self); err != nil {
		return connector.Identity{}, err
	}
	return connector.Identity{
		Name:   cmp.Or(self.Bot.WorkspaceName, self.Name, "A Notion integration"),
		Detail: map[string]any{"integration": self.Name, "user_id": self.ID},
	}, nil
}
