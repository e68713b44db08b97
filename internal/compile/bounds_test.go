package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/workflow"
)

// TestManyMistakes has documents in which everything is wrong: they are checked in the
// time that a person waits, so not every mistake is told what was meant.
func TestManyMistakes(t *testing.T) {
	const n = workflow.MaxNodes
	var nodes, misspelt, cycle []string
	for i := range n {
		nodes = append(nodes, fmt.Sprintf(`{"id":"node_with_a_long_name_%d","type":"set","config":{"values":{"x":1}}}`, i))
		cycle = append(cycle, fmt.Sprintf(`{"from":"node_with_a_long_name_%d","to":"node_with_a_long_name_%d"}`, i, (i+1)%n))
	}
	for i := range workflow.MaxEdges {
		misspelt = append(misspelt, fmt.Sprintf(`{"from":"nod_with_a_long_name_%d","to":"node_with_a_lang_name_%d"}`, i%n, i%n))
	}
	ds := newCompiler(t).Check(mustParse(t, document(nodes, misspelt)), subject())
	if !strings.HasPrefix(ds[0].Hint, "Did you mean") || ds[len(ds)-1].Hint != "" {
		t.Errorf("the first of %d hints is %q and the last %q", len(ds), ds[0].Hint, ds[len(ds)-1].Hint)
	}
	ds = newCompiler(t).Check(mustParse(t, document(nodes, append(cycle, `{"from":"trigger","to":"node_with_a_long_name_0"}`))), subject())
	if len(ds) != 1 || len(ds[0].Message) > 1000 || !strings.Contains(ds[0].Message, "name_11 → … → node_with_a_long_name_1999 → node_with_a_long_name_0.") {
		t.Errorf("a long cycle gives %+v", ds)
	}
}

// TestTooMany has documents that are too large, of which nothing else is said.
func TestTooMany(t *testing.T) {
	var nodes, edges []string
	for i := range workflow.MaxNodes + 1 {
		nodes = append(nodes, fmt.Sprintf(`{"id":"n%d","type":"set","config":{"values":{"x":1}}}`, i))
	}
	for i := range workflow.MaxEdges + 1 {
		edges = append(edges, fmt.Sprintf(`{"from":"trigger","to":"n%d"}`, i%2))
	}
	for of, doc := range map[string]string{"nodes": document(nodes, nil), "edges": document(nodes[:2], edges)} {
		ds := newCompiler(t).Check(mustParse(t, doc), subject())
		if len(ds) != 1 || ds[0].Pointer != "/"+of {
			t.Errorf("too many %s give %+v", of, ds)
		}
	}
}

// TestManyWaysToAWorkflow has workflows that run two others each, which run the same
// two: each of them is looked at once, not once for every way to it.
func TestManyWaysToAWorkflow(t *testing.T) {
	const layers = 16
	s, looked := subject(), 0
	s.Workflow = func(id string) (workflow.Callee, bool) {
		looked++
		var layer, place int
		if _, err := fmt.Sscanf(id, "wf_layer_%d_%d", &layer, &place); err != nil {
			return workflow.Callee{}, false
		}
		c := workflow.Callee{Name: id, Agent: "agt_1", Published: true, Trigger: "manual"}
		if layer < layers {
			c.Runs = []string{fmt.Sprintf("wf_layer_%d_0", layer+1), fmt.Sprintf("wf_layer_%d_1", layer+1)}
		}
		return c, true
	}
	ds := newCompiler(t).Check(mustParse(t, document(
		[]string{`{"id":"w","type":"workflow","config":{"workflow":"wf_layer_0_0"}}`}, []string{`{"from":"trigger","to":"w"}`})), s)
	if len(ds) > 0 || looked > 4*layers {
		t.Errorf("workflows were looked at %d times, which gives %+v", looked, ds)
	}
}
