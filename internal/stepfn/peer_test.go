package stepfn_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/execution"
	"switchboard/internal/stepfn"
	"switchboard/internal/workflow"
)

// TestSameAsTheInterpreter runs workflows on moto's Step Functions and on our own
// interpreter: the ends and what people see of the nodes must be the same.
func TestSameAsTheInterpreter(t *testing.T) {
	client := newClient(startMoto(t))
	deployer := stepfn.NewDeployer(stepfn.DeployConfig{Client: client, Machines: here, Role: role, Now: time.Now})
	all := slices.Clone(flows)
	for range 12 {
		all = append(all, randomFlow(rand.Uint64()))
	}
	for _, flow := range all {
		t.Run(flow.name, func(t *testing.T) {
			t.Parallel() // an execution on moto is mostly waiting
			input := flow.trigger()
			v := mustCompile(t, flow.document())
			v.Workflow = "wf_" + flow.name
			x := started(v, "exe_"+flow.name, input)
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

			result, events := local(t, v, input)
			sources := sourcesOf(t, v)
			ours := x
			ours.Status, ours.Output, ours.StoppedAt = execution.Status(result.Status), result.Output, theirs.StoppedAt
			if ours.Status != execution.Succeeded {
				ours.Error = execution.Failure(sources, events, result.Error, result.Cause)
			}
			if diff := cmp.Diff(seen(ours, nil), seen(theirs, nil)); diff != "" {
				t.Errorf("the end differs (-interpreter +moto):\n%s", diff)
			}
			if flow.failed != "" && (theirs.Error == nil || theirs.Error.Node != flow.failed) {
				t.Errorf("it failed of %+v, want node %s", theirs.Error, flow.failed)
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
