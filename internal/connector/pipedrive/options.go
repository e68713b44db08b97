package pipedrive

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// listPipelines lists the pipelines of the company.
//
// Source: https://developers.pipedrive.com/docs/api/v1/Pipelines#getPipelines (v2)
func listPipelines(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return listNamed(ctx, call, "/api/v2/pipelines", url.Values{}, q)
}

// listStages lists the stages of a pipeline.
//
// Source: https://developers.pipedrive.com/docs/api/v1/Stages#getStages (v2)
func listStages(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return listNamed(ctx, call, "/api/v2/stages", url.Values{"pipeline_id": {strconv.Itoa(call.Input.Int(pipeline))}}, q)
}

func listNamed(ctx context.Context, call *connector.Call, path string, args url.Values, q connector.OptionQuery) (connector.OptionPage, error) {
	args.Set("limit", "100")
	return connector.SearchPages(q, func(cursor string) (connector.OptionPage, error) {
		if cursor != "" {
			args.Set("cursor", cursor)
		}
		var found struct {
			Data []struct {
				ID      json.Number `json:"id"`
				Name    string      `json:"name"`
				Deleted bool        `json:"is_deleted"`
			} `json:"data"`
			More struct {
				NextCursor string `json:"next_cursor"`
			} `json:"additional_data"`
		}
		if _, err := service.JSON(ctx, call, rest.Request{Path: path, Query: args}, &found); err != nil {
			return connector.OptionPage{}, err
		}
		page := connector.OptionPage{Next: found.More.NextCursor}
		for _, n := range found.Data {
			if !n.Deleted {
				page.Items = append(page.Items, connector.Option{Value: n.ID.String(), Label: n.Name})
			}
		}
		return page, nil
	})
}
