package jira

import "switchboard/internal/schema"

// What the tests of texts and queries need.
var (
	CheckQuotes      = checkQuotes
	DescriptionField = description
	QueryField       = jql
)

// ReadDocument is what the fields for texts are read with.
func ReadDocument(value any) (any, error) {
	return readDocument(schema.Field{Name: "body", Title: "Comment"}, value)
}
