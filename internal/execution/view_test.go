package execution_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/task"
	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

var (
	sources = workflow.SourceMap{
		"a": {Node: "a", Role: workflow.RoleNode}, "b": {Node: "b", Role: workflow.RoleNode}, "b?": {Node: "b", Role: workflow.RoleGuard},
		"w": {Node: "w", Role: workflow.RoleNode}, "l": {Node: "l", Role: workflow.RoleNode, Loop: true}, "in": {Node: "in", Role: workflow.RoleNode},
		"a+": {Node: "a", Role: workflow.RoleFork}, "(end)": {Role: workflow.RoleEnd},
	}
	began = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
)

// history gives events one second apart.
func history(events ...asl.Event) []asl.Event {
	for i := range events {
		events[i].At = began.Add(time.Duration(i) * time.Second)
	}
	return events
}

func raw(text string) json.RawMessage { return json.RawMessage(text) }

// shown is what of a node these tests look at.
type shown struct {
	ID, Status, Input, Output, Error string
	Attempts                         int
	Seconds                          float64 // that it took
	Until                            time.Time
}

func show(runs []execution.NodeRun) []shown {
	var all []shown
	for _, r := range runs {
		s := shown{ID: r.ID, Status: string(r.Status), Input: string(r.Input), Output: string(r.Output), Attempts: len(r.Attempts), Until: r.Until}
		if r.Error != nil {
			s.Error = r.Error.Name + ": " + r.Error.Message + "/" + r.Error.Hint
		}
		if !r.StoppedAt.IsZero() {
			s.Seconds = r.StoppedAt.Sub(r.StartedAt).Seconds()
		}
		all = append(all, s)
	}
	return all
}

const cause = `{"errorType":"Connector.Unavailable","errorMessage":"It is down.\nTry later."}`

func TestView(t *testing.T) {
	entered := func(state string) asl.Event { return asl.Event{Kind: asl.StateEntered, State: state} }
	for name, c := range map[string]struct {
		status  execution.Status
		events  []asl.Event
		records map[task.Key]task.Record
		want    []shown
	}{
		"StopWithinALoop": {
			status: execution.Succeeded,
			events: history(
				entered("l"),
				asl.Event{Kind: asl.MapStarted, State: "l", Input: raw(`2`)},
				asl.Event{Kind: asl.StateEntered, Frame: "/0.0", State: "in"},
				asl.Event{Kind: asl.StateFailed, Frame: "/0.0", State: "in", Error: workflow.Ended, Cause: `{"in":{}}`},
				asl.Event{Kind: asl.StateFailed, State: "l", Error: workflow.Ended, Next: "(stopped)"},
			),
			want: []shown{{ID: "l", Status: "stopped", Seconds: 4}, {ID: "in", Status: "succeeded", Seconds: 1}},
		},
		"TaskWithRetry": {
			status: execution.Succeeded,
			events: history(
				entered("a"),
				asl.Event{Kind: asl.TaskScheduled, State: "a", Attempt: 1, Input: raw(`{"config":{"text":"{{x}}"}}`)},
				asl.Event{Kind: asl.TaskFailed, State: "a", Attempt: 1, Error: "Connector.Unavailable", Cause: cause},
				asl.Event{Kind: asl.RetryScheduled, State: "a", Attempt: 1, Until: began.Add(3 * time.Second)},
				asl.Event{Kind: asl.TaskScheduled, State: "a", Attempt: 2, Input: raw(`{"config":{"text":"{{x}}"}}`)},
				asl.Event{Kind: asl.TaskSucceeded, State: "a", Attempt: 2, Output: raw(`{"ok":true}`)},
				asl.Event{Kind: asl.StateExited, State: "a"},
			),
			records: map[task.Key]task.Record{{Node: "a"}: {Input: raw(`{"text":"rendered"}`)}},
			want:    []shown{{ID: "a", Status: "succeeded", Input: `{"text":"rendered"}`, Output: `{"ok":true}`, Attempts: 2, Seconds: 6}},
		},
		"TaskThatFails": {
			status: execution.Failed,
			events: history(
				entered("a"),
				asl.Event{Kind: asl.TaskScheduled, State: "a", Attempt: 1, Input: raw(`{"config":{"text":"{{x}}"}}`)},
				asl.Event{Kind: asl.TaskFailed, State: "a", Attempt: 1, Error: "Connector.Unavailable", Cause: cause},
				asl.Event{Kind: asl.StateFailed, State: "a", Error: "Connector.Unavailable", Cause: cause},
			),
			want: []shown{{ID: "a", Status: "failed", Input: `{"text":"{{x}}"}`, Error: "Connector.Unavailable: It is down./Try later.", Attempts: 1, Seconds: 3}},
		},
		"LogicNodesShowWhatTheyAssigned": {
			status: execution.Succeeded,
			events: history(entered("a"), asl.Event{Kind: asl.StateExited, State: "a", Assigned: raw(`{"n_a":{"v":1},"n_b":null}`)}),
			want:   []shown{{ID: "a", Status: "succeeded", Output: `{"v":1}`, Seconds: 1}},
		},
		"VariablesOfBranchesCarryTheirDepth": {
			status: execution.Succeeded,
			events: history(entered("a+"), entered("a"), asl.Event{Kind: asl.StateExited, State: "a", Assigned: raw(`{"n12_a":{"v":1}}`)}),
			want:   []shown{{ID: "a", Status: "succeeded", Output: `{"v":1}`, Seconds: 1}},
		},
		"Waiting": {
			status: execution.Running,
			events: history(entered("w"), asl.Event{Kind: asl.WaitStarted, State: "w", Until: began.Add(time.Hour)}),
			want:   []shown{{ID: "w", Status: "waiting", Until: began.Add(time.Hour)}},
		},
		"WaitedUntilItWasStopped": {
			status: execution.Stopped,
			events: history(entered("w"), asl.Event{Kind: asl.WaitStarted, State: "w", Until: began.Add(time.Hour)}),
			want:   []shown{{ID: "w", Status: "stopped", Seconds: 60}},
		},
		"GuardsAreNotNodes": {
			status: execution.Running,
			events: history(entered("b?"), asl.Event{Kind: asl.StateExited, State: "b?"}),
			want:   nil,
		},
		"TimedOut": {
			status: execution.Failed,
			events: history(entered("a"), asl.Event{Kind: asl.StateFailed, State: "a", Error: asl.ErrorTimeout}),
			want:   []shown{{ID: "a", Status: "timed_out", Error: "States.Timeout: It took longer than its time limit./", Seconds: 1}},
		},
		// The loop is not entered again; what it caught before stays as it was.
		"LoopAfterARedrive": {
			status: execution.Running,
			events: history(append(failedLoop(), asl.Event{Kind: asl.ExecutionRedriven})...),
			want:   []shown{{ID: "l", Status: "running"}, {ID: "b", Status: "failed", Error: "Connector.NotFound: /", Seconds: 1}, {ID: "in", Status: "running"}},
		},
		"LoopThatSucceedsAfterARedrive": {
			status: execution.Succeeded,
			events: history(append(failedLoop(), asl.Event{Kind: asl.ExecutionRedriven},
				asl.Event{Kind: asl.StateExited, Frame: "/0.0", Step: 1, State: "in"},
				asl.Event{Kind: asl.StateExited, State: "l", Assigned: raw(`{"n_l":{"results":[]}}`)})...),
			want: []shown{{ID: "l", Status: "succeeded", Output: `{"results":[]}`, Seconds: 8}, {ID: "b", Status: "failed", Error: "Connector.NotFound: /", Seconds: 1}, {ID: "in", Status: "succeeded", Seconds: 4}},
		},
		"LoopThatFailsAgainAfterARedrive": {
			status: execution.Failed,
			events: history(append(failedLoop(), asl.Event{Kind: asl.ExecutionRedriven},
				asl.Event{Kind: asl.StateFailed, Frame: "/0.0", Step: 1, State: "in", Error: "Connector.AuthFailed"},
				asl.Event{Kind: asl.StateFailed, State: "l", Error: "Connector.AuthFailed"})...),
			want: []shown{{ID: "l", Status: "failed", Error: "Connector.AuthFailed: /", Seconds: 8}, {ID: "b", Status: "failed", Error: "Connector.NotFound: /", Seconds: 1}, {ID: "in", Status: "failed", Error: "Connector.AuthFailed: /", Seconds: 4}},
		},
		// A fork within a loop is cut off by a failure that the loop catches: that is over.
		"CutOffAndCaughtBeforeARedrive": {
			status: execution.Running,
			events: history(
				entered("l"), asl.Event{Kind: asl.StateEntered, Frame: "/0.0/0.0", State: "b"}, asl.Event{Kind: asl.StateAborted, Frame: "/0.0/0.0", State: "b"},
				asl.Event{Kind: asl.StateFailed, Frame: "/0.0", State: "a+"}, asl.Event{Kind: asl.StateFailed, State: "l", Error: "x", Next: "a"},
				asl.Event{Kind: asl.StateEntered, Step: 1, State: "a"}, asl.Event{Kind: asl.StateFailed, Step: 1, State: "a", Error: "y"},
				asl.Event{Kind: asl.ExecutionRedriven},
			),
			want: []shown{{ID: "l", Status: "failed", Error: "x: /", Seconds: 4}, {ID: "b", Status: "stopped", Seconds: 1}, {ID: "a", Status: "running"}},
		},
		"OpenWhenItWasStopped": {
			status: execution.Stopped,
			events: history(entered("a"), entered("b"), asl.Event{Kind: asl.StateAborted, State: "b"}),
			want:   []shown{{ID: "a", Status: "stopped", Seconds: 60}, {ID: "b", Status: "stopped", Seconds: 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := execution.Execution{Status: c.status}
			if c.status != execution.Running {
				x.StoppedAt = began.Add(time.Minute)
			}
			if diff := cmp.Diff(c.want, show(execution.View(x, sources, c.events, c.records))); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
		})
	}
}

// failedLoop is of a loop that failed of its only item, in which b failed before and was
// caught.
func failedLoop() []asl.Event {
	return []asl.Event{
		{Kind: asl.StateEntered, State: "l"},
		{Kind: asl.StateEntered, Frame: "/0.0", State: "b"},
		{Kind: asl.StateFailed, Frame: "/0.0", State: "b", Error: "Connector.NotFound", Next: "in"},
		{Kind: asl.StateEntered, Frame: "/0.0", Step: 1, State: "in"},
		{Kind: asl.StateFailed, Frame: "/0.0", Step: 1, State: "in", Error: "Connector.InvalidInput"},
		{Kind: asl.StateFailed, State: "l", Error: "Connector.InvalidInput"},
	}
}

func TestViewOfALoop(t *testing.T) {
	in := func(frame string, kind asl.EventKind) asl.Event {
		return asl.Event{Kind: kind, State: "in", Frame: frame}
	}
	failed := in("/1.10", asl.StateFailed)
	failed.Error = "Connector.NotFound"
	events := history(
		asl.Event{Kind: asl.StateEntered, State: "l", Step: 1},
		in("/1.2", asl.StateEntered), in("/1.10", asl.StateEntered), in("/1.0/3.1", asl.StateEntered),
		in("/1.2", asl.StateExited), failed, in("/1.0/3.1", asl.StateExited),
		asl.Event{Kind: asl.StateExited, State: "l", Step: 1, Assigned: raw(`{"n_l":{"results":[]}}`)},
	)
	// The branch 1 of the Parallel at step 3 is not an iteration.
	records := map[task.Key]task.Record{{Node: "in", Iteration: "2"}: {Input: raw(`{"text":"two"}`)}}
	runs := execution.View(execution.Execution{Status: execution.Succeeded}, sources, events, records)
	if diff := cmp.Diff([]shown{{ID: "l", Status: "succeeded", Output: `{"results":[]}`, Seconds: 7}, {ID: "in", Status: "failed", Error: "Connector.NotFound: /", Seconds: 5}}, show(runs)); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	var paths []string
	for _, i := range runs[1].Iterations {
		paths = append(paths, i.Path+" "+string(i.Status)+" "+string(i.Input))
	}
	if diff := cmp.Diff([]string{"0 succeeded ", `2 succeeded {"text":"two"}`, "10 failed "}, paths); diff != "" {
		t.Errorf("iterations (-want +got):\n%s", diff)
	}
}

func TestErrorOf(t *testing.T) {
	for name, c := range map[string]struct{ name, cause, want string }{
		"OfAFunction": {"Connector.AuthFailed", `{"errorType":"Connector.AuthFailed","errorMessage":"No.\nReconnect."}`, "Connector.AuthFailed|No.|Reconnect."},
		"PlainText":   {"Workflow.Stopped", "enough", "Workflow.Stopped|enough|"},
		// The cause quotes the expression, which holds texts like the one that was raised.
		"RaisedByAnExpression": {
			asl.ErrorQueryEvaluation,
			`The expression '$error("Template.Invalid: x: not a text")' specified for the field 'Assign/n_s' threw an error during evaluation. D3137: Template.MissingValue: trigger.x has no value`,
			"Template.MissingValue|trigger.x has no value|" + template.HintMissing,
		},
		"OfAnExpressionThatCouldHaveRaised": {
			asl.ErrorQueryEvaluation,
			`The JSONata expression '$exists($v)?$v:$error("Template.MissingValue: trigger.x has no value")' specified for the field 'Seconds' returned an unexpected result type. Expected 'integer from 0 to 99999999', but was: -1`,
			"States.QueryEvaluationError|A value of this node could not be worked out: Seconds returned an unexpected result type. Expected 'integer from 0 to 99999999', but was: -1|",
		},
		"TooMuchAtOnce": {
			asl.ErrorDataLimit, "The state/task 'x' was given an input with a size exceeding the maximum number of bytes service limit.",
			"States.DataLimitExceeded|What this node was given, or gave, is too large together: 256 KiB are the limit on AWS, and 5 MiB in the local stack.|Name smaller parts of the outputs and of the trigger, or give a loop fewer items at once.",
		},
		"OfTheLanguage": {asl.ErrorQueryEvaluation, "T2001: no number", "States.QueryEvaluationError|T2001: no number|"},
	} {
		t.Run(name, func(t *testing.T) {
			e := execution.ErrorOf(c.name, c.cause, "n")
			if got := e.Name + "|" + e.Message + "|" + e.Hint; got != c.want || e.Node != "n" {
				t.Errorf("error %q at %q, want %q", got, e.Node, c.want)
			}
		})
	}
}

// An error of no node is the output's, or nobody knows whose it is.
func TestErrorOfNoNode(t *testing.T) {
	e := execution.ErrorOf(asl.ErrorQueryEvaluation, `The JSONata expression '1' specified for the field 'Output/n' returned nothing (undefined).`, "")
	if want := "A value could not be worked out: Output/n returned nothing (undefined)."; e.Message != want || e.Node != "" {
		t.Errorf("it says %q of %q, want %q", e.Message, e.Node, want)
	}
}

func TestFailure(t *testing.T) {
	failed := func(frame string, step int, state, name, next string) asl.Event {
		return asl.Event{Kind: asl.StateFailed, Frame: frame, Step: step, State: state, Error: name, Cause: "gone", Next: next}
	}
	exited := func(frame string, step int, state string) asl.Event {
		return asl.Event{Kind: asl.StateExited, Frame: frame, Step: step, State: state}
	}
	redriven := asl.Event{Kind: asl.ExecutionRedriven}
	caught := []asl.Event{failed("/0.0", 0, "in", "Connector.InvalidInput", ""), failed("", 0, "l", "Connector.InvalidInput", "b")}
	for name, c := range map[string]struct {
		events []asl.Event
		want   string // the node and the error's name
	}{
		"Caught":        {[]asl.Event{failed("", 0, "a", "Caught", "a+"), failed("/1.0", 0, "b", "Connector.NotFound", ""), failed("", 1, "a+", "Connector.NotFound", "")}, "b Connector.NotFound"},
		"CaughtByALoop": {append(caught[:2:2], failed("", 1, "b", "Connector.NotFound", "")), "b Connector.NotFound"},
		"CaughtByAFork": {[]asl.Event{failed("/0.0/0.0", 0, "in", "x", ""), failed("/0.0", 0, "a+", "x", "(end)"), exited("/0.0", 1, "(end)"), exited("", 0, "l"), failed("", 1, "b", "y", "")}, "b y"},
		"CaughtInABranch": {
			[]asl.Event{failed("/0.0/0.0", 0, "in", "x", ""), failed("/0.0", 0, "l", "x", "w"), failed("/0.1", 0, "b", "x", ""), {Kind: asl.StateAborted, Frame: "/0.0", Step: 1, State: "w"}, failed("", 0, "a+", "x", "")},
			"b x",
		},
		// The loop in the other branch had an item that failed before, and failed of it after.
		"FirstOfSeveral": {
			[]asl.Event{failed("/0.0/0.0", 0, "in", "x", ""), failed("/0.1", 0, "b", "y", ""), failed("/0.0", 0, "l", "x", ""), failed("", 0, "a+", "y", "")},
			"b y",
		},
		"FirstItem":         {[]asl.Event{failed("/0.1", 0, "b", "x", ""), failed("/0.0", 0, "a", "x", ""), failed("", 0, "l", "x", "")}, "b x"},
		"OfTheLoop":         {[]asl.Event{failed("/0.0", 0, "in", "x", ""), failed("", 0, "l", asl.ErrorDataLimit, "")}, "l " + asl.ErrorDataLimit},
		"CaughtAndStopped":  {append(caught[:2:2], asl.Event{Kind: asl.StateAborted, Step: 1, State: "b"}), " States.Runtime"},
		"CaughtAndRedriven": {append(caught[:2:2], failed("", 1, "b", "y", ""), redriven, failed("", 1, "b", "z", "")), "b z"},
		"FailsNoMore":       {append(caught[:2:2], failed("", 1, "b", "y", ""), redriven), " States.Runtime"},
		"OtherItemAfterRedrive": {
			[]asl.Event{failed("/0.0", 0, "a", "x", ""), failed("/0.1", 0, "b", "x", ""), failed("", 0, "l", "x", ""), redriven, failed("/0.1", 0, "b", "x", ""), failed("", 0, "l", "x", "")},
			"b x",
		},
		// What unwinds is failed of again by a state that is no node's, and that alone is redriven.
		"Stopped": {
			[]asl.Event{failed("/0.0", 0, "in", "Workflow.Stopped", ""), failed("", 0, "l", "Workflow.Stopped", "(end)"), failed("", 1, "(end)", "Workflow.Stopped", ""), redriven, failed("", 1, "(end)", "Workflow.Stopped", "")},
			"in Workflow.Stopped",
		},
		"OfNoNode": {nil, " States.Runtime"},
	} {
		t.Run(name, func(t *testing.T) {
			e := execution.Failure(sources, history(c.events...), "States.Runtime", "y")
			if got := e.Node + " " + e.Name; got != c.want {
				t.Errorf("it failed of %q, want %q", got, c.want)
			}
			if want := map[bool]string{true: "y", false: "gone"}[e.Node == ""]; e.Message != want && e.Name != asl.ErrorDataLimit {
				t.Errorf("it says %q, want %q", e.Message, want)
			}
		})
	}
}

// TestTooManyEvents: a loop that Step Functions would not have finished says so.
func TestTooManyEvents(t *testing.T) {
	for items, want := range map[int]bool{10: false, 13_000: true} {
		events := history(
			asl.Event{Kind: asl.ExecutionStarted}, asl.Event{Kind: asl.StateEntered, State: "l"},
			asl.Event{Kind: asl.MapStarted, State: "l", Input: raw(strconv.Itoa(items))}, asl.Event{Kind: asl.StateExited, State: "l"},
			asl.Event{Kind: asl.StateEntered, Step: 1, State: "a"}, asl.Event{Kind: asl.StateExited, Step: 1, State: "a"},
		)
		runs := execution.View(execution.Execution{Status: execution.Succeeded}, sources, events, nil)
		if len(runs) != 2 || strings.Contains(runs[0].Warning, "25000 events") != want || runs[1].Warning != "" {
			t.Errorf("%d items: %+v", items, runs)
		}
	}
}
