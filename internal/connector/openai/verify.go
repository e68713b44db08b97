package openai

import (
	"cmp"
	"context"
	"net/http"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// verify lists the models that the key may use, which costs nothing. Whose key it
// is OpenAI tells in headers, if at all.
//
// Sources: https://platform.openai.com/docs/api-reference/models/list and
// https://platform.openai.com/docs/api-reference/debugging-requests
func verify(ctx context.Context, call *connector.Call) (connector.Identity, error) {
	var models struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	resp, err := service.JSON(ctx, call, rest.Request{Path: "/v1/models"}, &models)
	if fault.Is(err, fault.AuthFailed) && resp.Status == http.StatusForbidden {
		f := *fault.Of(err)
		f.Hint = "The key may not list models, which says nothing of whether it may answer. Give it the permission Models: Read to verify it."
		return connector.Identity{}, &f
	}
	if err != nil {
		return connector.Identity{}, err
	}
	name := cmp.Or(resp.Header.Get("OpenAI-Organization"), "a key without a name")
	return connector.Identity{Name: "OpenAI: " + name, Detail: map[string]any{"project": resp.Header.Get("OpenAI-Project"), "models": len(models.Data)}}, nil
}
