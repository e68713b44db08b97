package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"switchboard/internal/catalog"
	"switchboard/internal/compile"
	"switchboard/internal/workflow"
)

// built is how long compiling took.
type built struct {
	Shape string  `json:"shape"` // chain: one after the other; wide: side by side
	Nodes int     `json:"nodes"`
	First float64 `json:"first_ms"` // the first time; only smaller ones were compiled before in this process
	MS    float64 `json:"ms"`       // in a process that has done it before: the median of measured runs, after unmeasured ones
}

// Runs of the compiler for one document.
const (
	unmeasured = 3
	measured   = 9
)

func compileTimes() ([]built, error) {
	offered, err := catalog.New()
	if err != nil {
		return nil, err
	}
	// As the stack has it: see collectLess in infra/local.
	defer debug.SetGCPercent(debug.SetGCPercent(300))
	compiler := compile.New(offered, compile.Functions{Connector: func(name string) string { return name }})
	var times []built
	for _, shape := range []string{"chain", "wide"} {
		for _, n := range []int{10, 100, 1000} {
			doc, err := document(shape, n)
			if err != nil {
				return nil, err
			}
			var runs []float64
			for range unmeasured + measured {
				began := time.Now()
				out, diagnostics := compiler.Compile(doc, workflow.Subject{Version: 1})
				if out == nil {
					return nil, fmt.Errorf("compiling: %+v", diagnostics)
				}
				runs = append(runs, float64(time.Since(began).Microseconds())/1000)
			}
			warm := slices.Sorted(slices.Values(runs[unmeasured:]))
			times = append(times, built{Shape: shape, Nodes: n, First: runs[0], MS: warm[len(warm)/2]})
		}
	}
	return times, nil
}

func document(shape string, n int) (*workflow.Document, error) {
	var nodes, edges []any
	for i := range n {
		from := "trigger"
		switch {
		case i > 0 && shape == "chain":
			from = fmt.Sprintf("n%d", i-1)
		case i > 0:
			from = "n0"
		}
		node := map[string]any{"id": fmt.Sprintf("n%d", i), "type": "http.request", "config": map[string]any{"url": "https://example.com/{{execution.id}}"}}
		if i%2 == 1 { // a thousand actions would be more than the megabyte that a definition may have
			node = map[string]any{"id": node["id"], "type": "set", "config": map[string]any{"values": map[string]any{"text": "{{trigger.input.text | upper}}"}}}
		}
		nodes = append(nodes, node)
		edges = append(edges, map[string]any{"from": from, "to": fmt.Sprintf("n%d", i)})
	}
	text, err := json.Marshal(map[string]any{"name": "Bench", "trigger": map[string]any{"type": "manual"}, "nodes": nodes, "edges": edges})
	if err != nil {
		return nil, err
	}
	return workflow.Parse(text)
}
