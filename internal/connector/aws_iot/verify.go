package awsiot

import (
	"context"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// verify asks for the account's data endpoint, which is also what tells the
// account. An endpoint of another account would publish to other devices, or
// refuse the key.
//
// Source: https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var described struct {
		Address string `json:"endpointAddress"`
	}
	_, err := control.JSON(ctx, call, rest.Request{Path: rest.Path("endpoint"), Query: url.Values{"endpointType": {"iot:Data-ATS"}}}, &described)
	if err != nil {
		return connector.Identity{}, err
	}
	if described.Address == "" {
		return connector.Identity{}, fault.New(fault.BadResponse, "AWS IoT's answer does not say which endpoint the account has.")
	}
	given := dataHost(call.Credential)
	if strings.Contains(given, "-ats.iot.") && !strings.HasPrefix(given, "data-ats.iot.") && !strings.EqualFold(given, described.Address) {
		return connector.Identity{}, fault.New(fault.AuthFailed, "The data endpoint in the credential is not that of this key's account in this region.").
			WithHint("It is %s. Enter that, or leave the endpoint empty.", described.Address)
	}
	return connector.Identity{Name: described.Address, Detail: map[string]any{
		"region": call.Credential.Data.Text(region), "access_key_id": call.Credential.Data.Text(accessKeyID),
	}}, nil
}
