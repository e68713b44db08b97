package compile_test

import (
	"strings"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
	"switchboard/internal/execution"
)

// TestFailure has workflows in which several nodes fail: the execution's error is the one
// that nothing caught.
func TestFailure(t *testing.T) {
	loop := func(id, more string) string {
		return `{"id":"` + id + `","type":"loop"` + more + `,"config":{"items":[1,2],"concurrency":2}}`
	}
	say := func(id, text, more string) string {
		return `{"id":"` + id + `","type":"toy.say"` + more + `,"config":{"text":"` + text + `"}}`
	}
	const (
		onBranch, onContinue = `,"on_error":"branch"`, `,"on_error":"continue"`
		missing              = `{"id":"m","type":"set","config":{"values":{"v":"{{trigger.input.nope}}"}}}`
		stop                 = `{"id":"stop","type":"stop","config":{"status":"failed","message":"enough"}}`
		inLoop               = "trigger>l l:body>b "
	)
	b, m, x, e := say("b", "fail", ""), say("m", "{{trigger.input.nope}}", ""), say("x", "x", ""), say("e", "e", "")
	for name, c := range map[string]struct {
		nodes []string
		edges string // "trigger>a a>b c:true>d"
		want  string // the node and the error's name
	}{
		"OfALoop":                  {[]string{loop("l", ""), b, m}, inLoop + "l:done>m", "b Connector.InvalidInput"},
		"LoopBranches":             {[]string{loop("l", onBranch), b, e, m}, inLoop + "l:error>e e>m", "m Template.MissingValue"},
		"LoopContinues":            {[]string{loop("l", onContinue), b, m}, inLoop + "l:done>m", "m Template.MissingValue"},
		"LoopBranchesToASet":       {[]string{loop("l", onBranch), b, missing}, inLoop + "l:error>m", "m Template.MissingValue"},
		"ForkInALoop":              {[]string{loop("l", onBranch), b, x, m}, "trigger>l l:body>b l:body>x l:error>m", "m Template.MissingValue"},
		"ForkBesideALoop":          {[]string{loop("l", onContinue), b, x, m}, inLoop + "trigger>x l:done>m x>m", "m Template.MissingValue"},
		"LoopInALoop":              {[]string{loop("o", onBranch), loop("l", ""), b, m}, "trigger>o o:body>l l:body>b o:error>m", "m Template.MissingValue"},
		"CaughtInALoop":            {[]string{loop("o", ""), loop("l", onBranch), b, m}, "trigger>o o:body>l l:body>b l:error>m", "m Template.MissingValue"},
		"CaughtInALoopThatGoesOn":  {[]string{loop("o", onContinue), loop("l", onBranch), b, e, m}, "trigger>o o:body>l l:body>b l:error>e o:done>m", "m Template.MissingValue"},
		"ActionBranches":           {[]string{say("b", "fail", onBranch), m}, "trigger>b b:error>m", "m Template.MissingValue"},
		"StopInALoop":              {[]string{loop("l", ""), stop}, "trigger>l l:body>stop", "stop Workflow.Stopped"},
		"StopInALoopThatBranches":  {[]string{loop("l", onBranch), stop, e}, "trigger>l l:body>stop l:error>e", "stop Workflow.Stopped"},
		"StopInALoopThatContinues": {[]string{loop("l", onContinue), stop, e}, "trigger>l l:body>stop l:done>e", "stop Workflow.Stopped"},
		"StopInLoops": {
			[]string{loop("o", onContinue), loop("l", onBranch), stop, e}, "trigger>o o:body>l l:body>stop l:error>e", "stop Workflow.Stopped",
		},
		"StopBehindALoop": {[]string{loop("l", onBranch), b, stop}, inLoop + "l:error>stop", "stop Workflow.Stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			compiled := mustCompile(t, document(c.nodes, edgesOf(c.edges)))
			var w world
			result := w.run(t, compiled.Definition, map[string]any{"input": map[string]any{}})
			failure := execution.Failure(compiled.SourceMap, w.events, result.Error, result.Cause)
			if got := failure.Node + " " + failure.Name; got != c.want {
				t.Errorf("it failed of %s, want %s", got, c.want)
			}
		})
	}
}

// TestViewOfARedrive has executions that fail within loops, and succeed once they are
// redriven: no node but those that were caught has failed then, nor while they run again.
func TestViewOfARedrive(t *testing.T) {
	loop := func(id string) string {
		return `{"id":"` + id + `","type":"loop","config":{"items":[1,2,3],"concurrency":2}}`
	}
	const (
		b       = `{"id":"b","type":"toy.say","config":{"text":"fail {{item}}"}}`
		caught  = `{"id":"caught","type":"toy.say","on_error":"continue","config":{"text":"fail"}}`
		z       = `{"id":"z","type":"toy.say","config":{"text":"z"}}`
		another = `{"id":"y","type":"toy.say","config":{"text":"y"}}`
	)
	for name, c := range map[string]struct {
		nodes []string
		edges string
	}{
		"Loop":        {[]string{loop("l"), b, z, caught}, "trigger>caught caught>l l:body>b l:done>z"},
		"LoopInALoop": {[]string{loop("o"), loop("l"), b, z, caught}, "trigger>caught caught>o o:body>l l:body>b o:done>z"},
		"ForkInALoop": {[]string{loop("l"), b, z, another, caught}, "trigger>caught caught>l l:body>b l:body>y l:done>z"},
		"LoopInAFork": {[]string{loop("l"), b, z, another, caught}, "trigger>caught caught>l caught>y y>z l:body>b l:done>z"},
	} {
		t.Run(name, func(t *testing.T) {
			compiled := mustCompile(t, document(c.nodes, edgesOf(c.edges)))
			var w world
			if first := w.run(t, compiled.Definition, map[string]any{"input": map[string]any{}}); first.Status != run.Failed {
				t.Fatalf("it ended as %+v", first)
			}
			w.events = append(w.events, asl.Event{Kind: asl.ExecutionRedriven, At: time.Now()})
			look := func(status execution.Status, loops execution.NodeStatus) {
				for _, n := range execution.View(execution.Execution{Status: status}, compiled.SourceMap, w.events, nil) {
					ends := n.ID == "caught"
					if (n.Status == execution.NodeFailed || n.Error != nil) != ends {
						t.Errorf("%s: node %s has %s, %v", status, n.ID, n.Status, n.Error)
					}
					if isLoop := n.ID == "l" || n.ID == "o"; isLoop && (n.Status != loops || n.StoppedAt.IsZero() != (loops == execution.NodeRunning)) {
						t.Errorf("%s: loop %s has %s, ended at %s", status, n.ID, n.Status, n.StoppedAt)
					}
				}
			}
			look(execution.Running, execution.NodeRunning)
			w.mended = true
			if again := w.run(t, compiled.Definition, map[string]any{"input": map[string]any{}}); again.Status != run.Succeeded {
				t.Fatalf("redriven it ended as %+v", again)
			}
			look(execution.Succeeded, execution.NodeSucceeded)
		})
	}
}

// edgesOf reads "trigger>a a>b c:true>d".
func edgesOf(text string) []string {
	var edges []string
	for _, e := range strings.Fields(text) {
		from, to, _ := strings.Cut(e, ">")
		from, port, ported := strings.Cut(from, ":")
		if ported {
			port = `","port":"` + port
		}
		edges = append(edges, `{"from":"`+from+port+`","to":"`+to+`"}`)
	}
	return edges
}
