package compile

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// The logic nodes: what each becomes in the language.

func (b *builder) stop(s *step, v *vertex) asl.State {
	message := b.textExpr(v, fieldMessage.Name, b.view(s, ""))
	if e, ok := message.(asl.Expr); ok {
		message = asl.Expr("$substring(" + string(e) + ",0," + strconv.Itoa(maxMessage) + ")")
	}
	if stopStatus(v.node) == "failed" {
		return &asl.Fail{Error: string(fault.WorkflowStopped), Cause: message}
	}
	if b.m.parent == nil {
		return &asl.Succeed{Output: map[string]any{v.id: map[string]any{"status": "succeeded", "message": message}}}
	}
	text := quote("")
	if e, ok := message.(asl.Expr); ok {
		text = string(e)
	} else if literal, ok := message.(string); ok {
		text = quote(literal)
	}
	return &asl.Fail{Error: workflow.Ended, Cause: asl.Expr("$string({" + quote(v.id) + `:{"message":` + text + `,"status":"succeeded"}})`)}
}

// textExpr emits a text field of a logic node; what is not text is turned into it.
func (b *builder) textExpr(v *vertex, field string, w view) any {
	switch given := v.node.Config[field].(type) {
	case string:
		emitted := b.emitValue(b.c.values[v.index].At(field), w)
		if e, ok := emitted.(asl.Expr); ok {
			return asl.Expr("$string(" + string(e) + ")")
		}
		return emitted
	case json.Number:
		return given.String()
	case bool:
		return strconv.FormatBool(given)
	default:
		return ""
	}
}

func (b *builder) set(s *step, v *vertex) asl.State {
	tree := b.emitValue(b.c.values[v.index].At(fieldValues.Name), b.view(s, ""))
	state := &asl.Pass{Assign: b.assign(s, b.own(s, tree, ""))}
	if s.next[0] != nil {
		state.Next = s.next[0].name
		return state
	}
	if b.readsOwn(s) {
		// Output sees the variables from before this state.
		state.Next = b.next(nil)
		return state
	}
	w := b.view(s, "")
	if output, ok := b.soleOutput(s); ok {
		state.Output, state.End = map[string]any{output: tree}, true
		return state
	}
	state.Next, state.Output, state.End = b.ending(s, nil, w)
	return state
}

// readsOwn says whether the end of the machine reads the variable of this step.
func (b *builder) readsOwn(s *step) bool {
	if _, ok := b.soleOutput(s); ok {
		return false
	}
	return b.m.placed.has(variable{vertex: s.vertex})
}

// soleOutput says whether the execution's output is just that of this node.
func (b *builder) soleOutput(s *step) (string, bool) {
	ends := b.ends[b.m.loop]
	ok := (b.m.parent == nil && !b.c.doc.HasOutput || b.m.loop >= 0) && len(ends) == 1 && ends[0] == s.vertex
	return b.c.graph.vertices[s.vertex].id, ok
}

func (b *builder) wait(s *step, v *vertex) asl.State {
	state := &asl.Wait{}
	w := b.view(s, "")
	config, _ := b.emitValue(b.c.values[v.index], w).(map[string]any)
	if hasSeconds(v.node) {
		seconds := config["seconds"]
		if n, ok := whole(seconds); ok {
			seconds = n
		} else if e, isExpr := seconds.(asl.Expr); isExpr {
			seconds = secondsOf(string(e), 0, fieldSeconds.Name)
		}
		state.Seconds = b.unlessPassed(v, "0", seconds)
	} else {
		until := config["until"]
		if e, isExpr := until.(asl.Expr); isExpr {
			until = asl.Expr(timeOf(string(e)))
		}
		state.Timestamp = b.unlessPassed(v, quote(longAgo), until)
	}
	state.Assign = b.assign(s, b.own(s, map[string]any{}, ""))
	state.Next, state.Output, state.End = b.ending(s, s.next[0], b.view(s, "{}"))
	return state
}

// hasSeconds says whether a wait says how long it waits: null and an empty text are no
// number, and say nothing.
func hasSeconds(n *workflow.Node) bool {
	seconds := n.Config[fieldSeconds.Name]
	return seconds != nil && seconds != ""
}

// whole reads a whole number that is written out, as the checks let it through: as a
// number, or as a text that is one.
func whole(v any) (int64, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	default:
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53
}

// secondsOf gives the whole seconds that the value of a field stands for, or says what
// it should be: from low on to the most that an execution may take.
func secondsOf(expr string, low int, field string) asl.Expr {
	least, most := strconv.Itoa(low), strconv.Itoa(MaxTimeoutSeconds)
	return asl.Expr("(" + numeric + "$v:=" + expr + ";$s:=$n($v);$exists($s) and $s>=" + least + " and $s<=" + most + "?$ceil($s):" +
		raise(fault.InvalidTemplate, field+" must be a number from "+least+" to "+most+" (field /"+field+")") + ")")
}

// timeOf gives a time that the state understands, or says what it should be.
func timeOf(expr string) string {
	return "($v:=" + expr + `;$type($v)="string" and $contains($v,` + timePattern + ")?$v:" +
		raise(fault.InvalidTemplate, "until must be a time such as 2026-01-31T09:00:00Z (field /until)") + ")"
}

// timePattern is RFC 3339, as far as a pattern can tell.
const timePattern = `/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?(Z|[-+]([01][0-9]|2[0-3]):[0-5][0-9])$/`

// raise fails an evaluation with an error for people; package execution takes it apart.
func raise(code fault.Code, message string) string {
	return "$error(" + quote(string(code)+": "+message) + ")"
}

// longAgo is a time that is waited for no more.
const longAgo = "1970-01-01T00:00:00Z"

// unlessPassed does not wait again for what the execution that is replayed has
// waited for. Package execution names those waits in the input, by workflow.Passage.
func (b *builder) unlessPassed(v *vertex, passed string, wait any) asl.Expr {
	passage := quote(v.id)
	if b.m.inLoop {
		passage = "(" + quote(workflow.PassagePrefix(v.id)) + "&$states.input.iteration)"
	}
	return asl.Expr(passage + " in " + passagesExpr + "?" + passed + ":" + treeExpr(wait))
}

func (b *builder) condition(s *step) asl.State {
	w := b.view(s, "")
	expr := b.c.rules[s.vertex].jsonata(w)
	return &asl.Choice{
		Choices: []asl.Rule{{
			Condition: asl.Expr(expr), Next: b.next(s.next[0]),
			Assign: b.assign(s, b.own(s, map[string]any{"result": true}, "true")),
		}},
		Default: b.next(s.next[1]),
		Assign:  b.assign(s, b.own(s, map[string]any{"result": false}, "false")),
	}
}

func (b *builder) switchState(s *step, v *vertex) asl.State {
	w := b.view(s, "")
	state := &asl.Choice{}
	config := b.c.values[v.index]
	value := treeExpr(emitTree(config.At(fieldSwitchValue.Name), w))
	cases, _ := v.node.Config["cases"].([]any)
	for port, e := range cases {
		m, _ := e.(map[string]any)
		name, _ := m["name"].(string)
		state.Choices = append(state.Choices, asl.Rule{
			Condition: asl.Expr(comparison("eq", value, strictExpr(config.At(fieldCases.Name, strconv.Itoa(port), fieldCaseEquals.Name), w))),
			Assign:    b.assign(s, b.own(s, map[string]any{"case": asl.Literal(name)}, name)),
			Next:      b.next(s.next[port]),
		})
	}
	state.Default = b.next(s.next[len(s.next)-1])
	state.Assign = b.assign(s, b.own(s, map[string]any{"case": "default"}, "default"))
	return state
}
