package compile

// The body of a loop is everything that its port body leads to. Nothing else may
// lead into it, and it leads nowhere else: what comes after the loop hangs on done.

// within says whether a vertex is in the body of a loop, at any depth.
func (g *graph) within(v, loop int) bool {
	for l := g.vertices[v].loop; l >= 0; l = g.vertices[l].loop {
		if l == loop {
			return true
		}
	}
	return false
}

// bodies lists what is within each loop, at any depth, in topological order.
func (g *graph) bodies() [][]int {
	bodies := make([][]int, len(g.vertices))
	for _, i := range g.order {
		for l := g.vertices[i].loop; l >= 0; l = g.vertices[l].loop {
			bodies[l] = append(bodies[l], i)
		}
	}
	return bodies
}

// checkLoops finds the bodies, outer loops first, and edges into them.
func (c *checker) checkLoops() {
	g := c.graph
	for _, i := range g.order {
		v := g.vertices[i]
		if !v.isLoop() {
			continue
		}
		body := g.behind(v.out[0])
		if len(body) == 0 {
			c.report(emptyLoop(v))
		}
		for _, b := range g.order {
			if !body[b] {
				continue
			}
			g.vertices[b].loop = i
			for _, e := range g.vertices[b].in {
				fromBody := e.from == i && v.ports[e.port] == portBody
				if !fromBody && !body[e.from] {
					c.report(edgeIntoLoop(v, g.vertices[e.from], g.vertices[b]))
				}
			}
		}
	}
}

// behind is the set of vertices to which these lead, with themselves.
func (g *graph) behind(from []int) map[int]bool {
	found := map[int]bool{}
	queue := append([]int(nil), from...)
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		if found[v] {
			continue
		}
		found[v] = true
		for _, targets := range g.vertices[v].out {
			queue = append(queue, targets...)
		}
	}
	return found
}
