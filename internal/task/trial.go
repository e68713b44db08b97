package task

import (
	"context"
	"encoding/json"
	"fmt"

	"switchboard/internal/fault"
	"switchboard/internal/value"
)

// Trial is what came of running a task alone.
type Trial struct {
	Input  json.RawMessage // the rendered fields; nil if it did not come to rendering them
	Output json.RawMessage // of a success
	Error  *fault.Error    // of a failure; it holds no secret
}

// Try runs a task alone, to show what it does. The service is really called.
func (h *Host) Try(ctx context.Context, t Task) Trial {
	a, err := h.prepare(ctx, t)
	if err != nil {
		return Trial{Error: asTaskFault(err)}
	}
	// Who tries a node gave the variables: the fields are shown whole, and stored without
	// what says who somebody is.
	shown, err := value.Encode(a.redactor.Value(a.config))
	if err != nil {
		return Trial{Error: asTaskFault(fmt.Errorf("encoding the fields: %w", err))}
	}
	a.openings = nil // who asks for the trial says who opens it
	output, err := a.once(ctx)
	if err == nil {
		output, err = a.whole(ctx, output)
	}
	if err != nil {
		return Trial{Input: shown, Error: redacted(asTaskFault(err), a.redactor)}
	}
	return Trial{Input: shown, Output: output}
}
