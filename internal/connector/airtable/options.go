package airtable

import (
	"context"
	"net/url"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
	"switchboard/internal/fault"
)

// listBases lists the bases that the token names.
//
// Source: https://airtable.com/developers/web/api/list-bases
func listBases(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return connector.SearchPages(q, func(cursor string) (connector.OptionPage, error) {
		var found struct {
			Bases []struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"bases"`
			Offset string `json:"offset"`
		}
		args := url.Values{}
		if cursor != "" {
			args.Set("offset", cursor)
		}
		if _, err := service.JSON(ctx, call, rest.Request{Path: "/v0/meta/bases", Query: args}, &found); err != nil {
			return connector.OptionPage{}, needSchema(err)
		}
		page := connector.OptionPage{Next: found.Offset}
		for _, b := range found.Bases {
			page.Items = append(page.Items, connector.Option{Value: b.ID, Label: b.Name})
		}
		return page, nil
	})
}

// listTables lists the tables of a base, by their ids, which stay when a table is renamed.
//
// Source: https://airtable.com/developers/web/api/get-base-schema
func listTables(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	var found struct {
		Tables []struct {
			ID          string `json:"id"`
			Name        string `json:"name"`
			Description string `json:"description"`
		} `json:"tables"`
	}
	path := rest.Path("v0", "meta", "bases", strings.TrimSpace(call.Input.Text(baseID)), "tables")
	if _, err := service.JSON(ctx, call, rest.Request{Path: path}, &found); err != nil {
		return connector.OptionPage{}, needSchema(err)
	}
	var page connector.OptionPage
	for _, t := range found.Tables {
		page.Items = append(page.Items, connector.Option{Value: t.ID, Label: t.Name, Description: t.Description})
	}
	return page.Matching(q.Search), nil
}

// needSchema says of a refused listing which scope it takes: a token can be enough
// for records without it.
func needSchema(err error) error {
	if !fault.Is(err, fault.AuthFailed) {
		return err
	}
	f := *fault.Of(err)
	f.Hint = "To list bases and tables, the token needs the scope schema.bases:read. Without it, type their ids or names by hand."
	return &f
}
