package task

import (
	"context"
	"encoding/json"

	"switchboard/internal/fault"
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
	a.openings = nil // who asks for the trial says who opens it
	output, err := a.once(ctx)
	if err == nil {
		output, err = a.whole(ctx, output)
	}
	if err != nil {
		return Trial{Input: a.input, Error: redacted(asTaskFault(err), a.redactor)}
	}
	return Trial{Input: a.input, Output: output}
}
