package discord

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify asks whose token it is.
//
// Source: https://docs.discord.com/developers/resources/user#get-current-user
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var user struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Name     string `json:"global_name"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: path("users", "@me")}, &user); err != nil {
		return connector.Identity{}, err
	}
	return connector.Identity{
		Name:   cmp.Or(user.Username, user.Name, "A Discord bot"),
		Detail: map[string]any{"id": user.ID},
	}, nil
}
