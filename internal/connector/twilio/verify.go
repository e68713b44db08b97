package twilio

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// verify asks whose account it is. The answer repeats the auth token; only what
// is named here is read from it.
//
// Source: https://www.twilio.com/docs/iam/api/account#fetch-an-account-resource
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var account struct {
		SID    string `json:"sid"`
		Name   string `json:"friendly_name"`
		Status string `json:"status"`
		Type   string `json:"type"`
	}
	sid := call.Credential.Data.Text(accountSID)
	if _, err := service.JSON(ctx, call, rest.Request{Path: rest.Path(version, "Accounts", sid+".json")}, &account); err != nil {
		return connector.Identity{}, err
	}
	if account.Status == "suspended" || account.Status == "closed" {
		return connector.Identity{}, fault.New(fault.AuthFailed, "The Twilio account is %s.", account.Status).
			WithHint("Open the Twilio Console: it says why, and how to reactivate the account.")
	}
	return connector.Identity{
		Name:   cmp.Or(account.Name, account.SID, sid),
		Detail: map[string]any{"account_sid": sid, "status": account.Status, "type": account.Type},
	}, nil
}
