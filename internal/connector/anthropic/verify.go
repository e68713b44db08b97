package anthropic

import (
	"cmp"
	"context"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// verify lists a model, which costs nothing. Whose key it is Anthropic tells in a
// header, by the organization's id.
//
// Sources: https://platform.claude.com/docs/en/api/models/list and
// https://platform.claude.com/docs/en/api/overview#response-headers
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var models struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	resp, err := service.JSON(ctx, call, rest.Request{Path: "/v1/models", Query: url.Values{"limit": {"1"}}}, &models)
	if err != nil {
		return connector.Identity{}, err
	}
	identity := connector.Identity{Name: "Anthropic: " + cmp.Or(resp.Header.Get("Anthropic-Organization-Id"), "a key without a name"), Detail: map[string]any{}}
	if len(models.Data) > 0 {
		identity.Detail["newest_model"] = models.Data[0].ID
	}
	return identity, nil
}
