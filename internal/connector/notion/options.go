package notion

import (
	"context"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// listDatabases searches the databases that are shared with the integration. Notion
// finds their data sources; a database with several is there once for each page of
// answers that one of them is on.
//
// Source: https://developers.notion.com/reference/post-search
func listDatabases(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	ask := map[string]any{"filter": map[string]string{"property": "object", "value": "data_source"}, "page_size": mostPerPage}
	if search := strings.TrimSpace(q.Search); search != "" {
		ask["query"] = search
	}
	if q.Cursor != "" {
		ask["start_cursor"] = q.Cursor
	}
	var found struct {
		Results []struct {
			URL    string `json:"url"`
			Parent struct {
				DatabaseID string `json:"database_id"`
			} `json:"parent"`
			Title []struct {
				PlainText string `json:"plain_text"`
			} `json:"title"`
		} `json:"results"`
		HasMore    bool   `json:"has_more"`
		NextCursor string `json:"next_cursor"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/v1/search", JSON: ask}, &found); err != nil {
		return connector.OptionPage{}, err
	}
	var page connector.OptionPage
	if found.HasMore {
		page.Next = found.NextCursor
	}
	seen := map[string]bool{}
	for _, r := range found.Results {
		if r.Parent.DatabaseID == "" || seen[r.Parent.DatabaseID] {
			continue
		}
		seen[r.Parent.DatabaseID] = true
		var name strings.Builder
		for _, t := range r.Title {
			name.WriteString(t.PlainText)
		}
		if name.Len() == 0 {
			name.WriteString("Untitled")
		}
		page.Items = append(page.Items, connector.Option{Value: r.Parent.DatabaseID, Label: name.String(), Description: r.URL})
	}
	return page, nil
}
