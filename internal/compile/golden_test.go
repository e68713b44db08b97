package compile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/workflow"
)

var update = flag.Bool("update", false, "write what the tests see into the golden files")

// golden compares text with a file beside the case; a case without one fails.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test ./internal/compile -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func casesOf(t testing.TB, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	found := map[string]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, ".asl.json") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[path] = string(text)
	}
	return found
}

// TestCheck shows what a user is told about each document of testdata/check.
func TestCheck(t *testing.T) {
	compiler := newCompiler(t)
	for path, text := range casesOf(t, "check") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			var out strings.Builder
			for _, d := range compiler.Check(mustParse(t, text), subject()) {
				span := ""
				if d.Start != nil {
					span = fmt.Sprintf("[%d:%d]", *d.Start, *d.End)
				}
				fmt.Fprintf(&out, "%d:%d %s %s %s%s (%s)\n    %s\n", d.Line, d.Column, d.Severity, d.Code, d.Pointer, span, d.Node, d.Message)
				if d.Hint != "" {
					fmt.Fprintf(&out, "    > %s\n", d.Hint)
				}
			}
			golden(t, strings.TrimSuffix(path, ".json")+".txt", out.String())
		})
	}
}

// TestCompile shows the definitions of testdata/compile, and that compiling again
// gives the same bytes.
func TestCompile(t *testing.T) {
	for path, text := range casesOf(t, "compile") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			compiled := mustCompile(t, text)
			var indented bytes.Buffer
			if err := json.Indent(&indented, compiled.Definition, "", "  "); err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(path, ".json")+".asl.json", indented.String()+"\n")
			if again := mustCompile(t, text); !bytes.Equal(again.Definition, compiled.Definition) {
				t.Error("compiling again gives other bytes")
			}
		})
	}
}

func TestTooLarge(t *testing.T) {
	// The text is in the document once and may be in the definition only once: it is too
	// large for a state alone.
	long := func(node string) {
		t.Helper()
		doc := mustParse(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[`+node+`],"edges":[{"from":"trigger","to":"a"}]}`)
		compiled, ds := newCompiler(t).Compile(doc, subject())
		if len(ds) != 1 || ds[0].Code != "too_large" || ds[0].Severity != workflow.Warning || ds[0].Pointer != "/nodes/0/config" || compiled == nil {
			t.Errorf("a long text gives %+v", ds)
		}
	}
	text := strings.Repeat("x", 600<<10)
	long(`{"id":"a","type":"toy.say","config":{"text":"` + text + `"}}`)
	long(`{"id":"a","type":"workflow","config":{"workflow":"wf_ok","input":["` + text + `"]}}`)
	text = strings.Repeat("x", 300<<10) // a set node at the end has it twice, as variable and as output
	long(`{"id":"a","type":"set","config":{"values":{"v":{"w":"` + text + `"}}}}`)
	doc := mustParse(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[`+
		`{"id":"a","type":"toy.say","config":{"text":"`+strings.Repeat("x", 250<<10)+`"}}],"edges":[{"from":"trigger","to":"a"}]}`)
	if ds := newCompiler(t).Check(doc, subject()); len(ds) > 0 {
		t.Errorf("a text that fits gives %+v", ds)
	}
	var nodes, edges []string
	for i := range 1_900 {
		from := "trigger"
		if i > 0 {
			from = fmt.Sprintf("n%d", i-1)
		}
		nodes = append(nodes, fmt.Sprintf(`{"id":"n%d","type":"toy.say","config":{"text":"{{trigger.input.a}} {{trigger.input.b}}"}}`, i))
		edges = append(edges, fmt.Sprintf(`{"from":%q,"to":"n%d"}`, from, i))
	}
	doc = mustParse(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[`+strings.Join(nodes, ",")+`],"edges":[`+strings.Join(edges, ",")+`]}`)
	ds := newCompiler(t).Check(doc, subject())
	if len(ds) != 1 || ds[0].Code != "too_large" || ds[0].Severity != workflow.Error {
		t.Errorf("a definition over the limit gives %+v", ds)
	}
}

// TestBilledTransitions counts the states that an execution enters: its nodes, one
// for a fork, one for what an action picked where edges leave by that, and one for an
// end behind a Choice, which cannot end by itself, or whose output may
// have no value behind a node that catches.
func TestBilledTransitions(t *testing.T) {
	say := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"type":"toy.say","config":{"text":"x"}}`, id)
	}
	edge := func(from, to string) string { return fmt.Sprintf(`{"from":%q,"to":%q}`, from, to) }
	for name, c := range map[string]struct {
		nodes, edges []string
		want         int
		output       string
	}{
		"Chain":       {[]string{say("a"), say("b"), say("c")}, []string{edge("trigger", "a"), edge("a", "b"), edge("b", "c")}, 3, ""},
		"ForkJoin":    {[]string{say("a"), say("b"), say("c"), say("j")}, []string{edge("trigger", "a"), edge("a", "b"), edge("a", "c"), edge("b", "j"), edge("c", "j")}, 4 + 1, ""},
		"NestedFork":  {[]string{say("a"), say("b"), say("b1"), say("b2"), say("bj"), say("j")}, []string{edge("trigger", "a"), edge("trigger", "b"), edge("b", "b1"), edge("b", "b2"), edge("b1", "bj"), edge("b2", "bj"), edge("a", "j"), edge("bj", "j")}, 6 + 2, ""},
		"Tree":        {[]string{say("a"), say("b"), say("c"), say("d")}, []string{edge("trigger", "a"), edge("a", "b"), edge("a", "c"), edge("c", "d")}, 4 + 1, ""},
		"ShortCut":    {[]string{say("a"), say("b")}, []string{edge("trigger", "a"), edge("trigger", "b"), edge("a", "b")}, 2, ""},
		"Approval":    {[]string{`{"id":"ask","type":"approval","config":{"message":"approved"}}`, say("b")}, []string{`{"from":"trigger","to":"ask"}`, `{"from":"ask","port":"approved","to":"b"}`}, 2, ""},
		"Rejected":    {[]string{`{"id":"ask","type":"approval","config":{"message":"rejected"}}`, say("b")}, []string{`{"from":"trigger","to":"ask"}`, `{"from":"ask","port":"rejected","to":"b"}`}, 2, ""},
		"NamedPort":   {[]string{`{"id":"sort","type":"toy.pick","config":{"text":"red","choices":["red","blue"]}}`, say("b")}, []string{edge("trigger", "sort"), `{"from":"sort","port":"red","to":"b"}`}, 2 + 1, ""},
		"PlainPort":   {[]string{`{"id":"sort","type":"toy.pick","config":{"text":"red","choices":["red","blue"]}}`, say("b")}, []string{edge("trigger", "sort"), edge("sort", "b")}, 2, ""},
		"Workflow":    {[]string{`{"id":"call","type":"workflow","config":{"workflow":"wf_ok","input":{"reply":"ok"}}}`, say("b")}, []string{edge("trigger", "call"), edge("call", "b")}, 2, ""},
		"SetAtTheEnd": {[]string{say("a"), `{"id":"s","type":"set","config":{"values":{"x":"{{steps.a.text}}"}}}`}, []string{edge("trigger", "a"), edge("a", "s")}, 2, ""},
		"Output":      {[]string{say("a")}, []string{edge("trigger", "a")}, 1, `{"text":"{{steps.a.text | default: null}}"}`},
		"MayHaveNone": {[]string{say("a")}, []string{edge("trigger", "a")}, 1, `{"text":"{{steps.a.text}}"}`},
		"Catches":     {[]string{`{"id":"a","type":"toy.say","on_error":"continue","config":{"text":"x"}}`}, []string{edge("trigger", "a")}, 1 + 1, `{"text":"{{steps.a.text}}"}`},
	} {
		t.Run(name, func(t *testing.T) {
			text := `{"name":"x","trigger":{"type":"manual"},"nodes":[` + strings.Join(c.nodes, ",") + `],"edges":[` + strings.Join(c.edges, ",") + `]`
			if c.output != "" {
				text += `,"output":` + c.output
			}
			compiled := mustCompile(t, text+"}")
			var w world
			if result := w.run(t, compiled.Definition, map[string]any{"input": map[string]any{}}); result.Status != "succeeded" {
				t.Fatalf("result %+v", result)
			}
			got := 0
			for _, n := range w.entered() {
				got += n
			}
			if got != c.want {
				t.Errorf("%d transitions, want %d: %v", got, c.want, w.entered())
			}
		})
	}
}
