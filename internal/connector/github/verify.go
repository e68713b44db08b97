package github

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify asks whose token it is.
// Source: https://docs.github.com/en/rest/users/users#get-the-authenticated-user
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var user struct {
		Login string `json:"login"`
		Name  string `json:"name"`
		Type  string `json:"type"`
	}
	resp, err := service.JSON(ctx, call, rest.Request{Path: "/user"}, &user)
	if err != nil {
		return connector.Identity{}, err
	}
	detail := map[string]any{"name": user.Name, "type": user.Type}
	if scopes, ok := resp.Header["X-Oauth-Scopes"]; ok { // only classic tokens have them
		detail["scopes"] = scopes[0]
	}
	return connector.Identity{Name: cmp.Or(user.Login, user.Name, "A GitHub user"), Detail: detail}, nil
}
