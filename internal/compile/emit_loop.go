package compile

import (
	"encoding/json"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// loop writes a Map. Every state of the body has {item, index, iteration}
// as input; iteration names the item among those of all loops around it, as 3 or
// 0.12. Where results can be large, room says how much each may have.
func (b *builder) loop(s *step, v *vertex) asl.State {
	body := b.machine(s.branches[0])
	if onError(v.node) == workflow.OnErrorContinue {
		body = b.forgiving(v, body)
	}
	body.ProcessorConfig = &asl.ProcessorConfig{Mode: "INLINE"}
	iteration := "$string($states.context.Map.Item.Index)"
	if b.m.inLoop {
		iteration = `$states.input.iteration & "." & ` + iteration
	}
	results := "{\"results\":$states.result}"
	items := b.items(s, v)
	selected := map[string]any{
		"item": asl.Expr("$states.context.Map.Item.Value"), "index": asl.Expr("$states.context.Map.Item.Index"), "iteration": asl.Expr(iteration),
	}
	if b.resultsRoomed(v.index) {
		selected["room"] = b.room(v, items)
	}
	state := &asl.Map{
		Items: items, ItemSelector: selected,
		MaxConcurrency: concurrency(v.node),
		ItemProcessor:  body,
		Assign:         b.assign(s, b.own(s, asl.Expr(results), portDone)),
	}
	if b.stopsWell(s.branches[0]) {
		state.Catch = b.catchEnded()
	}
	state.Next, state.Output, state.End = b.ending(s, s.next[1], b.view(s, results))
	return state
}

// items is the list, written out or looked up.
func (b *builder) items(s *step, v *vertex) any {
	w := b.view(s, "")
	tree := emitTree(configValue(v.node.Config["items"]), w)
	e, ok := tree.(asl.Expr)
	if !ok {
		return asl.Literal(tree)
	}
	return asl.Expr("($i:=" + string(e) + ";$type($i)=\"array\"?$i:$error(\"Template.Invalid: the items of a loop must be a list\"))")
}

func concurrency(n *workflow.Node) any {
	if c, ok := n.Config["concurrency"].(json.Number); ok {
		return c
	}
	return 1
}

// forgiving runs the body so that an item that fails gives its error as result. A
// stop within still ends the whole execution.
func (b *builder) forgiving(v *vertex, body *asl.Machine) *asl.Machine {
	item, failed, stopped := v.id+" (item)", v.id+" (item failed)", v.id+" (item stopped)"
	b.sources[item], b.sources[failed] = Source{Role: workflow.RoleFork}, Source{Role: workflow.RoleEnd}
	b.sources[stopped] = Source{Role: workflow.RoleEnd}
	return &asl.Machine{StartAt: item, States: map[string]asl.State{
		item: &asl.Parallel{
			Branches: []*asl.Machine{body}, Output: asl.Expr("$states.result[0]"), End: true,
			Catch: []asl.Catcher{
				{ErrorEquals: []string{endedError, string(fault.WorkflowStopped)}, Output: asl.Expr("$states.errorOutput"), Next: stopped},
				{ErrorEquals: []string{asl.ErrorAll}, Output: asl.Expr(errorValue), Next: failed},
			},
		},
		failed:  &asl.Pass{End: true},
		stopped: &asl.Fail{Error: asl.Expr("$states.input.Error"), Cause: asl.Expr("$states.input.Cause")},
	}}
}
