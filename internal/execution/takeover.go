package execution

import (
	"maps"
	"slices"
	"strings"

	"switchboard/internal/fault"
	"switchboard/internal/task"
	"switchboard/internal/workflow"
)

// takeover is what a replay is given of the execution that it replays.
type takeover struct {
	records  map[task.Key]task.Record // by node and iteration
	passages []string                 // the waits that are over, see workflow.Passage
}

// evaluated are the types of nodes that the state machine evaluates by itself: they
// have no result to take over, they have it again.
var evaluated = []string{"set", "condition", "switch", "loop", "stop"}

// takeOver picks what was completed, by nodes that the document still has, of the
// same type, and that do not run again. passed are the waits that the execution was itself
// given as over: a replay may have ended before it came to them, or to anything else that
// it took over.
func (h happened) takeOver(doc *workflow.Document, from string, passed []string) takeover {
	t := takeover{records: map[task.Key]task.Record{}}
	flow := flowOf(doc)
	again, goesOn := flow.from(from), flow.goesOnAfter()
	types := map[string]string{}
	for _, n := range h.doc.Nodes {
		types[n.ID] = n.Type
	}
	for _, n := range doc.Nodes {
		if again[n.ID] || types[n.ID] != n.Type || slices.Contains(evaluated, n.Type) {
			continue
		}
		for key, run := range h.runsOf(n.ID) {
			switch {
			case run.Status == NodeSucceeded && n.Type == "wait":
				t.passages = append(t.passages, workflow.Passage(key.Node, key.Iteration))
			case run.Status == NodeSucceeded, run.Status == NodeTimedOut && n.Type == workflow.TypeApproval && run.Output != nil:
				t.records[key] = task.Record{State: task.Done, Input: run.Input, Output: run.Output, StartedAt: run.StartedAt}
			case (run.Status == NodeFailed || run.Status == NodeTimedOut) && goesOn[n.ID] && run.Error != nil:
				t.records[key] = failure(run)
			}
		}
		for _, passage := range passed {
			if n.Type == "wait" && (passage == n.ID || strings.HasPrefix(passage, workflow.PassagePrefix(n.ID))) {
				t.passages = append(t.passages, passage)
			}
		}
		// What a record has counts before what the history tells: an Express execution
		// has no history, and a call may have been made that was given up.
		for key, r := range h.records {
			if key.Node == n.ID && (r.State == task.Done || r.State == task.Failed && goesOn[n.ID]) {
				r.Openings = nil // they were for the other execution
				t.records[task.Key{Node: key.Node, Iteration: key.Iteration}] = r
			}
		}
	}
	slices.Sort(t.passages)
	t.passages = slices.Compact(t.passages)
	return t
}

// runsOf gives what happened at a node, by iteration.
func (h happened) runsOf(id string) map[task.Key]NodeRun {
	found := map[task.Key]NodeRun{}
	for _, n := range h.nodes {
		if n.ID != id {
			continue
		}
		if len(n.Iterations) == 0 {
			found[task.Key{Node: id}] = n
		}
		for _, i := range n.Iterations {
			found[task.Key{Node: id, Iteration: i.Path}] = i.NodeRun
		}
	}
	return found
}

func failure(run NodeRun) task.Record {
	f := &task.Failure{Code: fault.Code(run.Error.Name), Message: run.Error.Message, Hint: run.Error.Hint}
	if !f.Code.Means().Task { // a time limit of the state machine
		f.Code = fault.ServiceUnavailable
	}
	return task.Record{State: task.Failed, Input: run.Input, StartedAt: run.StartedAt, Failure: f}
}

// flow is where a document's edges lead.
type flow struct {
	nodes []workflow.Node
	next  map[string][]workflow.Edge
}

func flowOf(doc *workflow.Document) flow {
	f := flow{nodes: doc.Nodes, next: map[string][]workflow.Edge{}}
	for _, e := range doc.Edges {
		f.next[e.From] = append(f.next[e.From], e)
	}
	return f
}

// behind is the set of nodes that some edges lead to.
func (f flow) behind(edges []workflow.Edge) map[string]bool {
	found := map[string]bool{}
	for queue := slices.Clone(edges); len(queue) > 0; {
		to := queue[0].To
		queue = queue[1:]
		if !found[to] {
			found[to] = true
			queue = append(queue, f.next[to]...)
		}
	}
	return found
}

// from is the set of a node and all that come after it. After a node within a loop
// comes what follows the loop, too; the others of its body do not.
func (f flow) from(id string) map[string]bool {
	all := f.behind(f.next[id])
	all[id] = true
	for _, n := range f.nodes {
		if body, after := f.loop(n); body[id] {
			maps.Copy(all, after)
		}
	}
	return all
}

// loop gives the body of a loop and what follows it; nothing for other nodes.
func (f flow) loop(n workflow.Node) (body, after map[string]bool) {
	if n.Type != "loop" {
		return nil, nil
	}
	var in, out []workflow.Edge
	for _, e := range f.next[n.ID] {
		if e.Port == "body" {
			in = append(in, e)
		} else {
			out = append(out, e)
		}
	}
	return f.behind(in), f.behind(out)
}

// goesOnAfter is the set of nodes whose failure does not end the execution: by their
// own on_error, or that of a loop around them.
func (f flow) goesOnAfter() map[string]bool {
	goesOn := map[string]bool{}
	for _, n := range f.nodes {
		if n.OnError == workflow.OnErrorContinue || n.OnError == workflow.OnErrorBranch {
			goesOn[n.ID] = true
		}
		if body, _ := f.loop(n); n.OnError == workflow.OnErrorContinue {
			maps.Copy(goesOn, body)
		}
	}
	return goesOn
}
