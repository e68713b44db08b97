// Package event says which events start a workflow: those from a source, of a
// detail type, whose detail fits a filter. A filter is written as EventBridge has
// event patterns, and means the same here and there.
//
//	{"status": ["open", "new"], "total": [{"numeric": [">", 1000]}], "customer": {"country": ["DE"]}}
//
// What EventBridge refuses is refused here, so that a workflow which can be published
// on one can be published on the other. Tests hold the meaning of filters to Event
// Ruler, Amazon's own implementation. It compares numbers by six digits behind the
// point, this package by all of them.
//
// Source: the EventBridge user guide, "Comparison operators for use in event patterns".
package event

import (
	"context"
	"time"

	"switchboard/internal/account"
)

// Event is something that happened, put on an account's bus.
type Event struct {
	ID         string
	Source     string
	DetailType string
	Detail     any
	Time       time.Time
}

// Waiting is an event that has to start a workflow yet, because the start was refused
// for now.
type Waiting struct {
	Account, Workflow string
	Event             Event
}

// Bus takes events and starts the workflows that wait for them.
type Bus interface {
	// Put returns the ids of the executions that it started; they are on disk. The bus
	// of AWS starts them later and returns none.
	Put(ctx context.Context, p account.Principal, e Event) (executions []string, err error)
}
