package jira

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"

	"switchboard/internal/connector"
	"switchboard/internal/connector/rest"
)

// optionsPerPage is how many values are asked for at once.
const optionsPerPage = 50

// numberedPage asks for a page of a list that Jira counts by startAt.
func numberedPage(q connector.OptionQuery) url.Values {
	args := url.Values{"maxResults": {strconv.Itoa(optionsPerPage)}}
	if q.Cursor != "" {
		args.Set("startAt", q.Cursor)
	}
	return args
}

// next is the startAt of the page after one that began at the query's.
func next(q connector.OptionQuery, items int, last bool) string {
	if last || items == 0 {
		return ""
	}
	start, _ := strconv.Atoi(q.Cursor) // what is no number began at 0
	return strconv.Itoa(start + items)
}

// listProjects searches the projects that the account may see, by key and name.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/#api-rest-api-3-project-search-get
func listProjects(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	var found struct {
		Values []struct {
			Key  string `json:"key"`
			Name string `json:"name"`
		} `json:"values"`
		IsLast bool `json:"isLast"`
	}
	args := numberedPage(q)
	args.Set("orderBy", "name")
	if search := strings.TrimSpace(q.Search); search != "" {
		args.Set("query", search)
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: "/rest/api/3/project/search", Query: args}, &found); err != nil {
		return connector.OptionPage{}, err
	}
	page := connector.OptionPage{Next: next(q, len(found.Values), found.IsLast)}
	for _, p := range found.Values {
		page.Items = append(page.Items, connector.Option{Value: p.Key, Label: p.Name, Description: p.Key})
	}
	return page, nil
}

// listIssueTypes lists the types that a project has, subtasks left out: they need a parent.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/#api-rest-api-3-project-projectidorkey-get
func listIssueTypes(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	var found struct {
		IssueTypes []struct {
			Name        string `json:"name"`
			Description string `json:"description"`
			Subtask     bool   `json:"subtask"`
		} `json:"issueTypes"`
	}
	path := rest.Path("rest", "api", "3", "project", strings.TrimSpace(call.Input.Text(project)))
	if _, err := service.JSON(ctx, call, rest.Request{Path: path}, &found); err != nil {
		return connector.OptionPage{}, err
	}
	var page connector.OptionPage
	for _, t := range found.IssueTypes {
		if !t.Subtask {
			page.Items = append(page.Items, connector.Option{Value: t.Name, Label: t.Name, Description: t.Description})
		}
	}
	return page.Matching(q.Search), nil
}

// listPriorities lists the site's priorities.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-priorities/#api-rest-api-3-priority-search-get
func listPriorities(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	return connector.SearchPages(q, func(cursor string) (connector.OptionPage, error) {
		q := connector.OptionQuery{Cursor: cursor}
		var found struct {
			Values []struct {
				Name        string `json:"name"`
				Description string `json:"description"`
			} `json:"values"`
			IsLast bool `json:"isLast"`
		}
		if _, err := service.JSON(ctx, call, rest.Request{Path: "/rest/api/3/priority/search", Query: numberedPage(q)}, &found); err != nil {
			return connector.OptionPage{}, err
		}
		page := connector.OptionPage{Next: next(q, len(found.Values), found.IsLast)}
		for _, p := range found.Values {
			page.Items = append(page.Items, connector.Option{Value: p.Name, Label: p.Name, Description: p.Description})
		}
		return page, nil
	})
}

// listTransitions lists those that are open from the issue's present status.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-transitions-get
func listTransitions(ctx context.Context, call *connector.Call, q connector.OptionQuery) (connector.OptionPage, error) {
	var open struct {
		Transitions []way `json:"transitions"`
	}
	if _, err := service.JSON(ctx, call, rest.Request{Path: issuePath(call.Input, "transitions")}, &open); err != nil {
		return connector.OptionPage{}, err
	}
	var page connector.OptionPage
	for _, w := range open.Transitions {
		page.Items = append(page.Items, connector.Option{Value: w.ID, Label: cmp.Or(w.Name, w.ID), Description: "Leads to " + w.To.Name + "."})
	}
	return page.Matching(q.Search), nil
}
