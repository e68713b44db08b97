package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/internal/workflow"
)

// chain is n actions one after the other; wide is n actions side by side that meet.
func chain(n int) string {
	return shape(n, func(i int) (string, bool) { return fmt.Sprintf("n%d", i-1), i > 0 })
}

func wide(n int) string {
	return shape(n, func(i int) (string, bool) { return "n0", i > 0 })
}

// named is n set nodes one after the other, each with a variable that the next one reads.
func named(n int) string {
	var nodes, edges []string
	for i := range n {
		source, text := "trigger", "{{trigger.input.name}}"
		if i > 0 {
			source, text = fmt.Sprintf("n%d", i-1), fmt.Sprintf("{{v%d}}", i-1)
		}
		nodes = append(nodes, fmt.Sprintf(`{"id":"n%d","type":"set","config":{"values":{"v%d":%q}}}`, i, i, text))
		edges = append(edges, fmt.Sprintf(`{"from":%q,"to":"n%d"}`, source, i))
	}
	return document(nodes, edges)
}

func document(nodes, edges []string) string {
	return `{"name":"x","trigger":{"type":"manual"},"nodes":[` + strings.Join(nodes, ",") + `],"edges":[` + strings.Join(edges, ",") + `]}`
}

func shape(n int, from func(int) (string, bool)) string {
	var nodes, edges []string
	for i := range n {
		text := "{{trigger.input.name}}"
		source, ok := from(i)
		if ok {
			text = "{{steps." + source + ".text}}"
		} else {
			source = "trigger"
		}
		node := fmt.Sprintf(`{"id":"n%d","type":"toy.say","config":{"text":%q}}`, i, text)
		if i%4 == 3 { // a thousand actions would be more than the megabyte that a definition may have
			node = fmt.Sprintf(`{"id":"n%d","type":"set","config":{"values":{"text":%q}}}`, i, text)
		}
		nodes = append(nodes, node)
		edges = append(edges, fmt.Sprintf(`{"from":%q,"to":"n%d"}`, source, i))
	}
	return document(nodes, edges)
}

func BenchmarkCompile(b *testing.B) {
	for _, c := range []struct {
		name string
		make func(int) string
	}{{"chain", chain}, {"wide", wide}, {"named", named}} {
		for _, n := range []int{10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				compiler := newCompiler(b)
				doc := mustParse(b, c.make(n))
				b.ReportAllocs()
				for b.Loop() {
					if out, ds := compiler.Compile(doc, subject()); out == nil {
						b.Fatal(ds)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/node")
			})
		}
	}
}

// FuzzCompile compiles whatever can be read as a document: nothing panics, and what
// comes out is a definition that our own validation accepts.
func FuzzCompile(f *testing.F) {
	for _, folder := range []string{"check", "compile"} {
		for _, text := range casesOf(f, folder) {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := workflow.Parse(text)
		if err != nil {
			return
		}
		out, diagnostics := newCompiler(t).Compile(doc, subject())
		if (out == nil) != (len(diagnostics.Errors()) > 0) {
			t.Errorf("output %v with %+v", out != nil, diagnostics)
		}
		if out != nil {
			mustBeValid(t, out.Definition)
		}
	})
}
