package servicenow

import (
	"context"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify looks the user up. One who may call the API but not read the table of
// users gets an empty list, which is proof enough.
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	name := call.Credential.Data.Text(username)
	var answer struct {
		Result []struct {
			Name  string `json:"name"`
			Email string `json:"email"`
		} `json:"result"`
	}
	_, err := service.JSON(ctx, call, rest.Request{Path: "/api/now/table/sys_user", Query: url.Values{
		"sysparm_query":  {"user_name=" + strings.ReplaceAll(name, "^", "^^")}, // ^ ends a condition
		"sysparm_limit":  {"1"},
		"sysparm_fields": {"name,email"},
	}}, &answer)
	if err != nil {
		return connector.Identity{}, err
	}
	identity := connector.Identity{Name: name, Detail: map[string]any{"user_name": name}}
	if len(answer.Result) > 0 && answer.Result[0].Name != "" {
		identity.Name = answer.Result[0].Name
		identity.Detail["email"] = answer.Result[0].Email
	}
	return identity, nil
}
