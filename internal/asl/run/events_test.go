package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
)

// TestEvents shows what a history tells, in full: the view of an execution is made
// from it alone.
func TestEvents(t *testing.T) {
	definition := `{"QueryLanguage":"JSONata","StartAt":"Set","States":{
	 "Set":{"Type":"Pass","Assign":{"vars":{"n":"{% $states.input.n %}"}},"Next":"Call"},
	 "Call":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"flaky","Payload":{"n":"{% $vars.n %}"}},
	   "Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":2}],"Assign":{"call":"{% $states.result.Payload %}"},"Output":{},"Next":"Which"},
	 "Which":{"Type":"Choice","Choices":[{"Condition":"{% $call.ok %}","Next":"Loop"}]},
	 "Loop":{"Type":"Map","Items":[7],"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"Send","States":{
	    "Send":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"bad","Payload":"{% $states.input %}"},
	      "Catch":[{"ErrorEquals":["States.ALL"],"Assign":{"e":"{% $states.errorOutput %}"},"Output":"{% $states.errorOutput.Error %}","Next":"Pause"}],"End":true},
	    "Pause":{"Type":"Wait","Seconds":10,"End":true}}},
	   "Assign":{"loop":{"results":"{% $states.result %}"}},"Output":{},"Next":"Done"},
	 "Done":{"Type":"Succeed","Output":"{% $loop %}"}}}`
	want := `
0s execution_started in={"n":1}
0s state_entered :0 Set
0s state_exited :0 Set assigned={"vars":{"n":1}}
0s state_entered :1 Call
0s task_scheduled :1 Call #1 in={"n":1}
1s task_failed :1 Call #1 error=Busy cause=later
1s retry_scheduled :1 Call #1 until=3s
3s task_scheduled :1 Call #2 in={"n":1}
3s task_succeeded :1 Call #2 out={"ok":true}
3s state_exited :1 Call out={}
3s state_entered :2 Which
3s state_exited :2 Which next=Loop
3s state_entered :3 Loop
3s map_started :3 Loop #1 in=1
3s state_entered /3.0:0 Send
3s task_scheduled /3.0:0 Send #1 in=7
3s task_failed /3.0:0 Send #1 error=Gone cause=no
3s state_failed /3.0:0 Send error=Gone cause=no next=Pause
3s state_entered /3.0:1 Pause
3s wait_started /3.0:1 Pause until=13s
13s state_exited /3.0:1 Pause
13s state_exited :3 Loop out={} assigned={"loop":{"results":["Gone"]}}
13s state_entered :4 Done
13s state_exited :4 Done out={"results":["Gone"]}
13s execution_succeeded out={"results":["Gone"]}
`
	synctest.Test(t, func(t *testing.T) {
		w, j := newWorld(scenario{Input: []byte(`{"n":1}`), Functions: map[string][]act{
			"flaky": {{Error: "Busy", Cause: "later", After: "1s"}, {Answer: []byte(`{"ok":true}`)}}, "bad": {{Error: "Gone", Cause: "no"}},
		}}), &journal{}
		if _, err := load(t, []byte(definition)).Run(t.Context(), w.execution(), nil, w.env(j)); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, e := range j.events {
			got.WriteString("\n" + line(e))
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got.String()+"\n", "\n")); diff != "" {
			t.Errorf("events (-want +got)\n%s", diff)
		}
	})
}

// line writes an event with everything in it.
func line(e asl.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.At.Sub(start), e.Kind)
	if e.State != "" {
		fmt.Fprintf(&b, " %s:%d %s", e.Frame, e.Step, e.State)
	}
	if e.Attempt > 0 {
		fmt.Fprintf(&b, " #%d", e.Attempt)
	}
	if !e.Until.IsZero() {
		fmt.Fprintf(&b, " until=%s", e.Until.Sub(start))
	}
	for _, f := range []struct{ name, text string }{
		{"in", string(e.Input)}, {"out", string(e.Output)}, {"assigned", string(e.Assigned)},
		{"error", e.Error}, {"cause", e.Cause}, {"next", e.Next},
	} {
		if f.text != "" {
			fmt.Fprintf(&b, " %s=%s", f.name, f.text)
		}
	}
	return b.String()
}

func TestLoad(t *testing.T) {
	for name, definition := range map[string]string{
		"ErrNotJSON":       `{`,
		"ErrUnknownField":  `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"End":true}}}`,
		"ErrUnknownTarget": `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}`,
		"ErrExpression":    `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% 1 + %}","End":true}}}`,
		"ErrJSONPath":      `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := run.Load([]byte(definition)); err == nil {
				t.Error("Load accepted it")
			}
		})
	}
}

func TestRunClipsErrors(t *testing.T) {
	w := newWorld(scenarios(t)["task_error"])
	env := w.env(&journal{})
	env.Invoke = func(context.Context, run.Invocation) (json.RawMessage, error) {
		return nil, &run.TaskError{Name: strings.Repeat("n", 1000), Cause: strings.Repeat("ü", 20_000)}
	}
	res, err := load(t, w.Definition).Run(t.Context(), w.execution(), nil, env)
	if err != nil {
		t.Fatal(err)
	}
	// Step Functions takes 256 characters and 32,768 characters.
	if len(res.Error) != 256 || res.Cause != strings.Repeat("ü", 16_384) {
		t.Errorf("error of %d bytes, cause of %d", len(res.Error), len(res.Cause))
	}
}

// TestRunLongWait lets a year pass under the default Sleep.
func TestRunLongWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := load(t, []byte(`{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Seconds":31536000,"End":true}}}`))
		if _, err := p.Run(t.Context(), run.Execution{ID: "x"}, nil, run.Env{Invoke: noop, Journal: &journal{}}); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != 365*24*time.Hour {
			t.Errorf("waited %s", got)
		}
	})
}

// TestRunLetsGoOfTheHistory looks, while a resumed execution waits, whether the
// events that it was given could be collected.
func TestRunLetsGoOfTheHistory(t *testing.T) {
	s := scenarios(t)["wait_seconds"]
	p := load(t, s.Definition)
	w, first := newWorld(s), &journal{}
	ctx, cancel := context.WithCancel(t.Context())
	env := w.env(first)
	env.Sleep = func(context.Context, time.Time) error { cancel(); return ctx.Err() }
	if _, err := p.Run(ctx, w.execution(), nil, env); err == nil {
		t.Fatal("the execution did not wait")
	}
	past := make([]asl.Event, len(first.events))
	copy(past, first.events)
	kept := weak.Make(&past[0])
	env = w.env(&journal{})
	env.Sleep = func(context.Context, time.Time) error {
		runtime.GC()
		if kept.Value() != nil {
			t.Error("the history is held while the execution waits")
		}
		return nil
	}
	if _, err := p.Run(t.Context(), w.execution(), past, env); err != nil {
		t.Fatal(err)
	}
}

// TestHistoryEvents compares how many events a machine is said to have beforehand
// with those that it then has.
func TestHistoryEvents(t *testing.T) {
	definition := `{"QueryLanguage":"JSONata","StartAt":"Set","States":{
	 "Set":{"Type":"Pass","Next":"Which"},
	 "Which":{"Type":"Choice","Choices":[{"Condition":"{% false %}","Next":"Short"}],"Default":"Rows"},
	 "Short":{"Type":"Pass","Next":"Done"},
	 "Rows":{"Type":"Map","Items":[1,2,3],"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"Cells","States":{
	   "Cells":{"Type":"Map","Items":[1,2],"End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"Send","States":{
	     "Send":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f","Payload":1},"Next":"Pause"},
	     "Pause":{"Type":"Wait","Seconds":1,"End":true}}}}}},"Next":"Done"},
	 "Done":{"Type":"Succeed"}}}`
	machine, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	want := asl.HistoryEvents(machine, func(m *asl.Map) int { return len(m.Items.([]any)) })
	synctest.Test(t, func(t *testing.T) {
		w, j := newWorld(scenario{Functions: map[string][]act{"f": {{Answer: []byte(`1`)}}}}), &journal{}
		if _, err := load(t, []byte(definition)).Run(t.Context(), w.execution(), nil, w.env(j)); err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, e := range j.events {
			got += e.Counts()
		}
		// Worked out by hand: two for the execution, six for three states, four for the
		// outer loop, and for each of its items two, four for the inner loop, and twice
		// two for the item, five for the task and two for the wait.
		if byHand := 2 + 6 + 4 + 3*(2+4+2*(2+5+2)); got != byHand || want != byHand {
			t.Errorf("%d events, %d beforehand, %d by hand", got, want, byHand)
		}
	})
}
