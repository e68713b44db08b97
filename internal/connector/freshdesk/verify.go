package freshdesk

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify asks which agent the key belongs to.
// Source: https://developers.freshdesk.com/api/#me
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var agent struct {
		Contact struct {
			Name  string `json:"name"`
			Email string `json:"email"`
		} `json:"contact"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/api/v2/agents/me"}, &agent); err != nil {
		return connector.Identity{}, err
	}
	return connector.Identity{Name: cmp.Or(agent.Contact.Name, agent.Contact.Email, "An agent of "+host(call.Credential)), Detail: map[string]any{"email": agent.Contact.Email}}, nil
}
