package compile_test

import (
	"strings"
	"testing"

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
