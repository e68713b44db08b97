package compile

import (
	"maps"
	"slices"

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
		body = b.forgiving(v, s.branches[0], body)
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
	state.Catch = b.loopCatch(s, v)
	after := b.view(s, results)
	after.port = quote(portDone)
	state.Next, state.Output, state.End = b.ending(s, s.next[1], after)
	return state
}

// loopCatch leads what comes out of the body to where it belongs: a stop ends the
// execution, and a failure takes the port error where there is one.
func (b *builder) loopCatch(s *step, v *vertex) []asl.Catcher {
	var catch []asl.Catcher
	if b.stopsWell(s.branches[0]) {
		catch = b.catchEnded()
	}
	if onError(v.node) != workflow.OnErrorBranch {
		return catch
	}
	again := b.reraise(v.id, s.branches[0])
	for _, name := range slices.Sorted(maps.Keys(again.states)) {
		b.put(name, again.states[name], Source{Role: workflow.RoleEnd})
	}
	port, _ := v.port(portError)
	return append(append(catch, again.catch...), b.catch(s, s.next[port], portError)...)
}

// unwinding catches the errors by which a stop within a machine unwinds, and fails
// with them again.
type unwinding struct {
	catch  []asl.Catcher
	states map[string]asl.State
}

// reraise has a state for each error: a history does not tell one that an expression
// makes.
func (b *builder) reraise(id string, within *machine) unwinding {
	u := unwinding{states: map[string]asl.State{}}
	for _, kind := range []struct{ status, suffix, err string }{
		{"succeeded", " (ended)", workflow.Ended},
		{"failed", " (stopped)", string(fault.WorkflowStopped)},
	} {
		if b.stopsAs(within, kind.status) {
			u.catch = append(u.catch, asl.Catcher{ErrorEquals: []string{kind.err}, Output: asl.Expr("$states.errorOutput"), Next: id + kind.suffix})
			u.states[id+kind.suffix] = &asl.Fail{Error: kind.err, Cause: asl.Expr("$states.input.Cause")}
		}
	}
	return u
}

// items is the list, written out or looked up.
func (b *builder) items(s *step, v *vertex) any {
	w := b.view(s, "")
	tree := emitTree(b.c.values[v.index].At(fieldItems.Name), w)
	e, ok := tree.(asl.Expr)
	if !ok {
		return asl.Literal(tree)
	}
	return asl.Expr("($i:=" + string(e) + ";$type($i)=\"array\"?$i:" + raise(fault.InvalidTemplate, "the items of a loop must be a list (field /items)") + ")")
}

func concurrency(n *workflow.Node) int64 {
	if c, ok := whole(n.Config[fieldConcurrency.Name]); ok {
		return c
	}
	return 1
}

// forgiving runs the body so that an item that fails gives its error as result. A
// stop within still ends the whole execution.
func (b *builder) forgiving(v *vertex, within *machine, body *asl.Machine) *asl.Machine {
	item, failed := v.id+" (item)", v.id+" (item failed)"
	again := b.reraise(v.id+" (item)", within)
	states := again.states
	for name := range states {
		b.sources[name] = Source{Role: workflow.RoleEnd}
	}
	b.sources[item], b.sources[failed] = Source{Role: workflow.RoleFork}, Source{Role: workflow.RoleEnd}
	states[item] = &asl.Parallel{
		Branches: []*asl.Machine{body}, Output: asl.Expr("$states.result[0]"), End: true,
		Catch: append(again.catch, asl.Catcher{ErrorEquals: []string{asl.ErrorAll}, Output: asl.Expr(errorValue), Next: failed}),
	}
	states[failed] = &asl.Pass{End: true}
	return &asl.Machine{StartAt: item, States: states}
}
