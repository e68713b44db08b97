package anthropic

import (
	"context"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// listModels lists the models that the key may use, the newest first.
//
// Source: https://platform.claude.com/docs/en/api/models/list
func listModels(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return connector.SearchPages(q, func(cursor string) (connector.OptionPage, error) {
		args := url.Values{"limit": {"100"}}
		if cursor != "" {
			args.Set("after_id", cursor)
		}
		var models struct {
			Data []struct {
				ID   string `json:"id"`
				Name string `json:"display_name"`
			} `json:"data"`
			HasMore bool   `json:"has_more"`
			LastID  string `json:"last_id"`
		}
		if _, err := service.JSON(ctx, call, rest.Request{Path: "/v1/models", Query: args}, &models); err != nil {
			return connector.OptionPage{}, err
		}
		var page connector.OptionPage
		if models.HasMore {
			page.Next = models.LastID
		}
		for _, m := range models.Data {
			page.Items = append(page.Items, connector.Option{Value: m.ID, Label: m.Name, Description: m.ID})
		}
		return page, nil
	})
}
