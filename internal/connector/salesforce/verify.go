package salesforce

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// verify asks which user of which organization it is.
// Source: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	if call.Upstream == nil && call.Credential.Data.Text(instanceURL) == "" {
		const missing = "The credential does not name an organization."
		return connector.Identity{}, fault.New(fault.AuthFailed, missing).WithHint("Enter the My Domain URL, or connect with Salesforce.").At("/instance_url", missing)
	}
	var user struct {
		Organization string `json:"organization_id"`
		Username     string `json:"preferred_username"`
		Name         string `json:"name"`
		Email        string `json:"email"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/services/oauth2/userinfo"}, &user); err != nil {
		return connector.Identity{}, err
	}
	name := cmp.Or(user.Username, user.Email, user.Name)
	if name == "" {
		return connector.Identity{}, fault.New(fault.BadResponse, "Salesforce's answer does not say whose access it is.")
	}
	return connector.Identity{Name: name, Detail: map[string]any{"organization_id": user.Organization, "name": user.Name, "email": user.Email}}, nil
}
