package pipedrive

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify asks whose token it is.
// Source: https://developers.pipedrive.com/docs/api/v1/Users#getCurrentUser
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var answer struct {
		Data struct {
			Name        string `json:"name"`
			Email       string `json:"email"`
			CompanyName string `json:"company_name"`
		} `json:"data"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/api/v1/users/me"}, &answer); err != nil {
		return connector.Identity{}, err
	}
	user := answer.Data
	return connector.Identity{Name: cmp.Or(user.Name, user.Email, "A user") + ", " + cmp.Or(user.CompanyName, host(call.Credential)), Detail: map[string]any{"email": user.Email}}, nil
}
