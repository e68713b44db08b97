package zendesk

import (
	"context"
	"encoding/json"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// verify asks who the agent is. To whom it does not know, Zendesk answers with an
// anonymous user rather than a refusal.
// Source: https://developer.zendesk.com/api-reference/ticketing/users/users/#show-self
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var answer struct {
		User struct {
			ID    json.Number `json:"id"` // null of an anonymous user
			Name  string      `json:"name"`
			Email string      `json:"email"`
			Role  string      `json:"role"`
		} `json:"user"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/api/v2/users/me.json"}, &answer); err != nil {
		return connector.Identity{}, err
	}
	user := answer.User
	switch {
	case user.ID == "":
		return connector.Identity{}, fault.New(fault.AuthFailed, "Zendesk does not know this email with this token.").WithHint("%s", hintAuth)
	case user.Role == "end-user":
		return connector.Identity{}, fault.New(fault.AuthFailed, "%s is an end user in Zendesk, who cannot work on tickets.", user.Name).
			WithHint("Use the address of an agent or administrator.")
	}
	return connector.Identity{Name: user.Name, Detail: map[string]any{"email": user.Email, "role": user.Role}}, nil
}
