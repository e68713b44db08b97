package metric_test

import (
	"strings"
	"testing"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/metric"
	"switchboard/internal/task"
)

func TestWrite(t *testing.T) {
	r := metric.New()
	for _, a := range []task.Attempt{
		{Connector: "slack", Action: "post_message", Took: 50 * time.Millisecond},
		{Connector: "slack", Action: "post_message", Took: 60 * time.Millisecond},
		{Connector: "slack", Action: "post_message", Took: time.Minute, Code: fault.ServiceUnavailable},
		{Connector: "slack", Action: "post_message", Code: fault.InvalidInput}, // no call
		{Connector: "jira", Action: "add_comment", Took: time.Second, Waited: 2500 * time.Millisecond},
	} {
		r.Attempted(t.Context(), a)
	}
	r.Ended("succeeded")
	var b strings.Builder
	err := r.Write(&b,
		metric.Gauge{Name: "breaker", Help: "Open.", Labels: []string{"host", "a\"b\\c\nd"}, Value: 1},
		metric.Gauge{Name: "goroutines", Help: "How many.", Value: 12})
	if err != nil {
		t.Fatal(err)
	}
	const want = `# HELP switchboard_connector_attempts_total Attempts of action nodes, by how they ended: ok, or the error's code.
# TYPE switchboard_connector_attempts_total counter
switchboard_connector_attempts_total{connector="jira",action="add_comment",code="ok"} 1
switchboard_connector_attempts_total{connector="slack",action="post_message",code="Connector.InvalidInput"} 1
switchboard_connector_attempts_total{connector="slack",action="post_message",code="Connector.Unavailable"} 1
switchboard_connector_attempts_total{connector="slack",action="post_message",code="ok"} 2
# HELP switchboard_connector_call_seconds How long the services took to answer.
# TYPE switchboard_connector_call_seconds histogram
switchboard_connector_call_seconds_bucket{connector="jira",le="0.05"} 0
switchboard_connector_call_seconds_bucket{connector="jira",le="0.1"} 0
switchboard_connector_call_seconds_bucket{connector="jira",le="0.25"} 0
switchboard_connector_call_seconds_bucket{connector="jira",le="0.5"} 0
switchboard_connector_call_seconds_bucket{connector="jira",le="1"} 1
switchboard_connector_call_seconds_bucket{connector="jira",le="2.5"} 1
switchboard_connector_call_seconds_bucket{connector="jira",le="5"} 1
switchboard_connector_call_seconds_bucket{connector="jira",le="10"} 1
switchboard_connector_call_seconds_bucket{connector="jira",le="30"} 1
switchboard_connector_call_seconds_bucket{connector="jira",le="+Inf"} 1
switchboard_connector_call_seconds_sum{connector="jira"} 1
switchboard_connector_call_seconds_count{connector="jira"} 1
switchboard_connector_call_seconds_bucket{connector="slack",le="0.05"} 1
switchboard_connector_call_seconds_bucket{connector="slack",le="0.1"} 2
switchboard_connector_call_seconds_bucket{connector="slack",le="0.25"} 2
switchboard_connector_call_seconds_bucket{connector="slack",le="0.5"} 2
switchboard_connector_call_seconds_bucket{connector="slack",le="1"} 2
switchboard_connector_call_seconds_bucket{connector="slack",le="2.5"} 2
switchboard_connector_call_seconds_bucket{connector="slack",le="5"} 2
switchboard_connector_call_seconds_bucket{connector="slack",le="10"} 2
switchboard_connector_call_seconds_bucket{connector="slack",le="30"} 2
switchboard_connector_call_seconds_bucket{connector="slack",le="+Inf"} 3
switchboard_connector_call_seconds_sum{connector="slack"} 60.11
switchboard_connector_call_seconds_count{connector="slack"} 3
# HELP switchboard_connector_waits_total Attempts that waited because a service, or a circuit breaker, had asked for it.
# TYPE switchboard_connector_waits_total counter
switchboard_connector_waits_total{connector="jira"} 1
# HELP switchboard_connector_wait_seconds_total How long these waited.
# TYPE switchboard_connector_wait_seconds_total counter
switchboard_connector_wait_seconds_total{connector="jira"} 2.5
# HELP switchboard_executions_ended_total Executions that ended, by status.
# TYPE switchboard_executions_ended_total counter
switchboard_executions_ended_total{status="succeeded"} 1
# HELP breaker Open.
# TYPE breaker gauge
breaker{host="a\"b\\c\nd"} 1
# HELP goroutines How many.
# TYPE goroutines gauge
goroutines 12
`
	if b.String() != want {
		t.Errorf("Write gave:\n%s", b.String())
	}
}

func BenchmarkAttempted(b *testing.B) {
	r := metric.New()
	a := task.Attempt{Connector: "slack", Action: "post_message", Took: 60 * time.Millisecond}
	b.ReportAllocs()
	for b.Loop() {
		r.Attempted(b.Context(), a)
	}
}
