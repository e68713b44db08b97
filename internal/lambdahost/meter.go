package lambdahost

import (
	"context"
	"log/slog"
	"time"

	"switchboard/internal/task"
)

// Meter makes metrics of the attempts of a connector's tasks: one line in the log each,
// by which the way of an execution can be followed as well. It implements task.Meter.
type Meter struct {
	Log *slog.Logger
	Now func() time.Time
}

var (
	byConnector = directive{namespace, [][]string{{"connector"}}, []metric{
		{"calls", "Count"}, {"call_ms", "Milliseconds"}, {"errors", "Count"}, {"rate_limit_wait_ms", "Milliseconds"},
	}}
	byConnectorCode = directive{namespace, [][]string{{"connector", "code"}}, []metric{{"errors", "Count"}}}
)

// Attempted implements task.Meter.
func (m Meter) Attempted(ctx context.Context, a task.Attempt) {
	directives, calls, errs := []directive{byConnector}, 0, 0
	attrs := []slog.Attr{
		slog.String("account", a.Account), slog.String("execution", a.Execution), slog.String("node", a.Node), slog.String("iteration", a.Iteration), slog.Int("attempt", a.Number),
		slog.String("connector", a.Connector), slog.String("action", a.Action),
	}
	if a.Called() {
		calls = 1
		attrs = append(attrs, slog.Float64("call_ms", milliseconds(a.Took)))
	}
	if a.Code != "" {
		directives, errs = append(directives, byConnectorCode), 1
		attrs = append(attrs, slog.String("code", string(a.Code)))
	}
	if a.Waited > 0 {
		attrs = append(attrs, slog.Float64("rate_limit_wait_ms", milliseconds(a.Waited)))
	}
	m.Log.LogAttrs(ctx, slog.LevelInfo, "attempt", append(attrs, slog.Int("calls", calls), slog.Int("errors", errs),
		slog.Any("_aws", map[string]any{"Timestamp": m.Now().UnixMilli(), "CloudWatchMetrics": directives}))...)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
