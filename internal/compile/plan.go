package compile

import (
	"fmt"

	"switchboard/internal/asl"
)

// A plan lays the graph out as machines of steps. A step becomes one state.
//
// Control is a token. It starts at the trigger and follows taken edges. Where a
// port has one target, the token goes there; a node with several arriving edges
// needs nothing special, because only one token can arrive. Where a port has
// several targets, the graph behind it is divided:
//
//   - what can only be reached through one of the targets is that target's
//     branch; two or more branches run side by side, in a Parallel;
//   - what more than one target leads to is shared. It comes after the branches.
//     The first shared node that everything must pass is the join: the token goes
//     on there. Shared nodes before it are where branches cross: they form a
//     chain, run one by one in topological order, each behind a guard that looks
//     whether an edge to it was taken (chain.go).
//
// A branch is divided again in the same way, within its own nodes: a region.
type plan struct {
	root *machine
	// stepOf and machineOf tell, for each vertex, its step and where that is; nil for one
	// that only comes behind a stop which surely runs.
	stepOf    []*step
	machineOf []*machine
}

// machine is the outermost state machine, or the one of a Parallel's branch.
type machine struct {
	parent *machine
	depth  int
	start  *step
	steps  []*step
	entry  bits // the facts that are certain when it starts
	loop   int  // the loop that this is the body of, or -1
	inLoop bool // it is the body of a loop, or within one

	// exports are the variables that it hands to the machine around it, and placed those
	// that exist in it, under its depth's name: see variables.go.
	exports, placed variables
}

type stepKind int

const (
	stepNode  stepKind = iota // a node's own state
	stepGuard                 // a Choice: run the vertex, or skip it
	stepFork                  // a Parallel
)

// step is one state to be. Its next steps are by port for a node; run and skip for
// a guard; one for a fork. nil is the end of the machine.
type step struct {
	kind     stepKind
	name     string
	machine  *machine
	vertex   int
	next     []*step
	branches []*machine // of a fork; the body of a loop
	arrivals bits       // of a guard: the facts that every arrival has in common
	reached  bool       // the machine's start leads to it
}

const (
	guardRun  = 0
	guardSkip = 1
)

// region is a set of vertices with one way in. Its tokens end at exit.
type region struct {
	id      int
	machine *machine
	exit    func() *step
}

type planner struct {
	*plan
	graph    *graph
	regionOf []int
	regions  int
	guards   []*step
	// groups are the chains that were found; they outlive a pass, because two forks
	// may find overlapping chains, which have to become one before either is laid out.
	groups  []*group
	groupOf []*group
	dirty   bool
	bodies  [][]int // what is within each loop, at any depth, in topological order
}

// planMachines lays the graph out. Every pass in which chains had to be merged is
// thrown away; there are at most as many as nodes, and nearly always one.
func planMachines(g *graph) *plan {
	var groups []*group
	bodies := g.bodies()
	for {
		p := newPlanner(g, groups)
		p.bodies = bodies
		p.lay()
		if !p.dirty {
			p.dropSureGuards()
			return p.plan
		}
		groups = p.groups
	}
}

func newPlanner(g *graph, groups []*group) *planner {
	n := len(g.vertices)
	p := &planner{
		plan:  &plan{stepOf: make([]*step, n), machineOf: make([]*machine, n)},
		graph: g, regionOf: make([]int, n), guards: make([]*step, n), groupOf: make([]*group, n), groups: groups,
	}
	for _, gr := range groups {
		gr.arrivals = make([]bits, len(gr.order)+1)
		for _, v := range gr.order {
			p.groupOf[v] = gr
		}
	}
	return p
}

func (p *planner) lay() {
	p.root = &machine{entry: p.graph.sure[0], loop: -1}
	all := &region{machine: p.root, exit: func() *step { return nil }}
	p.root.start = p.flow(0, 0, all)
}

// flow gives the step to which the token goes from a vertex's port.
func (p *planner) flow(from, port int, r *region) *step {
	if gr := p.groupOf[from]; gr != nil {
		return p.chainStep(gr, gr.place(from)+1, r)
	}
	return p.lead(from, port, r)
}

// lead is flow for a vertex that is in no chain, or for the body of a loop: that a
// loop is in a chain says nothing of its body.
func (p *planner) lead(from, port int, r *region) *step {
	var targets []int
	for _, t := range p.graph.vertices[from].out[port] {
		if p.regionOf[t] == r.id {
			targets = append(targets, t)
		}
	}
	switch len(targets) {
	case 0:
		return r.exit()
	case 1:
		if gr := p.groupOf[targets[0]]; gr != nil {
			gr.arrive(gr.place(targets[0])+1, p.graph.whenLeft(from, port))
		}
		return p.node(targets[0], r)
	default:
		return p.fork(from, port, targets, r)
	}
}

// node gives a vertex's own step, laid out on first use.
func (p *planner) node(v int, r *region) *step {
	if s := p.stepOf[v]; s != nil {
		return s
	}
	vertex := p.graph.vertices[v]
	s := r.machine.add(&step{kind: stepNode, name: vertex.id, vertex: v, next: make([]*step, len(vertex.ports))})
	p.stepOf[v], p.machineOf[v] = s, r.machine
	for port, name := range vertex.ports {
		if vertex.isLoop() && name == portBody {
			s.branches = []*machine{p.body(vertex, port, r)}
			continue
		}
		s.next[port] = p.flow(v, port, r)
	}
	return s
}

// body lays out what a loop does for every item.
func (p *planner) body(v *vertex, port int, r *region) *machine {
	m := &machine{parent: r.machine, depth: r.machine.depth + 1, entry: p.graph.whenLeft(v.index, port), loop: v.index, inLoop: true}
	own := p.claim(p.bodies[v.index], m, func() *step { return nil })
	m.start = p.lead(v.index, port, own)
	return m
}

func (m *machine) add(s *step) *step {
	s.machine = m
	m.steps = append(m.steps, s)
	return s
}

// fork lays out several targets of one port.
func (p *planner) fork(from, port int, targets []int, r *region) *step {
	facts := p.graph.whenLeft(from, port)
	d := p.divide(from, port, targets, r)
	var gr *group
	if len(d.chain) > 0 {
		if gr = p.groupFor(d.chain, d.join, r); gr == nil {
			return nil // the pass is thrown away
		}
	}
	var behind *step
	laid := false
	after := func() *step {
		if !laid {
			laid = true
			behind = p.afterFork(gr, d.join, facts, r)
		}
		return behind
	}
	switch len(d.branches) {
	case 0:
		return after()
	case 1:
		inline := p.claim(d.branches[0], r.machine, after)
		return p.node(d.branches[0][0], inline)
	}
	s := r.machine.add(&step{kind: stepFork, name: p.forkName(from, port), vertex: from})
	for _, vertices := range d.branches {
		m := &machine{parent: r.machine, depth: r.machine.depth + 1, entry: facts, loop: -1, inLoop: r.machine.inLoop}
		s.branches = append(s.branches, m)
		own := p.claim(vertices, m, func() *step { return nil })
		m.start = p.node(vertices[0], own)
	}
	s.next = []*step{after()}
	return s
}

// claim makes vertices a region of their own.
func (p *planner) claim(vertices []int, m *machine, exit func() *step) *region {
	p.regions++
	for _, v := range vertices {
		p.regionOf[v] = p.regions
	}
	return &region{id: p.regions, machine: m, exit: exit}
}

func (p *planner) afterFork(gr *group, join int, facts bits, r *region) *step {
	switch {
	case gr != nil:
		gr.arrive(0, facts)
		return p.chainStep(gr, 0, r)
	case join < 0:
		return r.exit()
	case p.groupOf[join] != nil:
		gr = p.groupOf[join]
		gr.arrive(gr.place(join), facts)
		return p.chainStep(gr, gr.place(join), r)
	case p.graph.surelyRan(facts, join):
		return p.node(join, r)
	default:
		return p.guard(join, facts, r, r.exit)
	}
}

// guard gives the step that runs the vertex if an edge to it was taken.
func (p *planner) guard(v int, arriving bits, r *region, skip func() *step) *step {
	s := p.guards[v]
	if s == nil {
		s = r.machine.add(&step{kind: stepGuard, name: p.graph.vertices[v].id + "?", vertex: v, next: make([]*step, 2), arrivals: arriving.clone()})
		p.guards[v] = s
		s.next[guardRun] = p.node(v, r)
		s.next[guardSkip] = skip()
	}
	s.arrivals.intersect(arriving)
	return s
}

// division is how a fork's targets divide what follows.
type division struct {
	branches [][]int // each begins with its target
	chain    []int   // shared nodes before the join, in topological order
	join     int     // -1 for none
}

const (
	labelUnseen = -1
	labelShared = -2
)

// divide walks what follows the fork in topological order, up to the join.
func (p *planner) divide(from, port int, targets []int, r *region) division {
	g := p.graph
	d := division{join: -1}
	label := make(map[int]int)
	queue := &intHeap{less: func(a, b int) bool { return g.vertices[a].rank < g.vertices[b].rank }}
	queued := map[int]bool{}
	push := func(v int) {
		if !queued[v] && p.regionOf[v] == r.id {
			queued[v] = true
			queue.push(v)
		}
	}
	head := map[int]int{}
	for i, t := range targets {
		head[t] = i
		push(t)
	}
	branches := make([][]int, len(targets))
	for queue.len() > 0 {
		v := queue.pop()
		own := labelUnseen
		for _, e := range g.vertices[v].in {
			from := p.labelOf(e, edge{from: from, port: port}, v, head, label)
			if own == labelUnseen {
				own = from
			} else if own != from {
				own = labelShared
			}
		}
		if own == labelShared && queue.len() == 0 {
			d.join = v
			break
		}
		label[v] = own
		if own == labelShared {
			d.chain = append(d.chain, v)
		} else {
			branches[own] = append(branches[own], v)
		}
		for _, out := range g.vertices[v].onward() {
			for _, t := range out {
				push(t)
			}
		}
	}
	for _, b := range branches {
		if len(b) > 0 {
			d.branches = append(d.branches, b)
		}
	}
	return d
}

// labelOf says to whose branch an arriving edge belongs.
func (p *planner) labelOf(e, fork edge, v int, head, label map[int]int) int {
	if e == fork {
		return head[v]
	}
	if l, ok := label[e.from]; ok {
		return l
	}
	return labelShared // it comes from elsewhere
}

func (p *planner) forkName(from, port int) string {
	v := p.graph.vertices[from]
	name := v.id + "+"
	if v.ports[port] != "" {
		name = v.id + "." + v.ports[port] + "+"
	}
	if len(name) > asl.MaxStateNameLength {
		name = fmt.Sprintf("%s#%d+", v.id, port) // which no port is called
	}
	return name
}
