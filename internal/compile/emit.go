package compile

import (
	"slices"
	"strconv"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/template"
	"switchboard/internal/value"
	"switchboard/internal/workflow"
)

// quote writes a text as JSONata.
func quote(s string) string { return asl.Quote(s) }

// Names of states that are no node's: ids have no such characters.
const (
	stateEnd     = "(end)"
	stateStopped = "(stopped)"
)

// emitter writes a plan as states.
type emitter struct {
	*usage
	sources SourceMap
	outputs map[int]*value.Plan // of what functions give, and of the trigger, by vertex
	retries []asl.Retrier       // of the tasks that name no policy
	whom    asl.Object          // what every payload begins with: for whom something is done
}

func emit(c *checker, p *plan) (*asl.Machine, SourceMap, *value.Plan) {
	e := &emitter{usage: newUsage(c, p), sources: make(SourceMap, len(c.graph.vertices)), retries: retriers(nil)}
	e.outputs = e.plans()
	e.whom = asl.Object{
		{Name: "account", Value: c.env.Account}, {Name: "agent", Value: c.env.AgentID}, {Name: "workflow", Value: c.env.WorkflowID}, {Name: "version", Value: c.env.Version},
		{Name: "execution", Value: asl.Expr("$states.context.Execution.Name")}, {Name: "request", Value: asl.Expr(requestExpr)},
	}
	m := e.machine(p.root)
	m.QueryLanguage = "JSONata"
	m.TimeoutSeconds = c.timeout()
	return m, e.sources, e.outputs[theTrigger]
}

// builder gathers the states of one machine.
type builder struct {
	*emitter
	m     *machine
	out   *asl.Machine
	unset []variable // what the first state gives a value besides its own
	ended bool       // the state that only ends the machine is there
}

func (e *emitter) machine(m *machine) *asl.Machine {
	b := &builder{emitter: e, m: m, out: &asl.Machine{States: make(map[string]asl.State, len(m.steps)+1)}, unset: e.unset(m)}
	b.out.StartAt = b.next(m.start)
	m.start.reach()
	for _, s := range m.steps {
		if s.reached {
			b.add(s)
		}
	}
	return b.out
}

// reach marks a step and all that it leads to. A stop leads nowhere: what a chain has
// behind one that surely runs is never done, and Step Functions takes no state that
// is never reached.
func (s *step) reach() {
	if s == nil || s.reached {
		return
	}
	s.reached = true
	if s.kind == stepGuard {
		ahead, then := s.ahead()
		for _, guard := range ahead {
			guard.next[guardRun].reach()
		}
		then.reach()
		return
	}
	for _, next := range s.next {
		next.reach()
	}
}

// next names the state of a step; the end of the machine has one of its own where
// the state before cannot end it.
func (b *builder) next(s *step) string {
	if s != nil {
		return s.name
	}
	name := b.endName()
	if !b.ended {
		b.ended = true
		w := view{u: b.usage, m: b.m, site: -1}
		if b.m.parent == nil {
			b.put(name, &asl.Succeed{Output: b.result(w)}, Source{Role: workflow.RoleEnd})
		} else {
			b.put(name, &asl.Pass{Output: b.result(w), End: true}, Source{Role: workflow.RoleEnd})
		}
	}
	return name
}

func (b *builder) endName() string {
	switch {
	case b.m.parent == nil:
		return stateEnd
	case b.m.start == nil: // the body of a loop that does nothing
		return b.c.graph.vertices[b.m.loop].id + " body " + stateEnd
	}
	return b.m.start.name + " " + stateEnd
}

func (b *builder) put(name string, s asl.State, source Source) {
	b.out.States[name] = s
	b.sources[name] = source
}

// assign puts together what a step assigns; the first one of a machine also gives
// the variables that may stay unset.
func (b *builder) assign(s *step, own asl.Assign) asl.Assign {
	if s == b.m.start {
		for _, v := range b.unset {
			name := b.name(v, b.m)
			if _, ok := own[name]; !ok {
				own[name] = nil
			}
		}
	}
	if len(own) == 0 {
		return nil
	}
	return own
}

// own is what a node assigns when it was left by a port, as far as anybody reads it.
// What a logic node found is always assigned: that is how an execution's history
// comes to show it.
func (b *builder) own(s *step, output, port any) asl.Assign {
	a := asl.Assign{}
	if v := (variable{vertex: s.vertex}); b.m.placed.has(v) || !b.c.graph.vertices[s.vertex].kind.canFail() {
		a[b.name(v, b.m)] = output
	}
	if v := (variable{vertex: s.vertex, port: true}); b.m.placed.has(v) {
		a[b.name(v, b.m)] = asl.Literal(port)
	}
	return a
}

func (b *builder) add(s *step) {
	switch s.kind {
	case stepGuard:
		b.addGuard(s)
	case stepFork:
		b.addFork(s)
	default:
		v := b.c.graph.vertices[s.vertex]
		source := Source{Node: v.id, Role: workflow.RoleNode}
		switch {
		case v.kind.isAction():
			b.put(s.name, b.task(s, v), source)
		case v.kind.name == typeCondition:
			b.put(s.name, b.condition(s), source)
		case v.kind.name == typeSwitch:
			b.put(s.name, b.switchState(s, v), source)
		case v.kind.name == typeSet:
			b.put(s.name, b.set(s, v), source)
		case v.kind.name == typeLoop:
			source.Loop = true
			b.put(s.name, b.loop(s, v), source)
		case v.kind.name == typeWait:
			b.put(s.name, b.wait(s, v), source)
		case v.kind.name == typeStop:
			b.put(s.name, b.stop(s, v), source)
		case v.kind.name == typeApproval:
			source.Type = workflow.TypeApproval
			b.put(s.name, b.approval(s, v), source)
		case v.kind.name == typeWorkflow:
			source.Type = workflow.TypeWorkflow
			b.put(s.name, b.callee(s, v), source)
		}
	}
}

// view of a node's state, which sees its own output as output.
func (b *builder) view(s *step, output string) view {
	w := view{u: b.usage, step: s, m: b.m, site: s.vertex}
	w.output, w.port = output, `""`
	return w
}

// result is what the machine gives at its end: the execution's output, or what a
// branch hands over.
func (b *builder) result(w view) any {
	if b.m.loop >= 0 {
		return b.defaultOutput(w, b.ends[b.m.loop])
	}
	if b.m.parent != nil {
		all := b.m.exports.all()
		handed := make(asl.Object, 0, len(all))
		for _, v := range all {
			handed.Set(b.key(v), asl.Expr(w.expr(v)))
		}
		return handed
	}
	w.site = -1
	if b.c.doc.HasOutput {
		if output := b.emitValue(b.c.output, w); output != nil {
			return output
		}
		return asl.Expr("null") // without an Output, a state would give what it was given itself
	}
	return b.defaultOutput(w, b.ends[-1])
}

// defaultOutput is that of the nodes that nothing follows, by node, as far as they ran.
func (b *builder) defaultOutput(w view, ends []int) any {
	sure := make(asl.Object, 0, len(ends))
	var maybe []variable
	for _, i := range ends {
		v := variable{vertex: i}
		switch e := w.expr(v); {
		case w.sure(v):
			sure.Set(b.c.graph.vertices[i].id, asl.Expr(e))
		case e != "null":
			maybe = append(maybe, v)
		}
	}
	if len(maybe) == 0 {
		return sure
	}
	// One expression: what was skipped is left out of the object.
	text := "$merge(["
	for i, v := range slices.Concat(sureEnds(w, ends), maybe) {
		if i > 0 {
			text += ","
		}
		e := w.expr(v)
		object := "{" + quote(b.c.graph.vertices[v.vertex].id) + ":" + e + "}"
		if w.sure(v) {
			text += object
		} else {
			text += e + "!=null?" + object + ":{}"
		}
	}
	return asl.Expr(text + "])")
}

func sureEnds(w view, ends []int) []variable {
	var vs []variable
	for _, i := range ends {
		if v := (variable{vertex: i}); w.sure(v) {
			vs = append(vs, v)
		}
	}
	return vs
}

// emitValue writes a value with templates as JSON with expressions. That every
// template can be emitted was checked before.
func (b *builder) emitValue(value *template.Value, w view) any {
	v, err := value.Emit(w.resolve, func(expr string) any { return asl.Expr(expr) })
	if err != nil {
		// A filter that only functions have: the checks report it, and nothing is compiled.
		return asl.Expr("$error(" + quote(fault.Of(err).Message) + ")")
	}
	return asl.Literal(v)
}

// ending fills in Next, or Output and End. It returns what a state needs for both.
func (b *builder) ending(s *step, next *step, w view) (name string, output any, end bool) {
	if next != nil || b.endsApart(s) {
		return b.next(next), b.passOn(), false
	}
	if w.step == nil {
		w.step = s
	}
	return "", b.result(w), true
}

// endsApart says whether the machine ends in a state of its own behind a step, because
// the workflow's output may turn out to have no value. In the last node's state that would
// be a failure which the node's on_error answers, though the node has done its work. The
// state is one more billed transition, so it is there only where something is caught;
// elsewhere who looks at the execution is told whose failure it is: see package execution.
func (b *builder) endsApart(s *step) bool {
	if b.m.parent != nil || !b.c.doc.HasOutput || s.kind != stepNode {
		return false
	}
	catches := b.c.graph.vertices[s.vertex].node.OnError
	return catches != "" && catches != workflow.OnErrorStop && b.c.output.CanFail(b.alwaysThere)
}

// alwaysThere says whether a path has a value whenever the output is made.
func (b *builder) alwaysThere(p template.Path) bool {
	switch p.Root {
	case "execution", "workflow", "agent":
		return true
	case "steps":
		v := variable{vertex: b.c.graph.byID[p.Steps[0].Name]}
		return len(p.Steps) == 1 && view{u: b.usage, m: b.m, site: -1}.sure(v)
	default:
		return false
	}
}

// guardsAhead is how many guards that follow each other become rules of one state.
const guardsAhead = 16

// addGuard looks which of the nodes ahead is the next one to run: a guard that says
// skip leads to the next guard, so one Choice asks for several of them and passing
// over a node costs no transition.
func (b *builder) addGuard(s *step) {
	state := &asl.Choice{}
	ahead, then := s.ahead()
	for _, guard := range ahead {
		state.Choices = append(state.Choices, asl.Rule{Condition: b.arrived(guard), Next: b.next(guard.next[guardRun])})
	}
	state.Default = b.next(then)
	b.put(s.name, state, Source{Node: b.c.graph.vertices[s.vertex].id, Role: workflow.RoleGuard})
}

// ahead gives the guards that one state asks for, and what comes where all of them
// say skip.
func (s *step) ahead() (guards []*step, then *step) {
	for then = s; then != nil && then.kind == stepGuard && len(guards) < guardsAhead; then = then.next[guardSkip] {
		guards = append(guards, then)
	}
	return guards, then
}

// arrived is true if one of the edges to a guard's node was taken.
func (b *builder) arrived(s *step) asl.Expr {
	w := view{u: b.usage, step: s, m: b.m, site: s.vertex}
	condition := ""
	for i, e := range b.c.graph.vertices[s.vertex].in {
		if i > 0 {
			condition += " or "
		}
		if b.c.graph.given(e) {
			condition += "true"
			continue
		}
		v := b.takenBy(e)
		if v.port {
			condition += w.expr(v) + " = " + quote(b.c.graph.vertices[e.from].ports[e.port])
		} else {
			condition += w.expr(v) + " != null"
		}
	}
	return asl.Expr(condition)
}

// passOn is the output of a state that others follow. Within a loop the input goes
// from state to state as it is: it holds the item.
func (b *builder) passOn() any {
	if b.m.inLoop {
		return asl.Expr("$states.input")
	}
	return nil
}

func (b *builder) addFork(s *step) {
	state := &asl.Parallel{}
	w := view{u: b.usage, step: s, m: b.m, site: s.vertex, self: map[variable]string{}}
	own := asl.Assign{}
	stops := false
	for i, branch := range s.branches {
		state.Branches = append(state.Branches, b.machine(branch))
		stops = stops || b.stopsWell(branch)
		for _, v := range branch.exports.all() {
			e := "$states.result[" + strconv.Itoa(i) + "]." + b.key(v)
			w.self[v] = e
			if b.m.placed.has(v) {
				own[b.name(v, b.m)] = asl.Expr(e)
			}
		}
	}
	state.Assign = b.assign(s, own)
	state.Next, state.Output, state.End = b.ending(s, s.next[0], w)
	if stops {
		state.Catch = b.catchEnded()
	}
	b.put(s.name, state, Source{Node: b.c.graph.vertices[s.vertex].id, Role: workflow.RoleFork})
}

// catchEnded ends the outermost machine well where a stop within unwound to it.
func (b *builder) catchEnded() []asl.Catcher {
	if b.m.parent != nil {
		return nil
	}
	b.put(stateStopped, &asl.Succeed{}, Source{Role: workflow.RoleEnd})
	return []asl.Catcher{{ErrorEquals: []string{workflow.Ended}, Output: asl.Expr("$parse($states.errorOutput.Cause)"), Next: stateStopped}}
}

// stopsWell says whether a stop node within the machine ends the execution well.
func (b *builder) stopsWell(m *machine) bool { return b.stopsAs(m, "succeeded") }

func (b *builder) stopsAs(m *machine, status string) bool {
	for _, s := range m.steps {
		v := b.c.graph.vertices[s.vertex]
		if s.kind == stepNode && v.kind.name == typeStop && stopStatus(v.node) == status {
			return true
		}
		if slices.ContainsFunc(s.branches, func(inner *machine) bool { return b.stopsAs(inner, status) }) {
			return true
		}
	}
	return false
}

func stopStatus(n *workflow.Node) string {
	if status, ok := n.Config["status"].(string); ok && status != "" {
		return status
	}
	return "succeeded"
}
