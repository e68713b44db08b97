package compile

import (
	"slices"

	"switchboard/internal/workflow"
)

// vertex is a node of the graph; vertex 0 is the trigger. Graphs are kept in
// slices and bit sets, so that a thousand nodes are checked and planned within
// milliseconds.
type vertex struct {
	index   int
	id      string
	node    *workflow.Node // nil for the trigger
	kind    *kind          // nil where the type is not known
	pointer string         // into the document
	ports   []string       // that the node can leave by; "" is the plain one
	out     [][]int        // for each port, the targets in the order of the edges
	in      []edge         // the edges that lead here
	rank    int            // its place in the topological order
	factBit int            // the bit for "it ran"; the bits after it are its ports
	loop    int            // the innermost loop whose body it is in, or -1
}

// edge is one arriving edge: from a vertex, by one of its ports.
type edge struct {
	from int
	port int // index into the vertex's ports
}

// graph is the document's nodes and edges, without what could not be understood.
type graph struct {
	vertices []*vertex
	byID     map[string]int
	order    []int // vertices in topological order, the trigger first
	// before[v] are the vertices from which an edge path leads to v.
	before []bits
	// sure[v] is what surely happened when v runs; see facts.go.
	sure  []bits
	facts int // how many bits there are
}

// port finds the index of a port by its name.
func (v *vertex) port(name string) (int, bool) {
	i := slices.Index(v.ports, name)
	return i, i >= 0
}

// named says whether an action may be left by ports that its config names.
func (v *vertex) named() bool { return v.kind != nil && v.kind.action.Ports != nil }

// chooses says whether edges leave an action by such ports.
func (v *vertex) chooses() bool { return v.named() && len(v.ports) > len(errorPorts(v.node)) }

// dropUnusedPorts leaves, of the ports that a config names, those from which an edge
// leads: by the others nothing is left, as the plain port is taken in their place.
func (g *graph) dropUnusedPorts(edges []workflow.Edge) {
	if !slices.ContainsFunc(g.vertices, (*vertex).named) {
		return
	}
	used := map[workflow.Edge]bool{}
	for _, e := range edges {
		used[workflow.Edge{From: e.From, Port: e.Port}] = true
	}
	for _, v := range g.vertices {
		if v.named() {
			v.ports = slices.DeleteFunc(v.ports, func(p string) bool {
				return p != "" && p != portError && !used[workflow.Edge{From: v.id, Port: p}]
			})
			v.out = make([][]int, len(v.ports))
		}
	}
}

func (v *vertex) isLoop() bool { return v.kind != nil && v.kind.name == typeLoop }

func (v *vertex) isStop() bool { return v.kind != nil && v.kind.name == typeStop }

// always says whether the vertex, when it ran, has surely left by the port. A loop
// leaves by done, unless it may fail; its body is a world of its own.
func (v *vertex) always(port int) bool {
	return len(v.ports) == 1 || v.isLoop() && v.ports[port] == portDone && v.node.OnError != workflow.OnErrorBranch
}

// onward gives the targets of the ports by which control goes on: not a loop's body.
func (v *vertex) onward() [][]int {
	if v.isLoop() {
		return v.out[1:]
	}
	return v.out
}

// isEnd says whether nothing follows the node.
func (v *vertex) isEnd() bool {
	for _, targets := range v.onward() {
		if len(targets) > 0 {
			return false
		}
	}
	return true
}

// connect adds an edge; false if it is there already.
func (g *graph) connect(from, port, to int) bool {
	// A fork leads to many and a join comes from many, so the shorter list is looked through.
	out, in := g.vertices[from].out[port], g.vertices[to].in
	if len(out) <= len(in) && slices.Contains(out, to) || len(out) > len(in) && slices.Contains(in, edge{from: from, port: port}) {
		return false
	}
	g.vertices[from].out[port] = append(g.vertices[from].out[port], to)
	g.vertices[to].in = append(g.vertices[to].in, edge{from: from, port: port})
	return true
}

// disconnect takes an edge away again.
func (g *graph) disconnect(from, port, to int) {
	v := g.vertices[from]
	v.out[port] = slices.DeleteFunc(v.out[port], func(t int) bool { return t == to })
	g.vertices[to].in = slices.DeleteFunc(g.vertices[to].in, func(e edge) bool { return e.from == from && e.port == port })
}

// breakCycles finds the edges that close a cycle, takes them out, so that the rest
// can still be checked, and returns each cycle as its vertices in order.
func (g *graph) breakCycles() [][]int {
	const (
		unseen = iota
		open
		done
	)
	state := make([]int, len(g.vertices))
	type frame struct{ v, port, next int }
	var cycles [][]int
	for root := range g.vertices {
		if state[root] != unseen {
			continue
		}
		state[root] = open
		stack := []frame{{v: root}}
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			v := g.vertices[f.v]
			switch {
			case f.port == len(v.out):
				state[f.v] = done
				stack = stack[:len(stack)-1]
			case f.next == len(v.out[f.port]):
				f.port, f.next = f.port+1, 0
			default:
				to := v.out[f.port][f.next]
				switch state[to] {
				case open:
					var cycle []int
					for i := len(stack) - 1; i >= 0; i-- {
						cycle = append(cycle, stack[i].v)
						if stack[i].v == to {
							break
						}
					}
					slices.Reverse(cycle)
					cycles = append(cycles, cycle)
					g.disconnect(f.v, f.port, to)
				case unseen:
					f.next++
					state[to] = open
					stack = append(stack, frame{v: to})
				default:
					f.next++
				}
			}
		}
	}
	return cycles
}

// unreachable lists the vertices to which no path leads from the trigger.
func (g *graph) unreachable() []int {
	seen := make([]bool, len(g.vertices))
	seen[0] = true
	queue := []int{0}
	for len(queue) > 0 {
		v := g.vertices[queue[0]]
		queue = queue[1:]
		for _, targets := range v.out {
			for _, t := range targets {
				if !seen[t] {
					seen[t] = true
					queue = append(queue, t)
				}
			}
		}
	}
	var missing []int
	for i, ok := range seen {
		if !ok {
			missing = append(missing, i)
		}
	}
	return missing
}

// sort puts the vertices in topological order. Of those that are ready, the one
// with the shortest way to an end comes first: side branches are then done before
// the node where the others meet, which keeps crossings small. A stop comes last: in
// a chain, what is behind it would never be done.
func (g *graph) sort() {
	height := make([]int, len(g.vertices))
	pending := make([]int, len(g.vertices))
	var backward []int
	for i, v := range g.vertices {
		for _, targets := range v.out {
			pending[i] += len(targets)
		}
		if pending[i] == 0 {
			backward = append(backward, i)
		}
	}
	for len(backward) > 0 {
		v := g.vertices[backward[0]]
		backward = backward[1:]
		for _, e := range v.in {
			height[e.from] = max(height[e.from], height[v.index]+1)
			if pending[e.from]--; pending[e.from] == 0 {
				backward = append(backward, e.from)
			}
		}
	}
	ready := &intHeap{less: func(a, b int) bool {
		if stops := g.vertices[a].isStop(); stops != g.vertices[b].isStop() {
			return !stops
		}
		if height[a] != height[b] {
			return height[a] < height[b]
		}
		return a < b
	}}
	for i, v := range g.vertices {
		pending[i] = len(v.in)
		if pending[i] == 0 {
			ready.push(i)
		}
	}
	g.order = g.order[:0]
	for ready.len() > 0 {
		i := ready.pop()
		g.vertices[i].rank = len(g.order)
		g.order = append(g.order, i)
		for _, targets := range g.vertices[i].out {
			for _, t := range targets {
				if pending[t]--; pending[t] == 0 {
					ready.push(t)
				}
			}
		}
	}
}
