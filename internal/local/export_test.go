package local

import (
	"context"

	"switchboard/internal/execution"
)

// Await returns when an execution of this stack has ended.
func (s *Stack) Await(ctx context.Context, id string) error {
	return s.runner.Wait(ctx, execution.Execution{ID: id})
}
