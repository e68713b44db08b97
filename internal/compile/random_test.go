package compile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl/asltest"
	"switchboard/internal/asl/run"
	"switchboard/internal/compile"
)

// Random graphs, run by the interpreter on what the compiler emitted, must give
// what the rule says: the same nodes run, equally often, with the same outputs, and
// the same end.

// tally sums up what was compared.
type tally struct {
	ran, billed, ended int
	kinds              map[string]int
	definitions        [][]byte
}

// checkGraph compares one run of a graph.
func checkGraph(t *testing.T, compiler *compile.Compiler, s *scope, outcomes map[string]any, what string, sum *tally) {
	t.Helper()
	text, err := json.MarshalIndent(s.document(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	compiled, diagnostics := compiler.Compile(mustParse(t, string(text)), subject()) // w.run holds it to our validation
	if compiled == nil {
		t.Fatalf("%s: %+v\n%s", what, diagnostics.Errors(), text)
	}
	if again, _ := newCompiler(t).Compile(mustParse(t, string(text)), subject()); !bytes.Equal(again.Definition, compiled.Definition) {
		t.Fatalf("%s: compiled twice, it is\n%s\nand\n%s", what, compiled.Definition, again.Definition)
	}
	sum.definitions = append(sum.definitions, compiled.Definition)
	input := map[string]any{"input": outcomes}
	report := func(format string, args ...any) {
		t.Helper()
		given, _ := json.Marshal(input)
		t.Fatalf("%s: %s\n%s\n%s\n%s", what, fmt.Sprintf(format, args...), text, given, compiled.Definition)
	}
	var w world
	result := w.run(t, compiled.Definition, input)
	rule := &reference{ran: map[string]int{}, exact: true}
	want := rule.run(s, nil, outcomes)
	if rule.vague {
		return
	}

	got := map[string]int{}
	for state, n := range w.entered() {
		if source := compiled.SourceMap[state]; source.Role == "node" {
			got[source.Node] += n
			sum.ran += n
		}
		sum.billed += n
	}
	if len(rule.endings) > 0 {
		sum.ended++
		if !slices.ContainsFunc(rule.endings, func(e ending) bool { return e.is(result) }) {
			report("it ended as %+v, which is none of %+v", result, rule.endings)
		}
	} else if result.Status != run.Succeeded {
		report("it ended as %+v, but should succeed", result)
	}
	for id, n := range got {
		if n > rule.ran[id] {
			report("%s ran %d times, want at most %d", id, n, rule.ran[id])
		}
	}
	if len(rule.endings) > 0 {
		return
	}
	if rule.exact {
		if diff := cmp.Diff(rule.ran, got); diff != "" {
			report("how often nodes ran (-rule +run):\n%s", diff)
		}
	}
	var output map[string]any
	if err := json.Unmarshal(result.Output, &output); err != nil {
		report("output %s: %v", result.Output, err)
	}
	if diff := cmp.Diff(want.output(s), output); diff != "" {
		report("output (-rule +run):\n%s", diff)
	}
}

// is says whether an execution has ended so.
func (e ending) is(r run.Result) bool {
	switch {
	case e.failed:
		return r.Status == run.Failed && r.Error == "Connector.InvalidInput"
	case e.stopped == nil:
		return r.Status == run.Failed && r.Error == "Workflow.Stopped" && r.Cause == e.said
	}
	var output map[string]any
	return r.Status == run.Succeeded && json.Unmarshal(r.Output, &output) == nil && cmp.Equal(e.stopped, output)
}

// count adds the nodes of a scope, by kind.
func (sum *tally) count(s *scope) {
	for _, n := range s.nodes {
		sum.kinds[n.kind]++
		if n.body != nil {
			sum.count(n.body)
		}
	}
}

var (
	graphs    = flag.Int("graphs", 2000, "how many random graphs to run")
	validated = flag.Int("validated", 60, "how many of their definitions to give to asl-validator, which takes a tenth of a second for each")
)

func TestRandomGraphs(t *testing.T) {
	sum, compiler := tally{kinds: map[string]int{}}, newCompiler(t)
	synctest.Test(t, func(t *testing.T) { // so that nobody waits for an approval's time to be over
		for seed := range *graphs {
			r := rand.New(rand.NewPCG(uint64(seed), 7))
			s, outcomes := makeGraph(r, 1+r.IntN(1+min(39, 3+seed/8)))
			sum.count(s)
			checkGraph(t, compiler, s, outcomes, fmt.Sprintf("seed %d", seed), &sum)
		}
	})
	t.Run("OtherValidatorAccepts", func(t *testing.T) {
		var some [][]byte // of all sizes, which grow
		for i := range *validated {
			some = append(some, sum.definitions[i*len(sum.definitions) / *validated])
		}
		for i, against := range asltest.Validate(t, filepath.Join("..", "asl", "testdata", "peer"), some) {
			if len(against) > 0 {
				t.Errorf("asl-validator says %s of\n%s", against, some[i])
			}
		}
	})
	perNode := float64(sum.billed) / float64(sum.ran)
	t.Logf("%d graphs of %v: %d nodes ran, %d billed transitions, %.3f per node; %d ended early", *graphs, sum.kinds, sum.ran, sum.billed, perNode, sum.ended)
	if perNode >= 1.5 {
		t.Errorf("%.3f billed transitions per node that ran, want less than 1.5", perNode)
	}
}
