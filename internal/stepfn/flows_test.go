package stepfn_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// flow is a workflow and what it is started with.
type flow struct {
	name   string
	nodes  []string // as JSON
	edges  string   // "trigger>a a>b c:true>d"
	output string   // as JSON; "" for none
	input  string   // of the manual trigger, as JSON; "" for none
	failed string   // the node that it fails of; "" for what the interpreter says
}

func (f flow) document() string {
	var edges []string
	for _, e := range strings.Fields(f.edges) {
		from, to, _ := strings.Cut(e, ">")
		from, port, _ := strings.Cut(from, ":")
		edges = append(edges, fmt.Sprintf(`{"from":%q,"port":%q,"to":%q}`, from, port, to))
	}
	text := `{"name":"x","trigger":{"type":"manual"},"nodes":[` + strings.Join(f.nodes, ",") + `],"edges":[` +
		strings.ReplaceAll(strings.Join(edges, ","), `"port":"",`, "") + `]`
	if f.output != "" {
		text += `,"output":` + f.output
	}
	return text + `}`
}

func (f flow) trigger() string {
	if f.input == "" {
		return `{"trigger":{"input":{}}}`
	}
	return `{"trigger":{"input":` + f.input + `}}`
}

// act is an action that gives its text back behind its id, or fails if the text is
// an error's name; more is further JSON of the node.
func act(id, text string, more ...string) string {
	return node(id, "toy.say", fmt.Sprintf(`{"text":%s}`, quoted(text)), more...)
}

func node(id, kind, config string, more ...string) string {
	return `{"id":"` + id + `","type":"` + kind + `","config":` + strings.Join(append([]string{config}, more...), ",") + `}`
}

func set(id, values string) string { return node(id, "set", `{"values":`+values+`}`) }

func condition(id, rules string) string { return node(id, "condition", rules) }

// when is a condition of one rule over the trigger's v.
func when(id, op, right string) string {
	rule := `{"left":"{{trigger.input.v}}","op":"` + op + `"`
	if right != "" {
		rule += `,"right":` + right
	}
	return condition(id, `{"all":[`+rule+`}]}`)
}

func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

const (
	// afterTheWait is the text of an action that ends when the long wait beside it
	// has begun.
	afterTheWait = "after the wait"

	invalid    = "Connector.InvalidInput"
	onContinue = `"on_error":"continue"`
	onBranch   = `"on_error":"branch"`
)

// yesNo is what follows a condition c.
const yesNo = "trigger>c c:true>yes c:false>no"

// ruled is a workflow whose end says what a rule over v says.
func ruled(name, op, right, v string) flow {
	return flow{name: name, nodes: []string{when("c", op, right), act("yes", "y"), act("no", "n")}, edges: yesNo, input: `{"v":` + v + `}`}
}

// flows are workflows with every kind of state, error path and scope of variables.
var flows = []flow{
	{name: "Chain", nodes: []string{act("a", "{{trigger.input.who}}"), act("b", `{{steps.a.text}} "quoted" ä`)}, edges: "trigger>a a>b", input: `{"who":"Ada"}`},
	{name: "NoNodes", output: `{"hello":"{{trigger.input.who}}"}`, input: `{"who":"Ada"}`},
	{name: "SeveralEnds", nodes: []string{act("a", "1"), act("b", "2"), act("c", "3")}, edges: "trigger>a trigger>b a>c"},
	{name: "Output", nodes: []string{act("a", "x"), set("s", `{"v":{"n":[1,2]}}`)}, edges: "trigger>a a>s", output: `{"t":"{{steps.a.text}}!","n":"{{steps.s.v.n[1]}}","v":"{{v.n}}"}`},
	{name: "OutputOfASkippedNode", nodes: []string{when("c", "eq", "1"), act("yes", "y"), act("no", "n")}, edges: yesNo, output: `{"y":"{{steps.yes.text | default: null}}","n":"{{steps.no.text | default: 'none'}}"}`, input: `{"v":2}`},
	{name: "OutputOfNull", nodes: []string{act("a", "x")}, edges: "trigger>a", output: `null`},
	{name: "OutputThatIsMissingBranches", nodes: []string{act("a", "x", onBranch), act("rescue", "r")}, edges: "trigger>a a:error>rescue", output: `{"v":"{{trigger.input.nope}}"}`},
	{name: "OutputThatIsMissingContinues", nodes: []string{act("a", "x", onContinue)}, edges: "trigger>a", output: `{"v":"{{steps.a.text | number | default: 1}}"}`},
	{name: "OutputThatIsMissing", nodes: []string{act("a", "x")}, edges: "trigger>a", output: `{"v":"{{trigger.input.nope}}"}`},

	// Conditions and switches.
	{name: "Join", nodes: []string{when("c", "gt", "3"), act("yes", "many"), act("no", "few"), act("end", "done")}, edges: yesNo + " yes>end no>end", input: `{"v":5}`},
	ruled("Eq", "eq", `"ä\"b"`, `"ä\"b"`), ruled("EqOfKinds", "eq", `"1"`, "1"), ruled("EqNull", "eq", "null", "null"), ruled("Ne", "ne", "null", "0"),
	ruled("GeBig", "ge", "9007199254740991", "9007199254740991"), ruled("LtNegative", "lt", "-0.5", "-1e3"), ruled("LeText", "le", `"b"`, `"a"`),
	ruled("Contains", "contains", "2", "[1,2,3]"), ruled("NotContains", "not_contains", `"z"`, `"xyz"`), ruled("StartsWith", "starts_with", `"xy"`, `"xyz"`),
	ruled("EndsWith", "ends_with", `"q"`, `"xyz"`), ruled("Exists", "exists", "", "null"), ruled("Empty", "empty", "", "[]"), ruled("NotEmpty", "not_empty", "", `{"a":[]}`),
	ruled("In", "in", `["a","b"]`, `"b"`), ruled("Matches", "matches", `"^[a-c]+$"`, `"abc"`),
	{name: "MissingIsFalse", nodes: []string{when("c", "gt", "1"), act("yes", "y"), act("no", "n")}, edges: yesNo},
	{name: "MissingIsEmpty", nodes: []string{when("c", "empty", ""), act("yes", "y"), act("no", "n")}, edges: yesNo},
	{
		name:  "NestedRules",
		nodes: []string{condition("c", `{"any":[{"all":[{"left":"{{trigger.input.a}}","op":"eq","right":1},{"left":"{{trigger.input.b}}","op":"eq","right":2}]},{"left":"{{trigger.input.c}}","op":"not_exists"}]}`), act("yes", "y"), act("no", "n")},
		edges: yesNo, input: `{"a":1,"b":3,"c":null}`,
	},
	{
		name:  "SwitchCase",
		nodes: []string{node("s", "switch", `{"value":"{{trigger.input.v}}","cases":[{"name":"red","equals":"r"},{"name":"blue","equals":7}]}`), act("a", "1"), act("b", "2"), act("d", "3")},
		edges: "trigger>s s:red>a s:blue>b s:default>d", input: `{"v":7}`,
	},
	{
		name:  "SwitchDefault",
		nodes: []string{node("s", "switch", `{"value":"{{trigger.input.v}}","cases":[{"name":"red","equals":"r"},{"name":"blue","equals":7}]}`), act("a", "1"), act("d", "3")},
		edges: "trigger>s s:red>a s:default>d", input: `{"v":"7"}`,
	},
	{name: "NothingFollows", nodes: []string{when("c", "eq", "1"), act("yes", "y")}, edges: "trigger>c c:true>yes", input: `{"v":2}`},
	{name: "SkipTravels", nodes: []string{when("c", "eq", "1"), act("yes", "y"), act("then", "{{steps.yes.text}}"), act("no", "n"), act("end", "{{steps.then.text | default: 'skipped'}}")}, edges: yesNo + " yes>then then>end no>end", input: `{"v":2}`},

	// Forks, joins, and branches that cross.
	{
		name:  "Parallel",
		nodes: []string{act("a", "hi"), act("b", "{{steps.a.text}}"), node("c", "wait", `{"seconds":0}`), act("d", "x"), act("j", "{{steps.b.text}} {{steps.d.text}}")},
		edges: "trigger>a a>b a>c c>d b>j d>j",
	},
	{name: "NestedForks", nodes: []string{act("a", "1"), act("b", "2"), act("c", "3"), act("d", "4"), act("e", "5"), act("j", "{{steps.c.text}}{{steps.d.text}}"), act("k", "{{steps.j.text}}{{steps.e.text}}")}, edges: "trigger>a a>b a>e b>c b>d c>j d>j j>k e>k"},
	{name: "Crossing", nodes: []string{act("a", "1"), act("b", "2"), act("c", "{{steps.a.text}}{{steps.b.text}}"), act("d", "{{steps.b.text}}"), act("e", "{{steps.a.text}}")}, edges: "trigger>a trigger>b a>c b>c b>d a>e"},
	{
		name:  "CrossingConditions",
		nodes: []string{when("c", "gt", "1"), when("k", "gt", "2"), act("a", "1"), act("b", "2"), act("j", "{{steps.a.text | default: '-'}}{{steps.b.text | default: '-'}}")},
		edges: "trigger>c trigger>k c:true>a k:true>b c:false>b a>j b>j", input: `{"v":2}`,
	},
	{name: "JoinOfOnePortAndTheTrigger", nodes: []string{when("c", "eq", "1"), act("a", "1"), act("b", "2")}, edges: "trigger>c c:true>a a>b trigger>b", input: `{"v":0}`},
	{name: "ForkInABranch", nodes: []string{when("c", "eq", "1"), act("a", "1"), act("b", "2"), act("j", "{{steps.a.text}}{{steps.b.text}}"), act("no", "n")}, edges: "trigger>c c:true>a c:true>b a>j b>j c:false>no", input: `{"v":1}`},

	// Variables.
	{name: "SetInABranch", nodes: []string{set("s", `{"v":"one"}`), when("c", "eq", "1"), set("t", `{"v":"two"}`), act("a", "{{v}} {{vars.v}}")}, edges: "trigger>s s>c c:true>t c:false>a t>a", input: `{"v":1}`},
	{name: "SetOfKinds", nodes: []string{set("s", `{"n":"{{trigger.input.n}}","l":["{{trigger.input.n}}",null,true],"t":"n is {{trigger.input.n}}"}`), act("a", "{{n}} {{l | json}} {{t}}")}, edges: "trigger>s s>a", input: `{"n":-12.5}`},
	{name: "SetBesideAnother", nodes: []string{set("s", `{"x":1}`), set("t", `{"y":2}`), act("j", "{{x}}{{y}}")}, edges: "trigger>s trigger>t s>j t>j"},
	{name: "PathsWithQuotes", nodes: []string{set("s", `{"v":"{{trigger.input[\"a b\"].c[1]}}"}`), act("a", "{{v}}")}, edges: "trigger>s s>a", input: `{"a b":{"c":["x","ünï \\ \"q\" {% 1 %}"]}}`},
	{name: "MissingValue", nodes: []string{set("s", `{"x":"{{trigger.input.pause}}"}`)}, edges: "trigger>s"},
	{name: "MissingValueInAnAction", nodes: []string{act("a", "{{trigger.input.pause}}")}, edges: "trigger>a"},
	{name: "DefaultInAnAction", nodes: []string{act("a", "{{trigger.input.pause | default: 'none'}}")}, edges: "trigger>a"},

	// Waits.
	{name: "Wait", nodes: []string{node("w", "wait", `{"seconds":"{{trigger.input.v}}"}`), act("a", "x")}, edges: "trigger>w w>a", input: `{"v":1}`},
	{name: "WaitUntil", nodes: []string{node("w", "wait", `{"until":"{{trigger.input.v}}"}`), act("a", "x")}, edges: "trigger>w w>a", input: `{"v":"2020-02-29T12:00:00Z"}`},
	{
		name: "Waits",
		nodes: []string{
			set("a", `{"n":"{{trigger.input.n}}"}`), node("w", "wait", `{"seconds":"{{n}}"}`), node("u", "wait", `{"until":"{{trigger.input.at}}"}`),
			node("l", "loop", `{"items":[0,1]}`), node("in", "wait", `{"seconds":"{{item}}"}`), node("fix", "wait", `{"seconds":1}`),
		},
		edges: "trigger>a a>w w>u u>l l:body>in l:done>fix", input: `{"n":1,"at":"2026-01-01T09:00:00Z"}`,
	},
	{name: "MissingValueInAWait", nodes: []string{act("a", "ok"), node("w", "wait", `{"seconds":"{{trigger.input.pause}}"}`)}, edges: "trigger>a a>w"},

	// Loops.
	{
		name: "Loops",
		nodes: []string{
			node("l", "loop", `{"items":"{{trigger.input.xs}}","concurrency":2}`), act("in", "{{item}} {{index}}"),
			node("m", "loop", `{"items":[1,2]}`), act("deep", "{{item}} {{steps.in.text}}"), act("after", "over"),
		},
		edges: "trigger>l l:body>in in>m m:body>deep l:done>after", input: `{"xs":["p","q","r"]}`,
	},
	{name: "LoopOverNothing", nodes: []string{node("l", "loop", `{"items":"{{trigger.input.v}}"}`), act("in", "x"), act("after", "{{steps.l.results | length}}")}, edges: "trigger>l l:body>in l:done>after", input: `{"v":[]}`},
	{name: "LoopOverOne", nodes: []string{node("l", "loop", `{"items":"{{trigger.input.v}}"}`), act("in", "{{item.n}}"), act("after", "{{steps.l.results[0].in.text}}")}, edges: "trigger>l l:body>in l:done>after", input: `{"v":[{"n":[null]}]}`},
	{name: "LoopOverLists", nodes: []string{node("l", "loop", `{"items":[[1,2],[3]]}`), node("m", "loop", `{"items":"{{item}}"}`), act("in", "{{index}}={{item}}")}, edges: "trigger>l l:body>m m:body>in"},
	{
		name: "LoopWithBranches",
		nodes: []string{
			act("pre", "p"), node("l", "loop", `{"items":[5,15]}`), condition("c", `{"all":[{"left":"{{item}}","op":"gt","right":10}]}`),
			act("big", "{{steps.pre.text}} {{item}}"), act("x", "x{{item}}"), act("y", "y{{index}}"), act("j", "{{steps.x.text}}{{steps.y.text}}{{steps.big.text | default: '-'}}"),
		},
		edges: "trigger>pre pre>l l:body>c l:body>x l:body>y c:true>big big>j x>j y>j",
	},
	{name: "LoopGoesOn", nodes: []string{node("l", "loop", `{"items":["Connector.InvalidInput","ok"],"concurrency":1}`, onContinue), act("in", "{{item}}"), act("after", "{{steps.l.results | json}}")}, edges: "trigger>l l:body>in l:done>after"},
	{name: "LoopBranches", nodes: []string{node("l", "loop", `{"items":["Connector.InvalidInput"],"concurrency":1}`, onBranch), act("in", "{{item}}"), act("after", "x"), act("rescue", "{{steps.l.error.name}}"), act("j", "{{steps.rescue.text | default: 'fine'}}")}, edges: "trigger>l l:body>in l:done>after l:error>rescue after>j rescue>j"},
	{name: "LoopDoesNotBranch", nodes: []string{node("l", "loop", `{"items":["fine"],"concurrency":1}`, onBranch), act("in", "{{item}}"), act("after", "{{steps.l.results | length}}"), act("rescue", "x")}, edges: "trigger>l l:body>in l:done>after l:error>rescue"},
	{name: "InnerLoopBranches", nodes: []string{node("l", "loop", `{"items":["Connector.InvalidInput","fine"]}`), node("m", "loop", `{"items":["{{item}}"]}`, onBranch), act("in", "{{item}}"), act("rescue", "{{steps.m.error.name}} {{index}}"), act("after", "{{steps.rescue.text | default: 'fine'}} {{item}}")}, edges: "trigger>l l:body>m m:body>in m:error>rescue m:done>after rescue>after"},
	{name: "StopInALoopThatBranches", nodes: []string{node("l", "loop", `{"items":[1],"concurrency":1}`, onBranch), node("s", "stop", `{"status":"failed","message":"at {{item}}"}`), act("rescue", "x")}, edges: "trigger>l l:body>s l:error>rescue", failed: "s"},
	{name: "StopWellInAnInnerLoopThatBranches", nodes: []string{node("l", "loop", `{"items":[1],"concurrency":1}`), node("m", "loop", `{"items":[1],"concurrency":1}`, onBranch), node("s", "stop", `{"message":"at {{item}}"}`), act("rescue", "x")}, edges: "trigger>l l:body>m m:body>s m:error>rescue"},
	{name: "LoopOverSomethingElseBranches", nodes: []string{node("l", "loop", `{"items":"{{trigger.input.v}}"}`, onBranch), act("in", "x"), act("rescue", "{{steps.l.error.name}}")}, edges: "trigger>l l:body>in l:error>rescue", input: `{"v":"abc"}`},
	{name: "LoopOverSomethingElse", nodes: []string{node("l", "loop", `{"items":"{{trigger.input.v}}"}`), act("in", "x")}, edges: "trigger>l l:body>in", input: `{"v":"abc"}`},
	{name: "StopInALoop", nodes: []string{node("l", "loop", `{"items":[1,2],"concurrency":1}`), node("end", "stop", `{"message":"at {{item}}"}`), act("after", "x")}, edges: "trigger>l l:body>end l:done>after"},
	{name: "SetInALoop", nodes: []string{set("s", `{"x":"outer"}`), node("l", "loop", `{"items":[1,2]}`), set("t", `{"y":"{{x}} {{item}}"}`), act("in", "{{y}}"), act("after", "{{x}}")}, edges: "trigger>s s>l l:body>t t>in l:done>after"},
	{name: "RescueInALoop", nodes: []string{node("l", "loop", `{"items":["Connector.InvalidInput","ok"]}`), act("in", "{{item}}", onBranch), act("rescue", "{{steps.in.error.name}}"), act("j", "{{steps.rescue.text | default: 'fine'}}")}, edges: "trigger>l l:body>in in:error>rescue in>j rescue>j"},

	// Errors.
	{name: "Caught", nodes: []string{act("a", invalid, onBranch), act("b", "well"), act("rescue", "{{steps.a.error.message}}")}, edges: "trigger>a a>b a:error>rescue"},
	{name: "CaughtAndJoined", nodes: []string{act("a", invalid, onBranch), act("b", "well"), act("rescue", "sorry"), act("j", "{{steps.b.text | default: 'not'}}")}, edges: "trigger>a a>b a:error>rescue b>j rescue>j"},
	{name: "NotCaught", nodes: []string{act("a", "ok", onBranch), act("b", "well"), act("rescue", "sorry"), act("j", "{{steps.b.text | default: 'not'}}")}, edges: "trigger>a a>b a:error>rescue b>j rescue>j"},
	{name: "Continue", nodes: []string{act("a", invalid, onContinue), act("b", "{{steps.a.error.name}}")}, edges: "trigger>a a>b"},
	{name: "ContinueInABranch", nodes: []string{act("a", invalid, onContinue), act("b", "x"), act("j", "{{steps.a.error.message}}{{steps.b.text}}")}, edges: "trigger>a trigger>b a>j b>j"},
	{name: "RescueOfMissingValue", nodes: []string{act("a", "{{trigger.input.nope}}", onBranch), act("rescue", "{{steps.a.error.name}}")}, edges: "trigger>a a:error>rescue"},
	{name: "Fails", nodes: []string{act("a", "ok"), act("b", invalid), act("c", "never")}, edges: "trigger>a a>b b>c"},
	{name: "FailsAfterRetries", nodes: []string{act("a", "Connector.RateLimited", `"retry":{"max_attempts":2,"interval_seconds":1}`)}, edges: "trigger>a"},
	{name: "FailsInABranch", nodes: []string{act("a", "ok"), act("b", invalid), node("c", "wait", `{"seconds":30}`), act("j", "never")}, edges: "trigger>a a>b a>c b>j c>j"},
	{
		name: "FailsAfterALoopThatBranches", nodes: []string{node("l", "loop", `{"items":["Connector.InvalidInput"]}`, onBranch), act("in", "{{item}}"), act("late", "Connector.RateLimited")},
		edges: "trigger>l l:body>in l:error>late", failed: "late",
	},
	{
		name: "FailsAfterALoopThatGoesOn", nodes: []string{node("l", "loop", `{"items":["Connector.InvalidInput"]}`, onContinue), act("in", "{{item}}"), act("late", "{{trigger.input.nope}}")},
		edges: "trigger>l l:body>in l:done>late", failed: "late",
	},
	{
		name: "FailsAfterALoopInALoop", nodes: []string{
			node("l", "loop", `{"items":["Connector.InvalidInput"]}`), node("m", "loop", `{"items":["{{item}}"]}`, onBranch), act("in", "{{item}}"), set("late", `{"v":"{{trigger.input.nope}}"}`),
		},
		edges: "trigger>l l:body>m m:body>in m:error>late", failed: "late",
	},
	{name: "FailsInALoop", nodes: []string{node("l", "loop", `{"items":["ok","Connector.InvalidInput"],"concurrency":1}`), act("in", "{{item}}")}, edges: "trigger>l l:body>in"},

	// Stops.
	{name: "Stop", nodes: []string{act("a", "ok"), node("s", "stop", `{"status":"failed","message":"enough"}`)}, edges: "trigger>a a>s"},
	{name: "StopWell", nodes: []string{act("a", "ok"), node("s", "stop", `{"message":"enough {{steps.a.text}}"}`)}, edges: "trigger>a a>s"},
	{name: "StopOnOnePort", nodes: []string{when("c", "eq", "1"), node("s", "stop", `{"status":"failed","message":"no {{trigger.input.v}}"}`), act("no", "n")}, edges: "trigger>c c:true>s c:false>no", input: `{"v":1}`},
	{name: "StopInABranch", nodes: []string{act("a", afterTheWait), node("s", "stop", `{"message":"done"}`), node("w", "wait", `{"seconds":30}`)}, edges: "trigger>a trigger>w a>s"},
}

// randomFlow is an acyclic workflow whose branches cross as they like.
func randomFlow(seed uint64) flow {
	r := rand.New(rand.NewPCG(seed, 1))
	f := flow{name: fmt.Sprintf("Random%d", seed)}
	ports := map[string][]string{"trigger": {""}}
	ids := []string{"trigger"}
	for i := range 6 + r.IntN(8) {
		id := fmt.Sprintf("n%d", i)
		switch r.IntN(5) {
		case 0:
			f.nodes, ports[id] = append(f.nodes, condition(id, fmt.Sprintf(`{"all":[{"left":%d,"op":"gt","right":1}]}`, r.IntN(4)))), []string{":true", ":false"}
		case 1:
			f.nodes, ports[id] = append(f.nodes, act(id, []string{invalid, "fine"}[r.IntN(2)], onBranch)), []string{"", ":error"}
		case 2:
			f.nodes, ports[id] = append(f.nodes, set(id, `{"v":"`+id+`"}`)), []string{""}
		default:
			f.nodes, ports[id] = append(f.nodes, act(id, id)), []string{""}
		}
		arriving := map[string]bool{}
		for range 1 + r.IntN(3) {
			from := ids[max(0, len(ids)-1-r.IntN(4))]
			arriving[from+ports[from][r.IntN(len(ports[from]))]] = true
		}
		for from := range arriving {
			f.edges += " " + from + ">" + id
		}
		ids = append(ids, id)
	}
	return f
}

// TestFlowsAreEnough holds the comparison with moto to its size.
func TestFlowsAreEnough(t *testing.T) {
	if len(flows) < 60 {
		t.Errorf("there are %d workflows to compare, want 60", len(flows))
	}
	states := map[string]bool{}
	for _, f := range flows {
		var machine any
		if err := json.Unmarshal(mustCompile(t, f.document()).Definition, &machine); err != nil {
			t.Fatal(err)
		}
		kinds(machine, states)
	}
	for _, kind := range []string{"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"} {
		if !states[kind] {
			t.Errorf("no workflow compiles to a %s state", kind)
		}
	}
}

// kinds collects the types of all states.
func kinds(v any, found map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		if kind, ok := v["Type"].(string); ok {
			found[kind] = true
		}
		for _, inner := range v {
			kinds(inner, found)
		}
	case []any:
		for _, inner := range v {
			kinds(inner, found)
		}
	}
}
