package airtable

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// verify asks whose token it is. The address is told only to tokens with the
// scope user.email:read, the scopes only for some kinds of token.
//
// Source: https://airtable.com/developers/web/api/get-user-id-scopes
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var user struct {
		ID     string   `json:"id"`
		Email  string   `json:"email"`
		Scopes []string `json:"scopes"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/v0/meta/whoami"}, &user); err != nil {
		return connector.Identity{}, err
	}
	if user.ID == "" {
		return connector.Identity{}, fault.New(fault.BadResponse, "Airtable's answer does not say whose token it is.")
	}
	identity := connector.Identity{Name: cmp.Or(user.Email, "Airtable user "+user.ID), Detail: map[string]any{"user_id": user.ID}}
	if len(user.Scopes) > 0 {
		identity.Detail["scopes"] = user.Scopes
	}
	return identity, nil
}
