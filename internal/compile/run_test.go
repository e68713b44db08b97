package compile_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl/run"
)

// TestRun runs what small documents compile to, and looks at the end.
func TestRun(t *testing.T) {
	const say = `"type":"toy.say"`
	for name, c := range map[string]struct {
		nodes, edges, output string // JSON; output may be ""
		trigger              string
		want                 string // the output, or "error: name: cause"
	}{
		"LoopResultsAreInOrder": {
			nodes:   `{"id":"l","type":"loop","config":{"items":"{{trigger.input.list}}","concurrency":3}},{"id":"a",` + say + `,"config":{"text":"{{index}}:{{item.name}}"}}`,
			edges:   `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"a"}`,
			trigger: `{"input":{"list":[{"name":"x"},{"name":"y"},{"name":"z"}]}}`,
			want:    `{"l":{"results":[{"a":{"text":"a(0:x)"}},{"a":{"text":"a(1:y)"}},{"a":{"text":"a(2:z)"}}]}}`,
		},
		"LoopOverNothing": {
			nodes:   `{"id":"l","type":"loop","config":{"items":"{{trigger.input.list}}"}},{"id":"a",` + say + `,"config":{"text":"x"}},{"id":"after",` + say + `,"config":{"text":"{{steps.l.results | length}}"}}`,
			edges:   `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"a"},{"from":"l","port":"done","to":"after"}`,
			trigger: `{"input":{"list":[]}}`,
			want:    `{"after":{"text":"after(0)"}}`,
		},
		"LoopThatDoesNothing": {
			nodes: `{"id":"l","type":"loop","config":{"items":[1,2]}}`,
			edges: `{"from":"trigger","to":"l"}`,
			want:  `{"l":{"results":[{},{}]}}`,
		},
		"LoopOverAWrittenList": {
			nodes: `{"id":"l","type":"loop","config":{"items":[1,"{% x %}",null,[2]]}},{"id":"s","type":"set","config":{"values":{"v":"{{item}}"}}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"s"}`,
			want:  `{"l":{"results":[{"s":{"v":1}},{"s":{"v":"{% x %}"}},{"s":{"v":null}},{"s":{"v":[2]}}]}}`,
		},
		"NestedLoopsSeeTheirOwnItem": {
			nodes: `{"id":"l","type":"loop","config":{"items":[[1,2],[3]]}},{"id":"outer","type":"set","config":{"values":{"o":"{{index}}"}}},` +
				`{"id":"m","type":"loop","config":{"items":"{{item}}"}},{"id":"a",` + say + `,"config":{"text":"{{o}}/{{index}}={{item}}"}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"outer"},{"from":"outer","to":"m"},{"from":"m","port":"body","to":"a"}`,
			want:  `{"l":{"results":[{"m":{"results":[{"a":{"text":"a(0/0=1)"}},{"a":{"text":"a(0/1=2)"}}]}},{"m":{"results":[{"a":{"text":"a(1/0=3)"}}]}}]}}`,
		},
		"LoopWithBranchesInside": {
			nodes: `{"id":"pre",` + say + `,"config":{"text":"p"}},{"id":"l","type":"loop","config":{"items":[5,15]}},` +
				`{"id":"c","type":"condition","config":{"all":[{"left":"{{item}}","op":"gt","right":10}]}},` +
				`{"id":"big",` + say + `,"config":{"text":"{{steps.pre.text}} {{item}}"}},{"id":"x",` + say + `,"config":{"text":"x{{item}}"}},{"id":"y",` + say + `,"config":{"text":"y{{index}}"}},` +
				`{"id":"j",` + say + `,"config":{"text":"{{steps.x.text}}{{steps.y.text}}{{steps.big.text | default: '-'}}"}}`,
			edges: `{"from":"trigger","to":"pre"},{"from":"pre","to":"l"},{"from":"l","port":"body","to":"c"},{"from":"l","port":"body","to":"x"},{"from":"l","port":"body","to":"y"},` +
				`{"from":"c","port":"true","to":"big"},{"from":"big","to":"j"},{"from":"x","to":"j"},{"from":"y","to":"j"}`,
			want: `{"l":{"results":[{"j":{"text":"j(x(x5)y(y0)-)"}},{"j":{"text":"j(x(x15)y(y1)big(pre(p) 15))"}}]}}`,
		},
		"LoopStopsAtTheFirstFailure": {
			nodes: `{"id":"l","type":"loop","config":{"items":["ok","fail"]}},{"id":"a",` + say + `,"config":{"text":"{{item}}"}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"a"}`,
			want:  `error: Connector.InvalidInput`,
		},
		"LoopGoesOnAfterAFailure": {
			nodes: `{"id":"l","type":"loop","on_error":"continue","config":{"items":["fail","ok"]}},{"id":"a",` + say + `,"config":{"text":"{{item}}"}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"a"}`,
			want:  `{"l":{"results":[{"error":{"name":"Connector.InvalidInput","message":"it failed"}},{"a":{"text":"a(ok)"}}]}}`,
		},
		"StopWithinALoopEndsEverything": {
			nodes: `{"id":"l","type":"loop","on_error":"continue","config":{"items":[1,2]}},{"id":"end","type":"stop","config":{"message":"at {{item}}"}},{"id":"after",` + say + `,"config":{"text":"x"}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"end"},{"from":"l","port":"done","to":"after"}`,
			want:  `{"end":{"status":"succeeded","message":"at 1"}}`,
		},
		"LoopOverSomethingElse": {
			nodes:   `{"id":"l","type":"loop","config":{"items":"{{trigger.input.list}}"}},{"id":"a",` + say + `,"config":{"text":"x"}}`,
			edges:   `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"a"}`,
			trigger: `{"input":{"list":"abc"}}`,
			want:    `error: States.QueryEvaluationError`,
		},
		"StopFails": {
			nodes: `{"id":"s","type":"stop","config":{"status":"failed","message":"no {{execution.id}}"}}`,
			edges: `{"from":"trigger","to":"s"}`,
			want:  `error: Workflow.Stopped: no exe_1`,
		},
		"StopInABranchEndsEverythingWell": {
			nodes: `{"id":"s","type":"stop","config":{"message":"done"}},{"id":"w","type":"wait","config":{"seconds":10}}`,
			edges: `{"from":"trigger","to":"s"},{"from":"trigger","to":"w"}`,
			want:  `{"s":{"status":"succeeded","message":"done"}}`,
		},
		"VariableOfTheLastSetThatRan": {
			nodes: `{"id":"s1","type":"set","config":{"values":{"v":"one"}}},{"id":"c","type":"condition","config":{"all":[{"left":1,"op":"eq","right":2}]}},` +
				`{"id":"s2","type":"set","config":{"values":{"v":"two"}}},{"id":"a",` + say + `,"config":{"text":"{{v}} {{vars.v}}"}}`,
			edges: `{"from":"trigger","to":"s1"},{"from":"s1","to":"c"},{"from":"c","port":"true","to":"s2"},{"from":"c","port":"false","to":"a"},{"from":"s2","to":"a"}`,
			want:  `{"a":{"text":"a(one one)"}}`,
		},
		"OutputOfTheWorkflow": {
			nodes:  `{"id":"a",` + say + `,"config":{"text":"x"}},{"id":"s","type":"set","config":{"values":{"v":{"n":[1,2]}}}}`,
			edges:  `{"from":"trigger","to":"a"},{"from":"a","to":"s"}`,
			output: `{"t":"{{steps.a.text}}","n":"{{steps.s.v.n[1]}}","v":"{{v.n}}","none":"{{steps.a.nope | default: 7}}"}`,
			want:   `error: check`,
		},
		"OutputOfTheWorkflowReadsEverything": {
			nodes:  `{"id":"a",` + say + `,"config":{"text":"x"}},{"id":"s","type":"set","config":{"values":{"v":{"n":[1,2]}}}}`,
			edges:  `{"from":"trigger","to":"a"},{"from":"a","to":"s"}`,
			output: `{"t":"{{steps.a.text}}","n":"{{steps.s.v.n[1]}}","v":"{{v.n}}"}`,
			want:   `{"t":"a(x)","n":2,"v":[1,2]}`,
		},
		"NoNodes": {output: `{"hello":"{{trigger.input.name}}"}`, trigger: `{"input":{"name":"Ann"}}`, want: `{"hello":"Ann"}`},
		"MissingValueFailsTheNode": {
			nodes: `{"id":"s","type":"set","config":{"values":{"v":"{{trigger.input.nope}}"}}}`,
			edges: `{"from":"trigger","to":"s"}`,
			want:  `error: States.QueryEvaluationError`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := `{"name":"x","trigger":{"type":"manual"},"nodes":[` + c.nodes + `],"edges":[` + c.edges + `]`
			if c.output != "" {
				text += `,"output":` + c.output
			}
			text += `}`
			compiled, diagnostics := newCompiler(t).Compile(mustParse(t, text), subject())
			if compiled == nil {
				if c.want != "error: check" {
					t.Fatalf("%+v", diagnostics)
				}
				return
			}
			mustBeValid(t, compiled.Definition)
			trigger := json.RawMessage(c.trigger)
			if len(trigger) == 0 {
				trigger = json.RawMessage(`{"input":{}}`)
			}
			var w world
			result := w.run(t, compiled.Definition, trigger)
			if result.Status != run.Succeeded {
				got := "error: " + result.Error
				if len(c.want) > len(got) {
					got += ": " + result.Cause
				}
				if got != c.want {
					t.Errorf("got %s %s, want %s\n%s", got, result.Cause, c.want, compiled.Definition)
				}
				return
			}
			var got, want any
			if err := json.Unmarshal(result.Output, &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatalf("succeeded with %s, want %s", result.Output, c.want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("output (-want +got):\n%s\n%s", diff, compiled.Definition)
			}
		})
	}
}
