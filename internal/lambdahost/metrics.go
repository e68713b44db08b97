package lambdahost

import (
	"log/slog"
	"time"
)

// namespace is that of the metrics.
const namespace = "Switchboard"

// directive tells CloudWatch which members of a line are metrics.
//
// Source: CloudWatch user guide, "Specification: Embedded metric format".
type directive struct {
	Namespace  string     `json:"Namespace"`
	Dimensions [][]string `json:"Dimensions"`
	Metrics    []metric   `json:"Metrics"`
}

type metric struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

var (
	byFunction = directive{namespace, [][]string{{"function"}}, []metric{{"duration_ms", "Milliseconds"}, {"failures", "Count"}}}
	byFailure  = directive{namespace, [][]string{{"function", "failure"}}, []metric{{"failures", "Count"}}}
)

// metrics are the members that make a metric of an invocation's line: how long each
// took and how many failed, by function, and what failed by its name, too. Counting
// invocations is Lambda's.
func metrics(at time.Time, took time.Duration, failure string) []slog.Attr {
	directives, failures := []directive{byFunction}, 0
	var attrs []slog.Attr
	if failure != "" {
		directives, failures = append(directives, byFailure), 1
		attrs = append(attrs, slog.String("failure", failure))
	}
	return append(attrs,
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.Int("failures", failures),
		slog.Any("_aws", map[string]any{"Timestamp": at.UnixMilli(), "CloudWatchMetrics": directives}),
	)
}
