package linear

import (
	"context"
	"strings"

	"switchboard/internal/connector"
)

const (
	teamsDocument  = `query Teams($after: String, $filter: TeamFilter) { teams(first: 50, after: $after, filter: $filter) { nodes { id name key } pageInfo { hasNextPage endCursor } } }`
	labelsDocument = `query Labels($after: String, $filter: IssueLabelFilter) { issueLabels(first: 50, after: $after, filter: $filter) { nodes { id name isGroup team { name } } pageInfo { hasNextPage endCursor } } }`
)

// pageInfo is how Linear says whether there are more.
//
// Source: https://linear.app/developers/pagination
type pageInfo struct {
	HasNextPage bool   `json:"hasNextPage"`
	EndCursor   string `json:"endCursor"`
}

func (p pageInfo) next() string {
	if !p.HasNextPage {
		return ""
	}
	return p.EndCursor
}

// filtered are the variables that ask for a page of what also meets the conditions.
func filtered(q connector.OptionQuery, conditions map[string]any) map[string]any {
	if search := strings.TrimSpace(q.Search); search != "" {
		conditions["name"] = map[string]any{"containsIgnoreCase": search}
	}
	variables := map[string]any{"filter": conditions}
	if q.Cursor != "" {
		variables["after"] = q.Cursor
	}
	return variables
}

// listTeams searches the teams that the key's owner may see.
//
// Source: https://linear.app/developers/filtering
func listTeams(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	data, err := ask[struct {
		Teams struct {
			Nodes []struct {
				ID   string `json:"id"`
				Name string `json:"name"`
				Key  string `json:"key"`
			} `json:"nodes"`
			PageInfo pageInfo `json:"pageInfo"`
		} `json:"teams"`
	}](ctx, call, question{Query: teamsDocument, Variables: filtered(q, map[string]any{})})
	if err != nil {
		return connector.OptionPage{}, err
	}
	page := connector.OptionPage{Next: data.Teams.PageInfo.next()}
	for _, t := range data.Teams.Nodes {
		page.Items = append(page.Items, connector.Option{Value: t.ID, Label: t.Name, Description: t.Key})
	}
	return page, nil
}

// listLabels searches the labels of a team and of the whole workspace. Groups are
// no labels that an issue can have.
func listLabels(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	ofTeam := map[string]any{"or": []any{
		map[string]any{"team": map[string]any{"id": map[string]any{"eq": call.Input.Text(teamID)}}},
		map[string]any{"team": map[string]any{"null": true}},
	}}
	data, err := ask[struct {
		Labels struct {
			Nodes []struct {
				ID      string `json:"id"`
				Name    string `json:"name"`
				IsGroup bool   `json:"isGroup"`
				Team    *struct {
					Name string `json:"name"`
				} `json:"team"`
			} `json:"nodes"`
			PageInfo pageInfo `json:"pageInfo"`
		} `json:"issueLabels"`
	}](ctx, call, question{Query: labelsDocument, Variables: filtered(q, ofTeam)})
	if err != nil {
		return connector.OptionPage{}, err
	}
	page := connector.OptionPage{Next: data.Labels.PageInfo.next()}
	for _, l := range data.Labels.Nodes {
		if l.IsGroup {
			continue
		}
		o := connector.Option{Value: l.ID, Label: l.Name}
		if l.Team != nil {
			o.Description = l.Team.Name
		}
		page.Items = append(page.Items, o)
	}
	return page, nil
}
