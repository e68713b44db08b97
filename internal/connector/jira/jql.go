package jira

import (
	"strings"

	"switchboard/internal/fault"
)

// checkQuotes refuses a query in which a value could have broken out of its place.
//
// Variables are escaped as in JSON: within double quotes as their content, elsewhere
// as a whole quoted string. That holds in JQL wherever JSON and JQL agree on what a
// quote is. They do not within single quotes, and behind a backslash outside of
// quotes. A value that was put there begins with a double quote, so a query with one
// in such a place is refused, whoever wrote it.
// Source: https://support.atlassian.com/jira-software-cloud/docs/what-is-advanced-search-in-jira-cloud/
func checkQuotes(query string) error {
	const wrong = "The query has a double quote within single quotes, or behind a backslash."
	inside := byte(0) // the quote that the text stands within; 0 for none
	for i := 0; i < len(query); i++ {
		switch c := query[i]; {
		case c == '\\' && inside == 0 && strings.HasPrefix(query[i+1:], `"`),
			c == '"' && inside == '\'':
			return fault.New(fault.InvalidInput, wrong).
				WithHint(`Write strings in double quotes, and a double quote within one as \".`).At("/jql", wrong)
		case c == '\\':
			i++ // what follows stands for itself
		case inside == 0 && (c == '"' || c == '\''):
			inside = c
		case c == inside:
			inside = 0
		}
	}
	return nil
}
