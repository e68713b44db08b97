package connector

import (
	"context"
	"strings"
)

// OptionLoader lists the values that the service knows for a field, such as its
// channels. It only reads. Call.Input holds the fields that the field's
// OptionsDepend names, checked as the action's own, and nothing else. Errors are
// faults, as of an action.
type OptionLoader func(ctx context.Context, call *Call, q OptionQuery) (OptionPage, error)

// OptionQuery is what a person is looking for.
type OptionQuery struct {
	Search string // what was typed so far; "" for everything
	Cursor string // Next of the page before; "" for the first page
}

// OptionPage is a part of the values. With a search it may be empty although there
// are pages after it.
type OptionPage struct {
	Items []Option
	Next  string // "" on the last page
}

// Option is one value of a field.
type Option struct {
	Value       string `json:"value" doc:"What the field takes"`
	Label       string `json:"label" doc:"What people call it"`
	Description string `json:"description,omitempty" doc:"What tells it apart from others of its name"`
}

// maxSearchedPages is how many pages of a service are looked through for one page of matches.
const maxSearchedPages = 5

// SearchPages is for services that list but cannot search: it gives the matches of
// one page, and with a search looks through further pages until there is one.
func SearchPages(q OptionQuery, load func(cursor string) (OptionPage, error)) (OptionPage, error) {
	cursor := q.Cursor
	for n := 1; ; n++ {
		p, err := load(cursor)
		if err != nil {
			return OptionPage{}, err
		}
		p = p.Matching(q.Search)
		if len(p.Items) > 0 || p.Next == "" || n == maxSearchedPages {
			return p, nil
		}
		cursor = p.Next
	}
}

// Matching leaves the values in which the search occurs, in whatever case.
func (p OptionPage) Matching(search string) OptionPage {
	search = strings.ToLower(strings.TrimSpace(search))
	if search == "" {
		return p
	}
	var matching []Option
	for _, o := range p.Items {
		if strings.Contains(strings.ToLower(o.Label+"\n"+o.Value+"\n"+o.Description), search) {
			matching = append(matching, o)
		}
	}
	p.Items = matching
	return p
}
