package zendesk

import (
	"context"
	"encoding/json"
	"net/url"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// listGroups lists the groups that tickets can be assigned to.
//
// Sources: https://developer.zendesk.com/api-reference/ticketing/groups/groups/#list-assignable-groups and
// https://developer.zendesk.com/api-reference/introduction/pagination/#using-cursor-pagination
func listGroups(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return connector.SearchPages(q, func(cursor string) (connector.OptionPage, error) {
		args := url.Values{"page[size]": {"100"}}
		if cursor != "" {
			args.Set("page[after]", cursor)
		}
		var found struct {
			Groups []struct {
				ID          json.Number `json:"id"`
				Name        string      `json:"name"`
				Description string      `json:"description"`
			} `json:"groups"`
			Meta struct {
				HasMore     bool   `json:"has_more"`
				AfterCursor string `json:"after_cursor"`
			} `json:"meta"`
		}
		if _, err := service.JSON(ctx, call, rest.Request{Path: "/api/v2/groups/assignable", Query: args}, &found); err != nil {
			return connector.OptionPage{}, err
		}
		var page connector.OptionPage
		if found.Meta.HasMore {
			page.Next = found.Meta.AfterCursor
		}
		for _, g := range found.Groups {
			page.Items = append(page.Items, connector.Option{Value: g.ID.String(), Label: g.Name, Description: g.Description})
		}
		return page, nil
	})
}
