package jira

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify asks whose token it is.
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-myself/#api-rest-api-3-myself-get
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var user struct {
		AccountID    string `json:"accountId"`
		DisplayName  string `json:"displayName"`
		EmailAddress string `json:"emailAddress"`
		TimeZone     string `json:"timeZone"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/rest/api/3/myself"}, &user); err != nil {
		return connector.Identity{}, err
	}
	return connector.Identity{Name: cmp.Or(user.DisplayName, user.EmailAddress, call.Credential.Data.Text(email)), Detail: map[string]any{
		"site": rest.Site(siteURL)(call.Credential), "account_id": user.AccountID, "email": user.EmailAddress, "time_zone": user.TimeZone,
	}}, nil
}
