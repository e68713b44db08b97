package compile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
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
		"DoneLeadsOutOfABranch": {
			nodes: `{"id":"l","type":"loop","on_error":"branch","config":{"items":[1]}},{"id":"c","type":"condition","config":{"all":[{"left":1,"op":"eq","right":2}]}},` +
				`{"id":"j",` + say + `,"config":{"text":"x"}},{"id":"e",` + say + `,"config":{"text":"x"}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"trigger","to":"c"},{"from":"l","port":"done","to":"j"},{"from":"c","port":"true","to":"j"},{"from":"l","port":"error","to":"e"}`,
			want:  `{"j":{"text":"j(x)"}}`,
		},
		"ForksFromPortsOfLikeNames": {
			nodes: `{"id":"p","type":"toy.pick","config":{"text":"{{trigger.input.t}}","choices":["2","` + strings.Repeat("x", 80) + `"]}},` +
				`{"id":"a",` + say + `,"config":{"text":"x"}},{"id":"b",` + say + `,"config":{"text":"x"}},{"id":"c",` + say + `,"config":{"text":"x"}},{"id":"d",` + say + `,"config":{"text":"x"}}`,
			edges: `{"from":"trigger","to":"p"},{"from":"p","port":"2","to":"a"},{"from":"p","port":"2","to":"b"},` +
				`{"from":"p","port":"` + strings.Repeat("x", 80) + `","to":"c"},{"from":"p","port":"` + strings.Repeat("x", 80) + `","to":"d"}`,
			trigger: `{"input":{"t":"2"}}`,
			want:    `{"a":{"text":"a(x)"},"b":{"text":"b(x)"}}`,
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
		"ErrorOfAWorkflowWithoutAValue": {
			nodes:  `{"id":"c","type":"workflow","on_error":"continue","config":{"workflow":"wf_ok","input":{"a":"{{trigger.input.nope}}"}}}`,
			edges:  `{"from":"trigger","to":"c"}`,
			output: `"{{steps.c.error}}"`,
			want:   `{"name":"Template.MissingValue","message":"trigger.input.nope has no value (field /input/a)"}`,
		},
		"ErrorOfALoopWithoutAList": {
			nodes: `{"id":"l","type":"loop","on_error":"branch","config":{"items":"{{trigger.input | length}}"}},{"id":"e","type":"set","config":{"values":{"e":"{{steps.l.error}}"}}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"l","port":"error","to":"e"}`,
			want:  `{"e":{"e":{"name":"Template.Invalid","message":"the items of a loop must be a list (field /items)"}}}`,
		},
		"ErrorOfAnItemWithoutAValue": {
			nodes: `{"id":"l","type":"loop","on_error":"branch","config":{"items":[1]}},{"id":"s","type":"set","config":{"values":{"v":"{{item.nope}}"}}},{"id":"e","type":"set","config":{"values":{"e":"{{steps.l.error}}"}}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"s"},{"from":"l","port":"error","to":"e"}`,
			want:  `{"e":{"e":{"name":"Template.MissingValue","message":"item.nope has no value (field /values/v)"}}}`,
		},
		"ErrorsAmongResults": {
			nodes: `{"id":"l","type":"loop","on_error":"continue","config":{"items":[{"v":"a"},{"v":1},{}],"concurrency":"3"}},{"id":"s","type":"set","config":{"values":{"v":"{{item.v | upper}}"}}}`,
			edges: `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"s"}`,
			want: `{"l":{"results":[{"s":{"v":"A"}},{"error":{"name":"Template.Invalid","message":"item.v | upper: upper takes text; the value before it is of type number (field /values/v)"}},` +
				`{"error":{"name":"Template.MissingValue","message":"item.v has no value (field /values/v)"}}]}}`,
		},
		"ErrorOfTheLanguage": {
			nodes:   `{"id":"l","type":"loop","on_error":"continue","config":{"items":[1]}},{"id":"c","type":"condition","config":{"all":[{"left":"{{trigger.input.n}}","op":"gt","right":1}]}}`,
			edges:   `{"from":"trigger","to":"l"},{"from":"l","port":"body","to":"c"}`,
			trigger: `{"input":{"n":1e400}}`,
			want:    `{"l":{"results":[{"error":{"name":"States.QueryEvaluationError","message":"A value of this node could not be worked out: Choices[0]/Condition threw an error during evaluation. D1001: the number is out of range"}}]}}`,
		},
		"MissingInACondition": {
			nodes: `{"id":"c","type":"condition","config":{"any":[{"all":[{"left":1,"op":"eq","right":"{{trigger.input.nope}}"}]}]}}`,
			edges: `{"from":"trigger","to":"c"}`,
			want:  `error: States.QueryEvaluationError: …Template.MissingValue: trigger.input.nope has no value (field /any/0/all/0/right)`,
		},
		"WrongOnTheLeftOfACondition": {
			nodes: `{"id":"c","type":"condition","config":{"all":[{"left":"{{trigger.input | upper}}","op":"eq","right":1}]}}`,
			edges: `{"from":"trigger","to":"c"}`,
			want:  `error: States.QueryEvaluationError: …upper takes text; the value before it is of type object (field /all/0/left)`,
		},
		"MissingInACase": {
			nodes: `{"id":"c","type":"switch","config":{"value":1,"cases":[{"name":"a","equals":"{{trigger.input.nope}}"}]}}`,
			edges: `{"from":"trigger","to":"c"}`,
			want:  `error: States.QueryEvaluationError: …Template.MissingValue: trigger.input.nope has no value (field /cases/0/equals)`,
		},
		"MissingInAStop": {
			nodes: `{"id":"s","type":"stop","config":{"status":"failed","message":"no {{trigger.input.nope}}"}}`,
			edges: `{"from":"trigger","to":"s"}`,
			want:  `error: States.QueryEvaluationError: …Template.MissingValue: trigger.input.nope has no value (field /message)`,
		},
		"MissingInAnApproval": {
			nodes: `{"id":"q","type":"approval","config":{"message":"{{trigger.input.nope}}"}}`,
			edges: `{"from":"trigger","to":"q"}`,
			want:  `error: States.QueryEvaluationError: …Template.MissingValue: trigger.input.nope has no value (field /message)`,
		},
		"ApprovalWithoutTime": {
			nodes:   `{"id":"q","type":"approval","config":{"message":"approved","timeout_seconds":"{{trigger.input.t}}"}}`,
			edges:   `{"from":"trigger","to":"q"}`,
			trigger: `{"input":{"t":0}}`,
			want:    `error: States.QueryEvaluationError: …Template.Invalid: timeout_seconds must be a number from 1 to 31536000 (field /timeout_seconds)`,
		},
		"ApprovalOfATextForATime": {
			nodes:   `{"id":"q","type":"approval","config":{"message":"approved","timeout_seconds":"{{trigger.input.t}}"}}`,
			edges:   `{"from":"trigger","to":"q"}`,
			trigger: `{"input":{"t":"x"}}`,
			want:    `error: States.QueryEvaluationError: …Template.Invalid: timeout_seconds must be a number from 1 to 31536000 (field /timeout_seconds)`,
		},
		"ApprovalOfNullForATime": {
			nodes:   `{"id":"q","type":"approval","config":{"message":"approved","timeout_seconds":"{{trigger.input.t}}"}}`,
			edges:   `{"from":"trigger","to":"q"}`,
			trigger: `{"input":{"t":null}}`,
			want:    `error: States.QueryEvaluationError: …Template.Invalid: timeout_seconds must be a number from 1 to 31536000 (field /timeout_seconds)`,
		},
		"ApprovalOfAWrittenTime": {
			nodes:  `{"id":"q","type":"approval","config":{"message":"approved","timeout_seconds":"60"}},{"id":"r","type":"approval","config":{"message":"approved","timeout_seconds":""}}`,
			edges:  `{"from":"trigger","to":"q"},{"from":"trigger","to":"r"}`,
			output: `"{{steps.q.decision}} {{steps.r.decision}}"`,
			want:   `"approved approved"`,
		},
		"WaitOfNullAndATime": {
			nodes: `{"id":"w","type":"wait","config":{"seconds":null,"until":"2026-01-31T09:00:00Z"}}`,
			edges: `{"from":"trigger","to":"w"}`,
			want:  `{"w":{}}`,
		},
		"StopWithinABranchSaysMuch": {
			nodes:   `{"id":"s","type":"stop","config":{"message":"{{trigger.input.long}}"}},{"id":"w","type":"wait","config":{"seconds":10}}`,
			edges:   `{"from":"trigger","to":"s"},{"from":"trigger","to":"w"}`,
			trigger: `{"input":{"long":"` + strings.Repeat("\\u0001", 40_000) + `"}}`,
			want:    `{"s":{"status":"succeeded","message":"` + strings.Repeat("\\u0001", 5_000) + `"}}`,
		},
		"StopFailsAndSaysMuch": {
			nodes:   `{"id":"s","type":"stop","config":{"status":"failed","message":"{{trigger.input.long}}"}}`,
			edges:   `{"from":"trigger","to":"s"}`,
			trigger: `{"input":{"long":"` + strings.Repeat("x", 40_000) + `"}}`,
			want:    `error: Workflow.Stopped: ` + strings.Repeat("x", 5_000),
		},
		"ErrorOfWhatWasCutOff": {
			nodes: `{"id":"a",` + say + `,"on_error":"continue","config":{"text":"fail long"}}`,
			edges: `{"from":"trigger","to":"a"}`,
			want:  `{"a":{"error":{"name":"Connector.InvalidInput","message":"{\"errorMessage\":\"it fai"}}}`,
		},
		"StopSaysANumber": {
			nodes: `{"id":"s","type":"stop","config":{"status":"failed","message":404}}`,
			edges: `{"from":"trigger","to":"s"}`,
			want:  `error: Workflow.Stopped: 404`,
		},
		"StopSaysTrue": {
			nodes: `{"id":"s","type":"stop","config":{"message":true}}`,
			edges: `{"from":"trigger","to":"s"}`,
			want:  `{"s":{"status":"succeeded","message":"true"}}`,
		},
		"OutputOfNull": {
			nodes:  `{"id":"a",` + say + `,"config":{"text":"x"}}`,
			edges:  `{"from":"trigger","to":"a"}`,
			output: `null`,
			want:   `null`,
		},
		"OutputOfNullBehindACondition": {
			nodes:  `{"id":"c","type":"condition","config":{"all":[{"left":1,"op":"eq","right":1}]}}`,
			edges:  `{"from":"trigger","to":"c"}`,
			output: `null`,
			want:   `null`,
		},
		"NoNodesAndAnOutputOfNull": {output: `null`, want: `null`},
		"NoNodes":                  {output: `{"hello":"{{trigger.input.name}}"}`, trigger: `{"input":{"name":"Ann"}}`, want: `{"hello":"Ann"}`},
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
				// Of the cause of an expression only what stands behind the expression counts.
				begins, ends, _ := strings.Cut(c.want, "…")
				if got != c.want && (ends == "" || !strings.HasPrefix(got, begins) || !strings.HasSuffix(got, ends)) {
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

// TestOutputThatFails has workflows whose last node does its work, and whose output
// has no value then: the execution fails by itself, the node has succeeded, and
// nothing that answers a failure of the node runs.
func TestOutputThatFails(t *testing.T) {
	const edge = `{"from":"trigger","to":"last"}`
	refund := `,{"id":"refund","type":"toy.say","config":{"text":"x"}}`
	onError := `,{"from":"last","port":"error","to":"refund"}`
	for name, c := range map[string]struct{ nodes, edges string }{
		"Action":           {`{"id":"last","type":"toy.say","config":{"text":"x"}}`, edge},
		"ActionContinues":  {`{"id":"last","type":"toy.say","on_error":"continue","config":{"text":"x"}}`, edge},
		"ActionBranches":   {`{"id":"last","type":"toy.say","on_error":"branch","config":{"text":"x"}}` + refund, edge + onError},
		"WorkflowBranches": {`{"id":"last","type":"workflow","on_error":"branch","config":{"workflow":"wf_ok","input":{"reply":"ok"}}}` + refund, edge + onError},
		"LoopBranches":     {`{"id":"last","type":"loop","on_error":"branch","config":{"items":[1]}}` + refund, edge + onError},
		"Approval":         {`{"id":"last","type":"approval","config":{"message":"approved"}}`, edge},
		"Set":              {`{"id":"last","type":"set","config":{"values":{"v":1}}}`, edge},
		"Wait":             {`{"id":"last","type":"wait","config":{"seconds":1}}`, edge},
		"Condition":        {`{"id":"last","type":"condition","config":{"all":[{"left":1,"op":"eq","right":1}]}}`, edge},
		"Fork":             {`{"id":"last","type":"set","config":{"values":{"v":1}}},{"id":"other","type":"set","config":{"values":{"v":1}}}`, edge + `,{"from":"trigger","to":"other"}`},
	} {
		t.Run(name, func(t *testing.T) {
			compiled := mustCompile(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[`+c.nodes+`],"edges":[`+c.edges+`],"output":{"a":["{{trigger.input.nope}}"]}}`)
			var w world
			result := w.run(t, compiled.Definition, map[string]any{"input": map[string]any{}})
			if said := "Template.MissingValue: trigger.input.nope has no value (field /output/a/0)"; result.Error != asl.ErrorQueryEvaluation || !strings.HasSuffix(result.Cause, said) {
				t.Errorf("it ended as %+v, want the error of a query that says %s", result, said)
			}
			if e := execution.Failure(compiled.SourceMap, w.events, result.Error, result.Cause); e.Node != "" || e.Name != string(fault.MissingValue) {
				t.Errorf("the failure is %+v, want it to be of no node", e)
			}
			for _, n := range execution.View(execution.Execution{Status: execution.Failed}, compiled.SourceMap, w.events, nil) {
				if n.Status != execution.NodeSucceeded || n.Error != nil {
					t.Errorf("node %s has %s, %v", n.ID, n.Status, n.Error)
				}
			}
			if w.entered()["last"] != 1 || w.entered()["refund"] != 0 {
				t.Errorf("entered were %v", w.entered())
			}
		})
	}
}

// TestOutputOfItsOwn looks which outputs cost a transition: those that can fail, behind a
// node that catches.
func TestOutputOfItsOwn(t *testing.T) {
	for output, apart := range map[string]bool{
		`null`:                                  false,
		`{"a":["text",1,"\\{{ not one"]}`:       false,
		`"{{steps.a}}"`:                         false,
		`"{{execution.id}}"`:                    false,
		`"{{agent.name}}"`:                      false,
		`"{{steps.a.text | default: null}}"`:    false,
		`"{{steps.a.text | default: steps.a}}"`: false,
		`"{{steps.a.text | default: trigger.input.b | default: \"\"}}"`: false,
		`"{{steps.a.text}}"`:                         true,
		`"{{trigger.input}}"`:                        true,
		`"{{steps.b | default: trigger.input.b}}"`:   true,
		`"{{steps.b}}"`:                              false,
		`"{{steps.a.text | upper | default: null}}"`: true,
		`"all: {{steps.a.text | default: 1}}"`:       true,
	} {
		for catches, more := range map[bool]string{false: "", true: `,"on_error":"continue"`} {
			compiled := mustCompile(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[{"id":"b","type":"toy.say","config":{"text":"x"}},`+
				`{"id":"a","type":"toy.say","config":{"text":"x"}`+more+`}],"edges":[{"from":"trigger","to":"b"},{"from":"b","to":"a"}],"output":`+output+`}`)
			var machine struct{ States map[string]struct{ End bool } }
			if err := json.Unmarshal(compiled.Definition, &machine); err != nil {
				t.Fatal(err)
			}
			if got := !machine.States["a"].End; got != (apart && catches) {
				t.Errorf("%s has a state of its own: %t, want %t", output, got, apart && catches)
			}
		}
	}
}

// TestVariableOfManySets has a variable that one of many set nodes names: what reads it
// is no deeper for that, as an expression may only be so deep.
func TestVariableOfManySets(t *testing.T) {
	nodes := []string{`{"id":"j","type":"toy.say","config":{"text":"{{v | default: \"none\"}}"}}`}
	edges, from := []string{}, `{"from":"trigger",`
	for i := range 300 {
		nodes = append(nodes, fmt.Sprintf(`{"id":"c%d","type":"condition","config":{"all":[{"left":"{{trigger.input.n}}","op":"eq","right":%d}]}},{"id":"s%d","type":"set","config":{"values":{"v":"is %d"}}}`, i, i, i, i))
		edges = append(edges, fmt.Sprintf(`%s"to":"c%d"}`, from, i), fmt.Sprintf(`{"from":"c%d","port":"true","to":"s%d"},{"from":"s%d","to":"j"}`, i, i, i))
		from = fmt.Sprintf(`{"from":"c%d","port":"false",`, i)
	}
	edges = append(edges, from+`"to":"j"}`)
	compiled := mustCompile(t, document(nodes, edges))
	for n, want := range map[int]string{0: "is 0", 7: "is 7", 299: "is 299", 300: "none"} {
		var w world
		result := w.run(t, compiled.Definition, map[string]any{"input": map[string]any{"n": n}})
		if got := string(result.Output); got != `{"j":{"text":"j(`+want+`)"}}` {
			t.Errorf("%d gives %s %s %s", n, got, result.Error, result.Cause)
		}
	}
}
