package compile_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl/run"
)

// Random graphs, run by the interpreter on what the compiler emitted, must give
// what the rule says: the same nodes run, with the same outputs, and the same end.
// The reference below reads the rule literally and shares no code with the compiler.

type graphNode struct {
	id, kind string // act, condition, switch, set
	onError  string
	text     string // of act
	outcome  string // the port that is taken
}

type graphEdge struct{ from, port, to string }

type randomGraph struct {
	nodes []graphNode
	edges []graphEdge
}

func makeGraph(r *rand.Rand, size int) randomGraph {
	var g randomGraph
	density := 0.5 + r.Float64()*1.8
	for i := range size {
		n := graphNode{id: fmt.Sprintf("n%d", i)}
		switch k := r.IntN(10); {
		case k < 5:
			n.kind = "act"
			n.onError = []string{"stop", "stop", "stop", "continue", "branch"}[r.IntN(5)]
			fails := n.onError != "stop" && r.IntN(2) == 0 || n.onError == "stop" && r.IntN(60) == 0
			n.text, n.outcome = g.text(r, i), ""
			if fails {
				n.text = "fail"
				if n.onError == "branch" {
					n.outcome = "error"
				}
			}
		case k < 7:
			n.kind, n.outcome = "condition", []string{"true", "false"}[r.IntN(2)]
		case k < 8:
			n.kind, n.outcome = "switch", []string{"red", "blue", "default"}[r.IntN(3)]
		default:
			n.kind, n.text = "set", g.text(r, i)
		}
		g.nodes = append(g.nodes, n)
	}
	// Every node gets at least one arriving edge from before it, so that all are reachable.
	for i, n := range g.nodes {
		arriving := 1
		for arriving < 4 && r.Float64() < density/4 {
			arriving++
		}
		for range arriving {
			e := graphEdge{from: "trigger", to: n.id}
			if i > 0 && r.IntN(8) > 0 {
				from := g.nodes[max(0, i-1-r.IntN(min(i, 6)))]
				e.from, e.port = from.id, from.ports()[r.IntN(len(from.ports()))]
			}
			if !slices.Contains(g.edges, e) {
				g.edges = append(g.edges, e)
			}
		}
	}
	return g
}

func (n graphNode) ports() []string {
	switch {
	case n.kind == "condition":
		return []string{"true", "false"}
	case n.kind == "switch":
		return []string{"red", "blue", "default"}
	case n.onError == "branch":
		return []string{"", "error"}
	default:
		return []string{""}
	}
}

// text refers to a few earlier nodes, whether or not they come before on every way.
func (g randomGraph) text(r *rand.Rand, i int) string {
	parts := []string{"t"}
	for range r.IntN(3) {
		if i > 0 {
			parts = append(parts, g.nodes[r.IntN(i)].id)
		}
	}
	return strings.Join(parts, ",")
}

// ancestors of a node, by the edges.
func (g randomGraph) ancestors(id string) map[string]bool {
	found := map[string]bool{}
	var visit func(string)
	visit = func(to string) {
		for _, e := range g.edges {
			if e.to == to && !found[e.from] {
				found[e.from] = true
				visit(e.from)
			}
		}
	}
	visit(id)
	return found
}

// references of a node's text that are allowed: to nodes before it that give a text.
func (g randomGraph) references(n graphNode) []string {
	before := g.ancestors(n.id)
	var refs []string
	for _, part := range strings.Split(n.text, ",") {
		i := slices.IndexFunc(g.nodes, func(m graphNode) bool { return m.id == part })
		if before[part] && (g.nodes[i].kind == "act" || g.nodes[i].kind == "set") {
			refs = append(refs, part)
		}
	}
	return refs
}

func (g randomGraph) document() map[string]any {
	nodes := []any{}
	for _, n := range g.nodes {
		node := map[string]any{"id": n.id}
		text := "t"
		for _, ref := range g.references(n) {
			text += ",{{steps." + ref + ".text | default: \"-\"}}"
		}
		switch n.kind {
		case "act":
			node["type"], node["on_error"] = "toy.say", n.onError
			if n.text == "fail" {
				text = "fail"
			}
			node["config"] = map[string]any{"text": text}
		case "condition":
			node["type"] = "condition"
			node["config"] = map[string]any{"all": []any{map[string]any{"left": "{{trigger.input." + n.id + "}}", "op": "eq", "right": "true"}}}
		case "switch":
			node["type"] = "switch"
			node["config"] = map[string]any{"value": "{{trigger.input." + n.id + "}}", "cases": []any{
				map[string]any{"name": "red", "equals": "red"}, map[string]any{"name": "blue", "equals": "blue"},
			}}
		case "set":
			node["type"] = "set"
			node["config"] = map[string]any{"values": map[string]any{"text": text}}
		}
		nodes = append(nodes, node)
	}
	edges := []any{}
	for _, e := range g.edges {
		edge := map[string]any{"from": e.from, "to": e.to}
		if e.port != "" {
			edge["port"] = e.port
		}
		edges = append(edges, edge)
	}
	return map[string]any{"name": "Random", "trigger": map[string]any{"type": "manual"}, "nodes": nodes, "edges": edges}
}

func (g randomGraph) input() map[string]any {
	input := map[string]any{}
	for _, n := range g.nodes {
		input[n.id] = n.outcome
	}
	return map[string]any{"input": input}
}

// reference runs the rule: a node runs when every edge that can still reach it has
// been decided and at least one was taken. Nodes are in an order in which edges only
// lead forward, so going through them once decides everything.
func (g randomGraph) reference() (outputs map[string]map[string]any, failed bool) {
	outputs = map[string]map[string]any{}
	for _, n := range g.nodes {
		taken := false
		for _, e := range g.edges {
			if e.to != n.id {
				continue
			}
			if e.from == "trigger" {
				taken = true
				continue
			}
			from := g.nodes[slices.IndexFunc(g.nodes, func(m graphNode) bool { return m.id == e.from })]
			if outputs[from.id] != nil && from.outcome == e.port {
				taken = true
			}
		}
		if !taken {
			continue
		}
		text := "t"
		for _, ref := range g.references(n) {
			value := "-"
			if out := outputs[ref]; out != nil && out["text"] != nil {
				value = out["text"].(string)
			}
			text += "," + value
		}
		switch {
		case n.kind == "act" && n.text == "fail" && n.onError == "stop":
			return nil, true
		case n.kind == "act" && n.text == "fail":
			outputs[n.id] = map[string]any{"error": map[string]any{"name": "Connector.InvalidInput", "message": "it failed"}}
		case n.kind == "act":
			outputs[n.id] = map[string]any{"text": n.id + "(" + text + ")"}
		case n.kind == "set":
			outputs[n.id] = map[string]any{"text": text}
		case n.kind == "switch":
			outputs[n.id] = map[string]any{"case": n.outcome}
		default:
			outputs[n.id] = map[string]any{"result": n.outcome == "true"}
		}
	}
	return outputs, false
}

// result is the execution's output: that of the end nodes that ran.
func (g randomGraph) result(outputs map[string]map[string]any) map[string]any {
	result := map[string]any{}
	for _, n := range g.nodes {
		if outputs[n.id] != nil && !slices.ContainsFunc(g.edges, func(e graphEdge) bool { return e.from == n.id }) {
			result[n.id] = outputs[n.id]
		}
	}
	return result
}

// checkGraph compares one graph; it returns the nodes that ran and the billed states.
func checkGraph(t *testing.T, g randomGraph, what string) (ran, billed int) {
	t.Helper()
	text, err := json.MarshalIndent(g.document(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	compiled := mustCompile(t, string(text))
	var w world
	result := w.run(t, compiled.Definition, g.input())
	want, failed := g.reference()
	if failed != (result.Status == run.Failed) {
		t.Fatalf("%s: status %s, %s %s, but failed should be %v\n%s\n%s", what, result.Status, result.Error, result.Cause, failed, text, compiled.Definition)
	}
	if failed {
		return 0, 0
	}
	var got []string
	for state, n := range w.entered() {
		if source := compiled.SourceMap[state]; source.Role == "node" {
			got = append(got, source.Node)
			ran++
			if n != 1 {
				t.Errorf("%s: %s ran %d times", what, source.Node, n)
			}
		}
		billed += n
	}
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); diff != "" {
		t.Fatalf("%s: nodes that ran (-rule +run):\n%s\n%s\n%s", what, diff, text, compiled.Definition)
	}
	var output map[string]any
	if err := json.Unmarshal(result.Output, &output); err != nil {
		t.Fatalf("%s: output %s: %v", what, result.Output, err)
	}
	if diff := cmp.Diff(g.result(want), output); diff != "" {
		t.Fatalf("%s: output (-rule +run):\n%s\n%s\n%s", what, diff, text, compiled.Definition)
	}
	return ran, billed
}

var graphs = flag.Int("graphs", 400, "how many random graphs to run")

func TestRandomGraphs(t *testing.T) {
	count := *graphs
	ran, billed := 0, 0
	for seed := range count {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		g := makeGraph(r, 1+r.IntN(1+min(40, 3+seed/8)))
		a, b := checkGraph(t, g, fmt.Sprintf("seed %d", seed))
		ran, billed = ran+a, billed+b
	}
	perNode := float64(billed) / float64(ran)
	t.Logf("%d graphs: %d nodes ran, %d billed transitions, %.3f per node", count, ran, billed, perNode)
	if perNode >= 1.5 {
		t.Errorf("%.3f billed transitions per node that ran, want less than 1.5", perNode)
	}
}
