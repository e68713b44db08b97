package linear

import (
	"cmp"
	"context"

	"switchboard/internal/connector"
)

const verifyDocument = `query Verify { viewer { name email organization { name urlKey } } }`

// verify asks whose key it is.
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	data, err := ask[struct {
		Viewer struct {
			Name         string `json:"name"`
			Email        string `json:"email"`
			Organization struct {
				Name   string `json:"name"`
				URLKey string `json:"urlKey"`
			} `json:"organization"`
		} `json:"viewer"`
	}](ctx, call, question{Query: verifyDocument})
	if err != nil {
		return connector.Identity{}, err
	}
	v := data.Viewer
	return connector.Identity{Name: cmp.Or(v.Name, v.Email, "A member") + ", " + cmp.Or(v.Organization.Name, v.Organization.URLKey, "Linear"), Detail: map[string]any{"email": v.Email, "workspace": v.Organization.URLKey}}, nil
}
