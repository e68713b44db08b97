// Package page holds what every list has in common: a limit and a cursor.
package page

import "switchboard/internal/fault"

// Limits of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Query asks for a page. Cursor is opaque: it comes from the page before.
type Query struct {
	Cursor string
	Limit  int // 0 means DefaultLimit
}

// Size is the limit within its bounds.
func (q Query) Size() int {
	switch {
	case q.Limit <= 0:
		return DefaultLimit
	case q.Limit > MaxLimit:
		return MaxLimit
	default:
		return q.Limit
	}
}

// Of is a page of items. Next is empty on the last one.
type Of[T any] struct {
	Items []T
	Next  string
}

// WrongCursor is the fault of a cursor that the list has not given.
func WrongCursor() *fault.Error {
	return fault.New(fault.ValidationFailed, "The cursor is not one that this list gave.").
		WithHint("Use next_cursor of the page before, or none to begin again.").At("/query/cursor", "is not one that this list gave")
}
