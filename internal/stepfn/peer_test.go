package stepfn_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/stepfn"
	"switchboard/internal/workflow"
)

// flows are workflows that bring every kind of history about.
var flows = []struct {
	name, nodes, edges, input string
}{
	{
		"Chain",
		`{"id":"a","type":"toy.say","config":{"text":"{{trigger.input.who}}"}},{"id":"b","type":"toy.say","config":{"text":"{{steps.a.text}} \"quoted\" ä"}}`,
		`{"from":"trigger","to":"a"},{"from":"a","to":"b"}`,
		`{"trigger":{"input":{"who":"Ada"}}}`,
	},
	{
		"Condition",
		`{"id":"c","type":"condition","config":{"all":[{"left":"{{trigger.input.n}}","op":"gt","right":3}]}},
		 {"id":"yes","type":"toy.say","config":{"text":"many"}},{"id":"no","type":"toy.say","config":{"text":"few"}},
		 {"id":"end","type":"toy.say","config":{"text":"done"}}`,
		`{"from":"trigger","to":"c"},{"from":"c","port":"true","to":"yes"},{"from":"c","port":"false","to":"no"},{"from":"yes","to":"end"},{"from":"no","to":"end"}`,
		`{"trigger":{"input":{"n":5}}}`,
	},
	{
		"Parallel",
		`{"id":"a","type":"toy.say","config":{"text":"hi"}},{"id":"b","type":"toy.say","config":{"text":"{{steps.a.text}}"}},
		 {"id":"c","type":"wait","config":{"seconds":0}},{"id":"d","type":"toy.say","config":{"text":"x"}},{"id":"j","type":"toy.say","config":{"text":"{{steps.b.text}} {{steps.d.text}}"}}`,
		`{"from":"trigger","to":"a"},{"from":"a","to":"b"},{"from":"a","to":"c"},{"from":"c","to":"d"},{"from":"b","to":"j"},{"from":"d","to":"j"}`,
		`{"trigger":{"input":{}}}`,
	},
	{
		"Loops",
		`{"id":"l","type":"loop","config":{"items":"{{trigger.input.xs}}","concurrency":2}},{"id":"in","type":"toy.say","config":{"text":"{{item}} {{index}}"}},
		 {"id":"m","type":"loop","config":{"items":[1,2]}},{"id":"deep","type":"toy.say","config":{"text":"{{item}} {{steps.in.text}}"}},
		 {"id":"after","type":"toy.say","config":{"text":"over"}}`,
		`{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"in"},{"from":"in","to":"m"},{"from":"m","port":"body","to":"deep"},{"from":"l","port":"done","to":"after"}`,
		`{"trigger":{"input":{"xs":["p","q","r"]}}}`,
	},
	{
		"Caught",
		`{"id":"a","type":"toy.say","config":{"text":"Connector.InvalidInput"},"on_error":"branch"},{"id":"b","type":"toy.say","config":{"text":"well"}},
		 {"id":"rescue","type":"toy.say","config":{"text":"{{steps.a.error.message}}"}}`,
		`{"from":"trigger","to":"a"},{"from":"a","to":"b"},{"from":"a","port":"error","to":"rescue"}`,
		`{"trigger":{"input":{}}}`,
	},
	{
		"Waits",
		`{"id":"a","type":"set","config":{"values":{"n":"{{trigger.input.n}}"}}},{"id":"w","type":"wait","config":{"seconds":"{{n}}"}},
		 {"id":"u","type":"wait","config":{"until":"{{trigger.input.at}}"}},
		 {"id":"l","type":"loop","config":{"items":[0,1]}},{"id":"in","type":"wait","config":{"seconds":"{{item}}"}},{"id":"fix","type":"wait","config":{"seconds":1}}`,
		`{"from":"trigger","to":"a"},{"from":"a","to":"w"},{"from":"w","to":"u"},{"from":"u","to":"l"},{"from":"l","port":"body","to":"in"},{"from":"l","port":"done","to":"fix"}`,
		`{"trigger":{"input":{"n":1,"at":"2026-01-01T09:00:00Z"}}}`,
	},
	{
		"Fails",
		`{"id":"a","type":"toy.say","config":{"text":"ok"}},{"id":"b","type":"toy.say","config":{"text":"Connector.InvalidInput"}},{"id":"c","type":"toy.say","config":{"text":"never"}}`,
		`{"from":"trigger","to":"a"},{"from":"a","to":"b"},{"from":"b","to":"c"}`,
		`{"trigger":{"input":{}}}`,
	},
	{
		"FailsAfterRetries",
		`{"id":"a","type":"toy.say","config":{"text":"Connector.RateLimited"},"retry":{"max_attempts":2,"interval_seconds":1}}`,
		`{"from":"trigger","to":"a"}`,
		`{"trigger":{"input":{}}}`,
	},
	{
		"FailsInABranch",
		`{"id":"a","type":"toy.say","config":{"text":"ok"}},{"id":"b","type":"toy.say","config":{"text":"Connector.InvalidInput"}},
		 {"id":"c","type":"wait","config":{"seconds":30}},{"id":"j","type":"toy.say","config":{"text":"never"}}`,
		`{"from":"trigger","to":"a"},{"from":"a","to":"b"},{"from":"a","to":"c"},{"from":"b","to":"j"},{"from":"c","to":"j"}`,
		`{"trigger":{"input":{}}}`,
	},
	{
		"FailsInALoop",
		`{"id":"l","type":"loop","config":{"items":["ok","Connector.InvalidInput"],"concurrency":1}},{"id":"in","type":"toy.say","config":{"text":"{{item}}"}}`,
		`{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"in"}`,
		`{"trigger":{"input":{}}}`,
	},
	{
		"MissingValue",
		`{"id":"s","type":"set","config":{"values":{"x":"{{trigger.input.pause}}"}}}`,
		`{"from":"trigger","to":"s"}`,
		`{"trigger":{"input":{}}}`,
	},
	{
		"MissingValueInAWait",
		`{"id":"a","type":"toy.say","config":{"text":"ok"}},{"id":"w","type":"wait","config":{"seconds":"{{trigger.input.pause}}"}}`,
		`{"from":"trigger","to":"a"},{"from":"a","to":"w"}`,
		`{"trigger":{"input":{}}}`,
	},
	{
		"Stop",
		`{"id":"a","type":"toy.say","config":{"text":"ok"}},{"id":"s","type":"stop","config":{"status":"failed","message":"enough"}}`,
		`{"from":"trigger","to":"a"},{"from":"a","to":"s"}`,
		`{"trigger":{"input":{}}}`,
	},
}

// TestSameAsTheInterpreter runs workflows on moto's Step Functions and on our own
// interpreter: the ends and what people see of the nodes must be the same.
func TestSameAsTheInterpreter(t *testing.T) {
	client := newClient(startMoto(t))
	deployer := stepfn.NewDeployer(stepfn.DeployConfig{Client: client, Machines: here, Role: role, Now: time.Now})
	for _, flow := range flows {
		t.Run(flow.name, func(t *testing.T) {
			v := mustCompile(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[`+flow.nodes+`],"edges":[`+flow.edges+`]}`)
			v.Workflow = "wf_" + flow.name
			x := started(v, "exe_"+flow.name, flow.input)
			store := newStore(t, v, x)
			runner := stepfn.NewRunner(stepfn.RunConfig{
				Client: client, Machines: here, Executions: store, Versions: store, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			})
			if err := deployer.Deploy(t.Context(), workflow.Workflow{ID: v.Workflow, Account: v.Account}, v); err != nil {
				t.Fatal(err)
			}
			if err := runner.Launch(t.Context(), x, v); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := runner.Wait(ctx, x); err != nil {
				t.Fatal(err)
			}
			theirs, err := store.Execution(t.Context(), x.Account, x.ID)
			if err != nil {
				t.Fatal(err)
			}
			history, err := stepfn.NewHistories(store, runner).History(t.Context(), x.Account, x.ID)
			if err != nil {
				t.Fatal(err)
			}

			result, events := local(t, v, flow.input)
			sources := sourcesOf(t, v)
			ours := x
			ours.Status, ours.Output, ours.StoppedAt = execution.Status(result.Status), result.Output, theirs.StoppedAt
			if ours.Status != execution.Succeeded {
				ours.Error = execution.Failure(sources, events, result.Error, result.Cause)
			}
			if diff := cmp.Diff(seen(ours, nil), seen(theirs, nil)); diff != "" {
				t.Errorf("the end differs (-interpreter +moto):\n%s", diff)
			}
			if diff := cmp.Diff(seen(ours, execution.View(ours, sources, events, nil)), seen(theirs, execution.View(theirs, sources, history, nil))); diff != "" {
				t.Errorf("the nodes differ (-interpreter +moto):\n%s\nmoto's history: %s", diff, lines(t, history))
			}
			if diff := cmp.Diff(waits(events), waits(history)); diff != "" {
				t.Errorf("the waits differ (-interpreter +moto):\n%s", diff)
			}
			if again := runner.Launch(t.Context(), x, v); again != nil {
				t.Errorf("launching again: %v", again)
			}
		})
	}
}

// TestStopOnMoto cuts an execution off within a branch.
func TestStopOnMoto(t *testing.T) {
	client := newClient(startMoto(t))
	v := mustCompile(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[
		{"id":"a","type":"toy.say","config":{"text":"hi"}},{"id":"b","type":"toy.say","config":{"text":"hi"}},{"id":"c","type":"wait","config":{"seconds":60}}],
		"edges":[{"from":"trigger","to":"a"},{"from":"a","to":"b"},{"from":"a","to":"c"}]}`)
	x := started(v, "exe_1", `{"trigger":{"input":{}}}`)
	store := newStore(t, v, x)
	runner := stepfn.NewRunner(stepfn.RunConfig{
		Client: client, Machines: here, Executions: store, Versions: store, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	deployer := stepfn.NewDeployer(stepfn.DeployConfig{Client: client, Machines: here, Role: role, Now: time.Now})
	if err := deployer.Deploy(t.Context(), workflow.Workflow{}, v); err != nil {
		t.Fatal(err)
	}
	if err := runner.Launch(t.Context(), x, v); err != nil {
		t.Fatal(err)
	}
	histories := stepfn.NewHistories(store, runner)
	view := func(x execution.Execution) map[string]execution.NodeStatus {
		events, err := histories.History(t.Context(), x.Account, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		statuses := map[string]execution.NodeStatus{}
		for _, r := range execution.View(x, sourcesOf(t, v), events, nil) {
			statuses[r.ID] = r.Status
		}
		return statuses
	}
	running := map[string]execution.NodeStatus{"a": execution.NodeSucceeded, "b": execution.NodeSucceeded, "c": execution.NodeWaiting}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(time.Minute); !cmp.Equal(running, view(x)); <-again.C {
		if time.Now().After(deadline) {
			t.Fatalf("the nodes are %v, want %v", view(x), running)
		}
	}
	if err := runner.Stop(t.Context(), x, "enough"); err != nil {
		t.Fatal(err)
	}
	ended, err := store.Execution(t.Context(), x.Account, x.ID)
	if err != nil || ended.Status != execution.Stopped {
		t.Fatalf("stored as %s, %v", ended.Status, err)
	}
	stopped := map[string]execution.NodeStatus{"a": execution.NodeSucceeded, "b": execution.NodeSucceeded, "c": execution.NodeStopped}
	if diff := cmp.Diff(stopped, view(ended)); diff != "" {
		t.Errorf("the nodes (-want +got):\n%s", diff)
	}
}

// waits gives how long each wait was to be, or until when.
func waits(events []asl.Event) map[string]string {
	all := map[string]string{}
	for _, e := range events {
		if e.Kind != asl.WaitStarted || e.Until.IsZero() {
			continue // or it was entered, and failed before it began
		}
		left := e.Until.Sub(e.At).Round(time.Second)
		all[e.Frame+" "+e.State] = left.String()
		if left < 0 {
			all[e.Frame+" "+e.State] = e.Until.Format(time.RFC3339)
		}
	}
	return all
}

func sourcesOf(t *testing.T, v workflow.Version) workflow.SourceMap {
	t.Helper()
	var sources workflow.SourceMap
	if err := json.Unmarshal(v.SourceMap, &sources); err != nil {
		t.Fatal(err)
	}
	return sources
}

func lines(t *testing.T, events []asl.Event) string {
	t.Helper()
	var all string
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		all += "\n" + string(line)
	}
	return all
}

// seen is what people see of an execution and its nodes, without times.
func seen(x execution.Execution, runs []execution.NodeRun) map[string]any {
	all := map[string]any{"status": x.Status, "output": decoded(x.Output), "error": x.Error}
	for _, r := range runs {
		all["node "+r.ID] = seenRun(r)
	}
	return all
}

func seenRun(r execution.NodeRun) map[string]any {
	run := map[string]any{
		"status": r.Status, "input": decoded(r.Input), "output": decoded(r.Output), "error": r.Error,
		"started": !r.StartedAt.IsZero(), "stopped": !r.StoppedAt.IsZero(),
	}
	var attempts []any
	for _, a := range r.Attempts {
		attempts = append(attempts, []any{a.Number, a.Error, !a.StoppedAt.IsZero(), !a.RetryAt.IsZero()})
	}
	run["attempts"] = attempts
	for _, i := range r.Iterations {
		run["item "+i.Path] = seenRun(i.NodeRun)
	}
	return run
}

func decoded(raw json.RawMessage) any {
	var v any
	if json.Unmarshal(raw, &v) != nil || reflect.DeepEqual(v, map[string]any{}) {
		return nil
	}
	return v
}
