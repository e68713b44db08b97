package compile

import (
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/template"
	"switchboard/internal/workflow"
)

// What a node gave is kept in a variable of the state machine: n_<id> holds its
// output, null if it was skipped; p_<id> the port by which it was left. A variable
// that is assigned in a branch does not leave it, and a branch may not assign a name
// of the machine around it. So names carry the depth of their machine (n1_<id>),
// and a branch's end hands over what is used outside.
//
// The trigger needs no variable: every state can read the execution's input.

// variable is the output of a vertex, or the port by which it was left.
type variable struct {
	vertex int
	port   bool
}

// triggerExpr is where the trigger's data stands in every state.
const triggerExpr = "$states.context.Execution.Input.trigger"

// requestExpr is the request that started the execution, for logs; "" where it has none.
const requestExpr = `[$states.context.Execution.Input.request,""][0]`

// passagesExpr is where a replay's input names the waits that are over.
const passagesExpr = "$states.context.Execution.Input.replay"

// usage says which variables are used where, and so which have to be handed out of
// branches and which need a value beforehand.
type usage struct {
	c     *checker
	plan  *plan
	reads [][]variable // of the config of every vertex, by index: see readBy
	// ends are the vertices that nothing follows, in the order of the document, by the
	// loop whose body they are in (-1: none). A stop is none of them: where it runs, the
	// output is its own.
	ends map[int][]int
}

func newUsage(c *checker, p *plan) *usage {
	u := &usage{c: c, plan: p, reads: make([][]variable, len(c.graph.vertices)), ends: map[int][]int{}}
	for _, v := range c.graph.vertices[1:] {
		if v.isEnd() && v.kind.name != typeStop {
			u.ends[v.loop] = append(u.ends[v.loop], v.index)
		}
	}
	u.scan(p.root)
	for _, v := range u.outputVariables() {
		u.use(p.root, v)
	}
	return u
}

// scan notes what every step of a machine uses.
func (u *usage) scan(m *machine) {
	for _, s := range m.steps {
		switch s.kind {
		case stepNode:
			for _, v := range u.readBy(s.vertex) {
				u.use(m, v)
			}
			if u.c.graph.vertices[s.vertex].chooses() {
				u.use(m, variable{vertex: s.vertex, port: true})
			}
			for _, body := range s.branches {
				u.scan(body)
				for _, end := range u.ends[body.loop] {
					u.use(body, variable{vertex: end})
				}
			}
		case stepGuard:
			for _, e := range u.c.graph.vertices[s.vertex].in {
				if !u.c.graph.given(e) {
					u.use(m, u.takenBy(e))
				}
			}
		case stepFork:
			for _, b := range s.branches {
				u.scan(b)
			}
		}
	}
}

// takenBy is the variable that tells whether an edge was taken.
func (u *usage) takenBy(e edge) variable {
	return variable{vertex: e.from, port: !u.c.graph.vertices[e.from].always(e.port)}
}

// given says whether an edge is taken whenever it can be looked at: it leads from the
// trigger, or from a loop into its body.
func (g *graph) given(e edge) bool {
	v := g.vertices[e.from]
	return e.from == 0 || v.isLoop() && v.ports[e.port] == portBody
}

// configRefs lists the references of a node's config.
func (c *checker) configRefs(v int) []template.ValueRef {
	if c.values[v] == nil {
		return nil
	}
	// What a notification says of its own approval is known to who sends it.
	if k := c.graph.vertices[v].kind; k == nil || k.name != typeApproval {
		return c.values[v].Refs()
	}
	return slices.DeleteFunc(slices.Clone(c.values[v].Refs()), func(ref template.ValueRef) bool { return c.aboutApproval(v, ref) })
}

// referenced lists the outputs that references read, for a site (-1: the output).
func (u *usage) referenced(site int, refs []template.ValueRef) []variable {
	if len(refs) == 0 {
		return nil
	}
	used := make([]variable, 0, len(refs))
	for _, ref := range refs {
		switch name, isVariable := variableOf(ref.Path); {
		case ref.Path.Root == "steps":
			used = append(used, variable{vertex: u.c.graph.byID[ref.Path.Steps[0].Name]})
		case isVariable:
			for _, i := range u.c.setters(name, site) {
				used = append(used, variable{vertex: i})
			}
		}
	}
	return used
}

// readBy lists the outputs that a node's config reads.
func (u *usage) readBy(v int) []variable {
	if u.reads[v] == nil {
		u.reads[v] = u.referenced(v, u.c.configRefs(v))
	}
	return u.reads[v]
}

// variableOf gives the name of the variable that a path begins with, if it does.
func variableOf(p template.Path) (string, bool) {
	switch p.Root {
	case "vars":
		return p.Steps[0].Name, true
	case "trigger", "steps", "item", "index", "execution", "workflow", "agent":
		return "", false
	default:
		return p.Root, true
	}
}

// outputVariables are what the execution's output is made of.
func (u *usage) outputVariables() []variable {
	if u.c.doc.HasOutput {
		return u.referenced(-1, u.c.output.Refs())
	}
	var used []variable
	for _, i := range u.ends[-1] {
		used = append(used, variable{vertex: i})
	}
	return used
}

func (u *usage) use(m *machine, v variable) {
	home := u.plan.machineOf[v.vertex]
	if home == nil {
		return // it never runs
	}
	level := common(home, m)
	for ; home != level; home = home.parent {
		home.exports.add(v)
		home.placed.add(v)
	}
	level.placed.add(v)
}

// variables is a set, in the order in which they were added. Most have one or two, and
// there is one for every branch, so that only a large one has an index.
type variables struct {
	list  []variable
	index map[variable]bool
}

// indexed is how many are looked through.
const indexed = 8

func (vs *variables) has(v variable) bool {
	switch {
	case vs.index != nil:
		return vs.index[v]
	default:
		return slices.Contains(vs.list, v)
	}
}

// all gives the variables; they are not the caller's to change.
func (vs *variables) all() []variable { return vs.list }

func (vs *variables) add(v variable) {
	if vs.has(v) {
		return
	}
	vs.list = append(vs.list, v)
	switch {
	case vs.index != nil:
		vs.index[v] = true
	case len(vs.list) > indexed:
		vs.index = make(map[variable]bool, 2*len(vs.list))
		for _, v := range vs.list {
			vs.index[v] = true
		}
	}
}

// common is the innermost machine that is around both.
func common(a, b *machine) *machine {
	for a != b {
		if a.depth >= b.depth {
			a = a.parent
		} else {
			b = b.parent
		}
	}
	return a
}

// within says whether a machine is another one or inside it.
func within(m, around *machine) bool { return common(m, around) == around }

// name is a variable's name in a machine.
func (u *usage) name(v variable, m *machine) string {
	prefix := "n"
	if v.port {
		prefix = "p"
	}
	if m.depth == 0 {
		return prefix + "_" + u.c.graph.vertices[v.vertex].id
	}
	return prefix + strconv.Itoa(m.depth) + "_" + u.c.graph.vertices[v.vertex].id
}

// key is a variable's name in what a branch hands over.
func (u *usage) key(v variable) string { return u.name(v, u.plan.root) }

// unset lists the variables of a machine that need a value beforehand, because
// nothing may ever assign them; the machine's first state gives it.
func (u *usage) unset(m *machine) []variable {
	var vs []variable
	for _, v := range m.placed.all() {
		if !u.c.graph.surelyRan(m.entry, v.vertex) && !u.sets(m.start, v) {
			vs = append(vs, v)
		}
	}
	return vs
}

// sets says whether a step assigns the variable: its own, or one of its branches'.
func (u *usage) sets(s *step, v variable) bool {
	switch {
	case s == nil || s.kind == stepGuard:
		return false
	case s.kind == stepNode:
		return s.vertex == v.vertex
	default:
		home := u.plan.machineOf[v.vertex]
		for _, b := range s.branches {
			if within(home, b) {
				return true
			}
		}
		return false
	}
}

// view is the variables as one state sees them. What the state is about to assign
// has expressions of its own: Output and Assign see the values from before.
type view struct {
	u    *usage
	step *step // nil for the end of the workflow without nodes
	m    *machine
	site int // whose references are resolved; -1 for the output
	// output and port are those of the step's own variables, where it assigns them; self
	// are those of what a fork's branches hand over.
	output, port string
	self         map[variable]string
}

// own gives the expression of a variable that the state is about to assign.
func (w view) own(v variable) (expr string, ok bool) {
	if w.output != "" && w.step != nil && v.vertex == w.step.vertex {
		if v.port {
			return w.port, true
		}
		return w.output, true
	}
	expr, ok = w.self[v]
	return expr, ok
}

// expr is the expression of a variable's value: an object or text, or null.
func (w view) expr(v variable) string {
	if e, ok := w.own(v); ok {
		return e
	}
	home := w.u.plan.machineOf[v.vertex]
	if home == nil {
		return "null" // it never runs
	}
	level := common(home, w.m)
	if w.step != nil && w.step == level.start && !w.u.c.graph.surelyRan(level.entry, v.vertex) {
		return "null" // the first state has not given the value for "skipped" yet
	}
	return "$" + w.u.name(v, level)
}

// sure says whether the variable's node ran, as far as the site knows.
func (w view) sure(v variable) bool {
	if _, ok := w.own(v); ok && w.step != nil && w.step.kind == stepNode {
		return true
	}
	return w.u.plan.machineOf[v.vertex] != nil && w.u.c.surelyRan(v.vertex, w.site)
}

// resolve tells templates what a path means here.
func (w view) resolve(p template.Path) (string, []template.Step, error) {
	c := w.u.c
	switch p.Root {
	case "trigger":
		return triggerExpr, p.Steps, nil
	case "item", "index":
		return "$lookup($states.input," + quote(p.Root) + ")", p.Steps, nil
	case "execution":
		return "$states.context.Execution.Name", nil, nil
	case "workflow", "agent":
		return quote(c.contextValue(p.Root, p.Steps[0].Name)), nil, nil
	case "steps":
		v := variable{vertex: c.graph.byID[p.Steps[0].Name]}
		return w.orUndefined(v, len(p.Steps) == 1), p.Steps[1:], nil
	}
	name, _ := variableOf(p)
	rest := p.Steps
	if p.Root == "vars" {
		rest = rest[1:]
	}
	return w.variable(name), rest, nil
}

// orUndefined gives a node's output; where it is asked for as a whole, a skipped
// node's null becomes undefined, which templates take as missing.
func (w view) orUndefined(v variable, whole bool) string {
	e := w.expr(v)
	if !whole || w.sure(v) {
		return e
	}
	return "(" + e + " != null ? " + e + ")"
}

// variable gives the value of a named variable: that of the last set node before
// the site which ran, else that of the input; undefined if there is none. Where some of
// them may have been skipped, each is a statement that replaces what the one before it
// gave: within each other, many would be deeper than an expression may be.
func (w view) variable(name string) string {
	c := w.u.c
	setters := c.setters(name, w.site)
	value := func(v variable) string { return "$lookup(" + w.expr(v) + "," + quote(name) + ")" }
	last := len(setters) - 1
	for last >= 0 && !w.sure(variable{vertex: setters[last]}) {
		last--
	}
	text := "null != null ? null" // undefined
	switch {
	case last >= 0:
		text = value(variable{vertex: setters[last]})
	case c.names.open || slices.Contains(c.names.input, name):
		text = template.PathJSONata(triggerExpr, []template.Step{{Name: "input"}, {Name: name}})
	}
	if last == len(setters)-1 {
		return "(" + text + ")"
	}
	var b strings.Builder
	b.WriteString("($v:=" + text)
	for _, setter := range setters[last+1:] {
		v := variable{vertex: setter}
		b.WriteString(";$v:=" + w.expr(v) + " != null ? " + value(v) + " : $v")
	}
	b.WriteString(";$v)")
	return b.String()
}

// contextValue is what is known when compiling.
func (c *checker) contextValue(root, member string) string {
	switch root + "." + member {
	case "workflow.name":
		return c.env.WorkflowName
	case "workflow.id":
		return c.env.WorkflowID
	case "agent.name":
		return c.env.AgentName
	default:
		return c.env.AgentID
	}
}

// maxNodeTimeout is the longest that a call may take: a function's own limit is 900
// seconds, and the wait that a service asks for comes on top.
const maxNodeTimeout = 600

// onError is a node's policy.
func onError(n *workflow.Node) string {
	if n.OnError == "" {
		return workflow.OnErrorStop
	}
	return n.OnError
}
