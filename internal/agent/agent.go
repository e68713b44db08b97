// Package agent holds agents: what workflows and links hang on.
package agent

import (
	"context"
	"time"

	"switchboard/internal/page"
)

// Agent is one agent of an account.
type Agent struct {
	ID          string
	Account     string
	Name        string
	Description string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Repository stores agents. A thing of another account is not found. Errors are
// faults: NotFound where there is no such agent; anything else is Internal,
// Unavailable or StorageFull.
type Repository interface {
	// CreateAgent stores a new agent; Conflict if the id is taken.
	CreateAgent(ctx context.Context, a Agent) error
	Agent(ctx context.Context, account, id string) (Agent, error)
	// Agents lists an account's agents, oldest first.
	Agents(ctx context.Context, account string, q page.Query) (page.Of[Agent], error)
	// UpdateAgent replaces name, description and UpdatedAt.
	UpdateAgent(ctx context.Context, a Agent) error
	// DeleteAgent removes the agent and its links; Conflict while it has workflows.
	DeleteAgent(ctx context.Context, account, id string) error
}
