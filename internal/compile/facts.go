package compile

// A fact is that a node ran, or that it was left by a certain port. sure[v] holds
// every fact that is certain when v runs: what its arriving edges have in common,
// and all that follows from it. A node whose edge is surely taken surely runs; and
// if it comes before v, it has run, because v waits for every edge that can still
// reach it.
//
// From the facts come the warnings about variables of nodes that may have been
// skipped, the guards that can be left out, and the variables that need a value
// for the case that nobody sets them.

// learnFacts numbers the facts and works sure out, in topological order.
func (g *graph) learnFacts() {
	g.facts = 0
	for _, v := range g.vertices {
		v.factBit = g.facts
		g.facts += 1 + len(v.ports)
	}
	g.sure = make([]bits, len(g.vertices))
	g.before = make([]bits, len(g.vertices))
	for _, i := range g.order {
		v := g.vertices[i]
		var sure bits
		before := newBits(len(g.vertices))
		for _, e := range v.in {
			arriving := g.whenLeft(e.from, e.port)
			if sure == nil {
				sure = arriving
			} else {
				sure.intersect(arriving)
			}
			before.union(g.before[e.from])
			before.add(e.from)
		}
		if sure == nil {
			sure = newBits(g.facts)
		}
		g.conclude(sure, i)
		g.sure[i], g.before[i] = sure, before
	}
}

// whenLeft gives the facts that are certain once a vertex was left by a port. The
// result is the caller's own.
func (g *graph) whenLeft(from, port int) bits {
	v := g.vertices[from]
	facts := g.sure[from].clone()
	if facts.add(v.factBit + 1 + port) {
		for _, t := range v.out[port] {
			g.conclude(facts, t)
		}
	}
	return facts
}

// conclude adds that a vertex runs, and what follows.
func (g *graph) conclude(facts bits, runs int) {
	queue := []int{runs}
	for len(queue) > 0 {
		v := g.vertices[queue[0]]
		queue = queue[1:]
		if !facts.add(v.factBit) {
			continue
		}
		for port, targets := range v.out {
			if v.always(port) && facts.add(v.factBit+1+port) {
				queue = append(queue, targets...)
			}
		}
	}
}

// surelyRan says whether the facts hold that the vertex ran.
func (g *graph) surelyRan(facts bits, v int) bool { return facts.has(g.vertices[v].factBit) }
