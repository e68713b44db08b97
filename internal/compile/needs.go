package compile

import (
	"slices"
	"strconv"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/template"
	"switchboard/internal/value"
)

// What nodes need of the outputs before them, and of the trigger's data, decides what
// goes along of one that is too large to be carried (see package value). A function is
// given all of it. An expression of the state machine sees only what is carried: what it looks
// at has to be read, what it only hands on, to a variable or to the execution's
// output, is needed as a whole, for which a stand-in will do.
//
// A need travels upstream: that of {{total}} through the set node which names total
// to the output it was taken from, that of {{item.id}} to every item of the list.

// theTrigger is the vertex of the trigger, whose output is its data.
const theTrigger = 0

// need is a part of a node's output that somebody needs.
type need struct {
	vertex  int
	pointer string
	read    bool
}

// needs gathers them.
type needs struct {
	c    *checker
	ends map[int][]int // see usage.ends
	seen map[need]bool
}

// plans says for the output of every function, and for the trigger's data, what of it is
// needed.
func (u *usage) plans() map[int]*value.Plan {
	n := &needs{c: u.c, ends: u.ends, seen: map[need]bool{}}
	for _, v := range u.c.graph.vertices[1:] {
		n.ofNode(v)
	}
	if u.c.doc.HasOutput {
		n.take(-1, u.c.output, nil, false)
	}
	// Whatever else is in it, functions find the trigger's data by its members.
	for name := range u.c.names.trigger.members {
		n.output(theTrigger, []string{name}, false)
	}
	plans := map[int]*value.Plan{theTrigger: {}}
	for found := range n.seen {
		if found.vertex != theTrigger && !u.c.graph.vertices[found.vertex].kind.byFunction() {
			continue
		}
		p := plans[found.vertex]
		if p == nil {
			p = &value.Plan{}
			plans[found.vertex] = p
		}
		switch {
		case found.read:
			p.Reads = append(p.Reads, found.pointer)
		case found.pointer != "": // the whole always has a stand-in
			p.Carries = append(p.Carries, found.pointer)
		}
	}
	for _, p := range plans {
		slices.Sort(p.Reads)
		p.Reads = slices.DeleteFunc(p.Reads, func(pointer string) bool { return leadsInto(pointer, p.Reads) })
		slices.Sort(p.Carries)
		p.Carries = slices.DeleteFunc(p.Carries, func(pointer string) bool {
			return slices.Contains(p.Reads, pointer) || leadsInto(pointer, p.Reads)
		})
	}
	u.shareRoom(plans)
	return plans
}

// leadsInto says whether a pointer leads into one of the others.
func leadsInto(pointer string, others []string) bool {
	return slices.ContainsFunc(others, func(o string) bool { return strings.HasPrefix(pointer, o+"/") })
}

// ofNode gathers what a node's own expressions need.
func (n *needs) ofNode(v *vertex) {
	switch {
	case v.kind.isAction():
		// Its function resolves stand-ins. By which port it is left is an expression's business.
		if v.chooses() {
			n.output(v.index, []string{v.kind.action.Ports.Taken.Name}, true)
		}
		// What the trigger's input names as variables is looked up for it.
		for _, ref := range n.c.configRefs(v.index) {
			if name, isVariable := variableOf(ref.Path); isVariable && n.c.fromInput(name, v.index) {
				n.output(theTrigger, []string{"input", name}, false)
			}
		}
	case v.kind.name == typeSet:
		n.take(v.index, n.values(v.index), nil, false)
	case v.kind.name == typeWorkflow:
		// What it is started with is handed on.
		n.take(v.index, n.c.values[v.index].At(fieldCalleeInput.Name), nil, false)
	case v.kind.name == typeLoop:
		// The list has to be there; each of its items is only handed on.
		n.take(v.index, n.items(v.index), []string{value.Each}, false)
	case v.kind.name == typeCondition:
		n.c.rules[v.index].comparisons(func(r *rule) { n.ofComparison(v.index, r) })
	default:
		n.read(v.index, n.c.values[v.index])
	}
}

// onlyThere are the operators that do not look into the value on their left. A
// stand-in is there, and not empty, like what it stands for.
var onlyThere = map[string]bool{"exists": true, "not_exists": true, "empty": true, "not_empty": true}

func (n *needs) ofComparison(site int, r *rule) {
	if path, ok := r.left.Path(); ok && onlyThere[r.op] {
		n.add(site, path, nil, false)
	} else {
		n.read(site, r.left)
	}
	if r.hasRight {
		n.read(site, r.right)
	}
}

func (n *needs) read(site int, v *template.Value) {
	if v == nil {
		return
	}
	for _, ref := range v.Refs() {
		n.add(site, ref.Path, nil, true)
	}
}

// values are those that a set node names, and items those that a loop goes through.
func (n *needs) values(vertex int) *template.Value { return n.c.values[vertex].At(fieldValues.Name) }
func (n *needs) items(vertex int) *template.Value  { return n.c.values[vertex].At(fieldItems.Name) }

// take notes the need of a part of a value that the site's config holds.
func (n *needs) take(site int, v *template.Value, part []string, read bool) {
	paths, handed := v.Handed()
	for _, path := range paths {
		n.add(site, path, part, read)
	}
	if v.IsText() && !handed {
		n.read(site, v)
	}
	for step, e := range v.Parts() {
		switch {
		case len(part) == 0:
			n.take(site, e, nil, read)
		case part[0] == segment(step), step.IsIndex && part[0] == value.Each:
			n.take(site, e, part[1:], read)
		}
	}
}

// add notes the need of what a path names at a site, or of a part of that.
func (n *needs) add(site int, path template.Path, part []string, read bool) {
	steps := append(segments(path.Steps), part...)
	switch name, isVariable := variableOf(path); {
	case path.Root == "steps":
		n.output(n.c.graph.byID[steps[0]], steps[1:], read)
	case path.Root == "trigger":
		n.output(theTrigger, steps, read)
	case path.Root == "item":
		loop := n.c.graph.vertices[site].loop
		n.take(loop, n.items(loop), append([]string{value.Each}, steps...), read)
	case isVariable:
		if path.Root == "vars" {
			steps = steps[1:]
		}
		for _, setter := range n.c.setters(name, site) {
			n.output(setter, append([]string{name}, steps...), read)
		}
		if n.c.fromInput(name, site) {
			n.output(theTrigger, append([]string{"input", name}, steps...), read)
		}
	}
}

// output notes the need of a part of a vertex's output, and of what that is made of.
func (n *needs) output(vertex int, part []string, read bool) {
	found := need{vertex, pointerOf(part), read}
	if n.seen[found] {
		return
	}
	n.seen[found] = true
	if vertex == theTrigger {
		return
	}
	v := n.c.graph.vertices[vertex]
	switch v.kind.name {
	case typeSet:
		n.take(vertex, n.values(vertex), part, read)
	case typeLoop: // results, the item's index, the node at the end of the body, and on
		if len(part) > 2 {
			if end, ok := n.c.graph.byID[part[2]]; ok {
				n.output(end, part[3:], read)
			}
			return
		}
		for _, end := range n.ends[vertex] {
			n.output(end, nil, read)
		}
	}
}

func segments(steps []template.Step) []string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = segment(s)
	}
	return names
}

func segment(s template.Step) string {
	if s.IsIndex {
		return strconv.Itoa(s.Index)
	}
	return s.Name
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func pointerOf(part []string) string {
	var b strings.Builder
	for _, name := range part {
		b.WriteByte('/')
		b.WriteString(pointerEscaper.Replace(name))
	}
	return b.String()
}

// shareRoom divides the room of a state among the outputs that one state is given
// together: the variables of a task or a set node, what branches hand over, and
// the execution's output.
func (u *usage) shareRoom(plans map[int]*value.Plan) {
	share := func(given []variable, readsTrigger bool) {
		together := u.largeOf(given)
		if readsTrigger {
			together[theTrigger] = true
		}
		if len(together) < 2 {
			return
		}
		room := value.MaxRoom / len(together)
		for v := range together {
			if plans[v] == nil {
				plans[v] = &value.Plan{}
			}
			if plans[v].Room == 0 || room < plans[v].Room {
				plans[v].Room = room
			}
		}
	}
	for _, v := range u.c.graph.vertices[1:] {
		share(u.readBy(v.index), u.c.readsTrigger(v.index, u.c.configRefs(v.index)))
	}
	share(u.outputVariables(), u.c.doc.HasOutput && u.c.readsTrigger(-1, u.c.output.Refs()))
	u.eachFork(u.plan.root, func(s *step) {
		var handed []variable
		for _, b := range s.branches {
			handed = append(handed, b.exports.all()...)
		}
		share(handed, false)
	})
}

// readsTrigger says whether some of a site's references lead to the trigger's data.
func (c *checker) readsTrigger(site int, refs []template.ValueRef) bool {
	return slices.ContainsFunc(refs, func(ref template.ValueRef) bool {
		name, isVariable := variableOf(ref.Path)
		return ref.Path.Root == "trigger" || isVariable && c.fromInput(name, site)
	})
}

// largeOf gives the vertices whose outputs can be large.
func (u *usage) largeOf(variables []variable) map[int]bool {
	found := map[int]bool{}
	for _, v := range variables {
		if !v.port && u.c.graph.vertices[v.vertex].kind.byFunction() {
			found[v.vertex] = true
		}
	}
	return found
}

func (u *usage) eachFork(m *machine, visit func(*step)) {
	for _, s := range m.steps {
		if s.kind == stepFork {
			visit(s)
		}
		for _, b := range s.branches {
			u.eachFork(b, visit)
		}
	}
}

// resultsRoom is what all results of a loop may have together.
const resultsRoom = 160 << 10

// resultsRoomed says whether a loop's results can be large: whether a function's output is at
// the end of its body, or of one within.
func (b *builder) resultsRoomed(loop int) bool {
	return slices.ContainsFunc(b.ends[loop], func(v int) bool {
		kind := b.c.graph.vertices[v].kind
		return kind.byFunction() || kind.name == typeLoop && b.resultsRoomed(v)
	})
}

// room is how much each item of a loop may give: how many there are, only the
// execution knows.
func (b *builder) room(v *vertex, items any) any {
	whole := strconv.Itoa(resultsRoom / max(1, len(b.ends[v.index])))
	if v.isEnd() && v.loop >= 0 {
		whole = "$states.input.room"
	}
	if e, ok := items.(asl.Expr); ok {
		// The division stands last: a text with a slash behind it looks like a regular
		// expression to interpreters that find variables by a pattern.
		return asl.Expr("($c:=$count(" + string(e) + ");$floor(" + whole + "/$c))")
	}
	list, _ := items.([]any)
	return asl.Expr("$floor(" + whole + "/" + strconv.Itoa(max(1, len(list))) + ")")
}

// outputPlan is what the task of a node is told of its output; nil is nothing.
func (b *builder) outputPlan(v *vertex) asl.Object {
	var told asl.Object
	if p := b.outputs[v.index]; p != nil {
		if len(p.Reads) > 0 {
			told.Set("reads", p.Reads)
		}
		if len(p.Carries) > 0 {
			told.Set("carries", p.Carries)
		}
		if p.Room > 0 {
			told.Put("room", p.Room)
		}
	}
	if v.isEnd() && v.loop >= 0 {
		told.Put("room", asl.Expr("$states.input.room"))
	}
	return told
}
