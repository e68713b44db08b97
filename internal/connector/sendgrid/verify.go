package sendgrid

import (
	"context"
	"slices"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// sendScope is the permission to send mail.
const sendScope = "mail.send"

// verify asks what the key may do. SendGrid does not say whose key it is without
// further permissions, so the identity is what the key is good for.
//
// Source: https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions/retrieve-a-list-of-scopes-for-which-this-user-has-access
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var key struct {
		Scopes []string `json:"scopes"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: rest.Path("v3", "scopes")}, &key); err != nil {
		return connector.Identity{}, err
	}
	if !slices.Contains(key.Scopes, sendScope) {
		return connector.Identity{}, fault.New(fault.AuthFailed, "SendGrid knows the key, but the key may not send mail.").
			WithHint("Open Settings, API Keys in SendGrid, edit the key, and give it the permission Mail Send.")
	}
	slices.Sort(key.Scopes)
	return connector.Identity{
		Name:   "A SendGrid API key that may send mail",
		Detail: map[string]any{"region": call.Credential.Data.Text(region), "scopes": key.Scopes},
	}, nil
}
