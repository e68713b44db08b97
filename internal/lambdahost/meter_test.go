package lambdahost

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/task"
)

// TestMeter: a line holds every metric that it names, or CloudWatch ignores it, and
// what it takes to follow an execution.
func TestMeter(t *testing.T) {
	var out bytes.Buffer
	at := time.UnixMilli(1_767_323_045_000)
	m := Meter{Log: newLog(&out, "f", "1"), Now: func() time.Time { return at }}
	m.Attempted(t.Context(), task.Attempt{
		Account: "acc_1", Execution: "exe_1", Node: "notify", Number: 2, Connector: "slack", Action: "post_message",
		Code: fault.RateLimited, Took: 1500 * time.Microsecond, Waited: 2 * time.Second,
	})
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"account": "acc_1", "execution": "exe_1", "node": "notify", "attempt": 2.0, "connector": "slack", "action": "post_message",
		"code": "Connector.RateLimited", "calls": 1.0, "errors": 1.0, "call_ms": 1.5, "rate_limit_wait_ms": 2000.0,
	} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	aws, _ := line["_aws"].(map[string]any)
	directives, _ := aws["CloudWatchMetrics"].([]any)
	if aws["Timestamp"] != 1_767_323_045_000.0 || len(directives) != 2 {
		t.Errorf("_aws is %v", aws)
	}
	for _, d := range directives {
		for _, set := range d.(map[string]any)["Dimensions"].([]any) {
			for _, name := range set.([]any) {
				if _, ok := line[name.(string)].(string); !ok {
					t.Errorf("the dimension %s is not in the line", name)
				}
			}
		}
	}
}
