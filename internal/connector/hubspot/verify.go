package hubspot

import (
	"context"
	"encoding/json"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify asks which account the token belongs to.
// Source: https://developers.hubspot.com/docs/api-reference/account-account-info-v3/guide
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var account struct {
		PortalID            json.Number `json:"portalId"`
		AccountType         string      `json:"accountType"`
		TimeZone            string      `json:"timeZone"`
		DataHostingLocation string      `json:"dataHostingLocation"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/account-info/v3/details"}, &account); err != nil {
		return connector.Identity{}, err
	}
	return connector.Identity{Name: "HubSpot account " + account.PortalID.String(), Detail: map[string]any{
		"account_type": account.AccountType, "time_zone": account.TimeZone, "data_hosting_location": account.DataHostingLocation,
	}}, nil
}
