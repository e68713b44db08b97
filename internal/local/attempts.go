package local

import (
	"context"
	"log/slog"

	"switchboard/internal/task"
)

// attemptLog writes a line for every attempt of a task, as a connector's function on
// AWS does, where the log is to have everything. It implements task.Meter.
type attemptLog struct{ log *slog.Logger }

func (l attemptLog) Attempted(ctx context.Context, a task.Attempt) {
	if l.log == nil || !l.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	l.log.LogAttrs(ctx, slog.LevelDebug, "attempt",
		slog.String("request_id", a.Request), slog.String("account", a.Account), slog.String("execution", a.Execution), slog.String("node", a.Node),
		slog.String("iteration", a.Iteration), slog.Int("attempt", a.Number), slog.String("connector", a.Connector), slog.String("action", a.Action),
		slog.String("code", string(a.Code)), slog.Duration("took", a.Took))
}
