package compile

import "slices"

// group is a chain: shared nodes that run one by one, in topological order. Every
// node of it but the sure ones stands behind a guard. Whatever way a token comes in,
// it walks to the chain's end, so that no node is passed by that an edge leads to.
type group struct {
	order []int
	exit  int // the join behind it, or -1
	// arrivals[i] are the facts that all tokens have in common which came in at
	// place i from outside; nil where none did.
	arrivals []bits
}

func (gr *group) place(v int) int { return slices.Index(gr.order, v) }

func (gr *group) arrive(place int, facts bits) {
	if gr.arrivals[place] == nil {
		gr.arrivals[place] = facts.clone()
	} else {
		gr.arrivals[place].intersect(facts)
	}
}

// chainStep gives the step at a place of the chain, or behind it. Whether the guard
// is needed shows when all arrivals are known: see dropSureGuards.
func (p *planner) chainStep(gr *group, place int, r *region) *step {
	v := gr.exit
	skip := r.exit
	if place < len(gr.order) {
		v = gr.order[place]
		skip = func() *step { return p.chainStep(gr, place+1, r) }
	}
	if v < 0 {
		return r.exit()
	}
	return p.guard(v, p.graph.everything(), r, skip)
}

// everything is the set of all facts: what no arrivals have in common.
func (g *graph) everything() bits {
	b := newBits(g.facts)
	for i := range b {
		b[i] = ^uint64(0)
	}
	return b
}

// groupFor finds the group of a chain. If there is none that is just this chain
// with this join, the chain is merged with those it touches, the pass is marked as
// dirty, and nil is returned.
func (p *planner) groupFor(chain []int, join int, r *region) *group {
	merged := &group{exit: -1}
	member := map[int]bool{}
	exits := map[int]bool{}
	touched := map[*group]bool{}
	var take func(v int)
	take = func(v int) {
		if member[v] {
			return
		}
		member[v] = true
		if gr := p.groupOf[v]; gr != nil && !touched[gr] {
			touched[gr] = true
			if gr.exit >= 0 {
				exits[gr.exit] = true
			}
			for _, w := range gr.order {
				take(w)
			}
		}
	}
	for _, v := range chain {
		take(v)
	}
	if join >= 0 {
		exits[join] = true
	}
	// Everything that leads out of the chain must lead to one node, which is in no other
	// chain and from which no way leads back into this one.
	for {
		for v := range member {
			for _, out := range p.graph.vertices[v].onward() {
				for _, t := range out {
					if p.regionOf[t] == r.id && !member[t] {
						exits[t] = true
					}
				}
			}
		}
		outside := make([]int, 0, len(exits))
		for v := range exits {
			if !member[v] {
				outside = append(outside, v)
			}
		}
		if len(outside) == 0 {
			break
		}
		if len(outside) == 1 && p.groupOf[outside[0]] == nil && p.comesAfter(outside[0], member) {
			merged.exit = outside[0]
			break
		}
		for _, v := range outside {
			take(v)
		}
	}
	for v := range member {
		merged.order = append(merged.order, v)
	}
	slices.SortFunc(merged.order, func(a, b int) int { return p.graph.vertices[a].rank - p.graph.vertices[b].rank })
	if len(touched) == 1 {
		for gr := range touched {
			if gr.exit == merged.exit && slices.Equal(gr.order, merged.order) {
				return gr
			}
		}
	}
	p.groups = append(slices.DeleteFunc(slices.Clone(p.groups), func(gr *group) bool { return touched[gr] }), merged)
	p.dirty = true
	return nil
}

// comesAfter says whether a vertex stands behind all of these in topological order.
func (p *planner) comesAfter(v int, members map[int]bool) bool {
	for m := range members {
		if p.graph.vertices[m].rank > p.graph.vertices[v].rank {
			return false
		}
	}
	return true
}

// dropSureGuards takes out the guards that would always let pass: those of vertices
// that are sure to run however a token came to them.
func (p *planner) dropSureGuards() {
	for _, gr := range p.groups {
		facts := p.graph.everything()
		for place := 0; place <= len(gr.order); place++ {
			if gr.arrivals[place] != nil {
				facts.intersect(gr.arrivals[place])
			}
			v := gr.exit
			if place < len(gr.order) {
				v = gr.order[place]
			}
			if v >= 0 && p.guards[v] != nil {
				p.guards[v].arrivals.intersect(facts)
			}
		}
	}
	sure := func(s *step) *step {
		for s != nil && s.kind == stepGuard && p.graph.surelyRan(s.arrivals, s.vertex) {
			s = s.next[guardRun]
		}
		return s
	}
	var visit func(m *machine)
	visit = func(m *machine) {
		m.start = sure(m.start)
		kept := m.steps[:0]
		for _, s := range m.steps {
			if s.kind == stepGuard && p.graph.surelyRan(s.arrivals, s.vertex) {
				continue
			}
			kept = append(kept, s)
			for i := range s.next {
				s.next[i] = sure(s.next[i])
			}
			for _, b := range s.branches {
				visit(b)
			}
		}
		m.steps = kept
	}
	visit(p.root)
}
