package hubspot

import (
	"context"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// named is what HubSpot gives of a pipeline or a stage.
type named struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Archived bool   `json:"archived"`
}

// listPipelines lists the pipelines of deals.
//
// Source: https://developers.hubspot.com/docs/api-reference/legacy/crm/pipelines/get-pipelines
func listPipelines(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return listNamed(ctx, call, rest.Path("crm", "v3", "pipelines", "deals"), q)
}

// listStages lists the stages of a pipeline.
//
// Source: https://developers.hubspot.com/docs/api-reference/legacy/crm/pipelines/stages/get-pipeline-stages
func listStages(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return listNamed(ctx, call, rest.Path("crm", "v3", "pipelines", "deals", strings.TrimSpace(call.Input.Text(pipeline)), "stages"), q)
}

func listNamed(ctx context.Context, call *connector.Call, path string, q connector.OptionQuery) (connector.OptionPage, error) {
	var found struct {
		Results []named `json:"results"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: path}, &found); err != nil {
		return connector.OptionPage{}, err
	}
	var page connector.OptionPage
	for _, n := range found.Results {
		if !n.Archived {
			page.Items = append(page.Items, connector.Option{Value: n.ID, Label: n.Label})
		}
	}
	return page.Matching(q.Search), nil
}
