package compile_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// A scope is the graph of a document, or of a loop's body. Its nodes are in an order
// in which edges only lead forward. An edge from entry comes from the trigger, or
// from the loop.
type scope struct {
	nodes  []*graphNode
	edges  []graphEdge
	output []string // of a document that names what it gives: nodes of which it gives what they said
}

const entry = ""

type graphNode struct {
	id, kind    string // act, pick, condition, switch, set, wait, approval, workflow, loop, stop
	onError     string // of act, pick, workflow and loop
	refs        []string
	errors      []string // nodes whose error is named, which is there if they failed
	names       []string // set nodes whose variable is named
	body        *scope   // of a loop
	concurrency int
	fails       bool // a stop that ends the execution as failed
}

type graphEdge struct{ from, port, to string }

// ports by which a node can be left; the first is that of success.
func (n *graphNode) ports() []string {
	switch n.kind {
	case "condition":
		return []string{"true", "false"}
	case "switch":
		return []string{"red", "blue", "default"}
	case "approval":
		return []string{"approved", "rejected", "timed_out"}
	case "loop":
		if n.onError == "branch" {
			return []string{"done", "error"}
		}
		return []string{"done"}
	case "stop":
		return nil
	}
	ports := []string{""}
	if n.kind == "pick" {
		ports = append(ports, "red", "dark blue")
	}
	if n.onError == "branch" {
		ports = append(ports, "error")
	}
	return ports
}

// canFail says whether on_error means the node's own work.
func (n *graphNode) canFail() bool {
	return n.kind == "act" || n.kind == "pick" || n.kind == "workflow"
}

// said is the member of a node's output that is a text, "" where there is none.
func (n *graphNode) said() string {
	switch n.kind {
	case "act", "pick", "set", "workflow":
		return "text"
	case "approval":
		return "decision"
	}
	return ""
}

// generator makes random graphs.
type generator struct {
	*rand.Rand
	left  int  // nodes that may still be made
	made  int  // nodes that were
	stops bool // there may be stop nodes
}

// makeGraph makes a graph of up to size nodes, those in loops included, and what
// happens in one run of it.
func makeGraph(r *rand.Rand, size int) (*scope, map[string]any) {
	g := &generator{Rand: r, left: size, stops: r.IntN(6) == 0}
	s := g.scope(size, 0, nil, g.stops)
	if r.IntN(4) == 0 {
		s.output = []string{}
		for _, n := range s.nodes {
			if n.said() != "" && r.IntN(2) == 0 {
				s.output = append(s.output, n.id)
			}
		}
	}
	return s, g.outcomes(s)
}

// scope makes one of up to size nodes. outer are the nodes around it that come before.
func (g *generator) scope(size, depth int, outer []*graphNode, stops bool) *scope {
	s := &scope{}
	density := 0.5 + g.Float64()*1.8
	for i := 0; i < size && g.left > 0; i++ {
		g.left--
		n := &graphNode{id: fmt.Sprintf("n%d", g.made), kind: g.kind(depth, stops), onError: "stop"}
		g.made++
		if n.canFail() {
			n.onError = []string{"stop", "stop", "stop", "continue", "branch"}[g.IntN(5)]
		}
		s.nodes = append(s.nodes, n)
		s.arrive(g, i, density)
		before := append(slices.Clone(outer), s.before(n)...)
		for range g.IntN(3) {
			if len(before) > 0 {
				n.refs = append(n.refs, before[g.IntN(len(before))].id)
			}
		}
		n.refs = slices.DeleteFunc(n.refs, func(id string) bool { return find(before, id).said() == "" })
		for _, m := range before {
			switch {
			case (m.onError == "branch" || m.onError == "continue" && m.kind != "loop") && g.IntN(4) == 0:
				n.errors = append(n.errors, m.id)
			case m.kind == "set" && g.IntN(4) == 0:
				n.names = append(n.names, m.id)
			}
		}
		n.fails = n.kind == "stop" && g.IntN(2) == 0
		if n.kind == "loop" {
			n.concurrency = 1 + g.IntN(3)
			n.onError = []string{"stop", "stop", "continue", "branch"}[g.IntN(4)]
			n.body = g.scope(1+g.IntN(6), depth+1, before, stops)
		}
	}
	return s
}

func (g *generator) kind(depth int, stops bool) string {
	switch k := g.IntN(20); {
	case k < 7:
		return "act"
	case k < 8:
		return "pick"
	case k < 10:
		return "condition"
	case k < 11:
		return "switch"
	case k < 14:
		return "set"
	case k < 15:
		return "wait"
	case k < 17:
		return "approval"
	case k < 18:
		return "workflow"
	case k < 19 && depth < 3:
		return "loop"
	case stops:
		return "stop"
	}
	return "act"
}

// arrive gives the i-th node edges from before it, at least one, so that it can be reached.
func (s *scope) arrive(g *generator, i int, density float64) {
	arriving := 1
	for arriving < 4 && g.Float64() < density/4 {
		arriving++
	}
	for range arriving {
		e := graphEdge{from: entry, to: s.nodes[i].id}
		if i > 0 && g.IntN(8) > 0 {
			if from := s.nodes[max(0, i-1-g.IntN(min(i, 6)))]; len(from.ports()) > 0 {
				e.from, e.port = from.id, from.ports()[g.IntN(len(from.ports()))]
			}
		}
		if !slices.Contains(s.edges, e) {
			s.edges = append(s.edges, e)
		}
	}
}

// before lists the nodes of the scope from which a path leads to a node.
func (s *scope) before(n *graphNode) []*graphNode {
	reached := map[string]bool{n.id: true}
	var found []*graphNode
	for _, m := range slices.Backward(s.nodes) {
		for _, e := range s.edges {
			if e.from == m.id && reached[e.to] && !reached[m.id] {
				reached[m.id] = true
				found = append(found, m)
			}
		}
	}
	return found
}

func find(nodes []*graphNode, id string) *graphNode {
	return nodes[slices.IndexFunc(nodes, func(n *graphNode) bool { return n.id == id })]
}

// outcomes says what happens at every node, by its id: the port that is taken, "fail",
// or, of a loop, a list of what happens for every item.
func (g *generator) outcomes(s *scope) map[string]any {
	all := map[string]any{}
	for _, n := range s.nodes {
		switch {
		case n.kind == "loop":
			items := []any{}
			for range g.IntN(4) {
				items = append(items, g.outcomes(n.body))
			}
			all[n.id] = items
		case n.canFail():
			all[n.id] = "ok"
			if n.kind == "pick" {
				all[n.id] = []string{"red", "dark blue", "green"}[g.IntN(3)]
			}
			if n.onError != "stop" && g.IntN(2) == 0 || n.onError == "stop" && g.IntN(60) == 0 {
				all[n.id] = "fail"
			}
		case len(n.ports()) > 1:
			all[n.id] = n.ports()[g.IntN(len(n.ports()))]
		default:
			all[n.id] = "ok"
		}
	}
	return all
}

// document writes the graph as a user would.
func (s *scope) document() map[string]any {
	d := &documentWriter{kinds: map[string]*graphNode{}, nodes: []any{}, edges: []any{}}
	d.write(s, "trigger", "", "trigger.input")
	doc := map[string]any{"name": "Random", "trigger": map[string]any{"type": "manual"}, "nodes": d.nodes, "edges": d.edges}
	if s.output != nil {
		output := map[string]any{}
		for _, id := range s.output {
			output[id] = "{{steps." + id + "." + d.kinds[id].said() + ` | default: "-"}}`
		}
		doc["output"] = output
	}
	return doc
}

type documentWriter struct {
	kinds        map[string]*graphNode
	nodes, edges []any
}

// write adds a scope, which is entered from a node's port, and where the outcomes
// stand at a path.
func (d *documentWriter) write(s *scope, from, port, outcomes string) {
	for _, n := range s.nodes {
		d.kinds[n.id] = n
		outcome := "{{" + outcomes + "." + n.id + "}}"
		text := ""
		for _, ref := range n.refs {
			text += ",{{steps." + ref + "." + d.kinds[ref].said() + ` | default: "-"}}`
		}
		for _, ref := range n.errors {
			text += ",{{steps." + ref + `.error.message | default: "-"}}`
		}
		for _, ref := range n.names {
			text += ",{{v_" + ref + ` | default: "-"}}`
		}
		nodeType, config := n.kind, map[string]any{}
		switch n.kind {
		case "act":
			nodeType, config["text"] = "toy.say", outcome+text
		case "pick":
			nodeType, config["text"], config["choices"] = "toy.pick", outcome+text, []any{"red", "dark blue", "green"}
		case "condition":
			config["all"] = []any{map[string]any{"left": outcome, "op": "eq", "right": "true"}}
		case "switch":
			config["value"] = outcome
			config["cases"] = []any{map[string]any{"name": "red", "equals": "red"}, map[string]any{"name": "blue", "equals": "blue"}}
		case "set":
			config["values"] = map[string]any{"text": "t" + text, "v_" + n.id: n.id}
		case "wait":
			config["seconds"] = 5
		case "approval":
			config["message"], config["timeout_seconds"] = outcome, 60
		case "workflow":
			config["workflow"], config["input"] = "wf_ok", map[string]any{"reply": outcome}
		case "loop":
			config["items"], config["concurrency"] = outcome, n.concurrency
			d.write(n.body, n.id, "body", "item")
		case "stop":
			config["message"] = "end" + text
			if n.fails {
				config["status"] = "failed"
			}
		}
		node := map[string]any{"id": n.id, "type": nodeType, "config": config}
		if n.onError != "stop" {
			node["on_error"] = n.onError
		}
		d.nodes = append(d.nodes, node)
	}
	for _, e := range s.edges {
		edge := map[string]any{"from": e.from, "to": e.to, "port": e.port}
		if e.from == entry {
			edge["from"], edge["port"] = from, port
		}
		if edge["port"] == "" {
			delete(edge, "port")
		}
		d.edges = append(d.edges, edge)
	}
}
