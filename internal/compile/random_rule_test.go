package compile_test

import (
	"slices"
)

// The rule, read literally: a node runs when every edge that can still reach it has
// been decided and at least one was taken. This shares no code with the compiler.

// outputs of the nodes that ran, by id.
type outputs map[string]map[string]any

// ending is how an execution may end before all is done. Where branches run side by
// side, there may be several, and time decides.
type ending struct {
	failed  bool
	stopped map[string]any // the output of a stop
	said    string         // the message of a stop that fails
}

// stops says whether a stop made the end, which no loop keeps back.
func (e ending) stops() bool { return !e.failed }

// reference is one run by the rule.
type reference struct {
	ran     map[string]int // how often each node runs, at most
	exact   bool           // and at least
	vague   bool           // time decides whether an item fails or the execution ends
	endings []ending
}

var failure = map[string]any{"error": map[string]any{"name": "Connector.InvalidInput", "message": "it failed"}}

// run runs a scope, with the outputs around it; it gives those of its own nodes.
func (r *reference) run(s *scope, around outputs, outcomes map[string]any) outputs {
	own := outputs{}
	seen := outputs{}
	for id, out := range around {
		seen[id] = out
	}
	left := map[string]string{} // the ports of the nodes that ran
	used := map[graphEdge]bool{}
	for _, e := range s.edges {
		used[graphEdge{from: e.from, port: e.port}] = true
	}
	never := map[string]bool{} // nodes at which the execution ends, and behind them
	for _, n := range s.nodes {
		taken, undecided := false, false
		for _, e := range s.edges {
			if e.to != n.id {
				continue
			}
			port, ran := left[e.from]
			taken = taken || e.from == entry || ran && port == e.port
			undecided = undecided || never[e.from]
		}
		switch {
		case undecided:
			never[n.id] = true
			continue
		case !taken:
			continue
		}
		r.ran[n.id]++
		out, port, ends := r.node(n, seen, outcomes[n.id])
		if ends {
			never[n.id] = true
			continue
		}
		if n.kind == "pick" && port != "error" && !used[graphEdge{from: n.id, port: port}] {
			port = "" // which stands in for those that lead nowhere
		}
		own[n.id], seen[n.id], left[n.id] = out, out, port
	}
	return own
}

// node runs one, and says by which port it is left, or that the execution ends there.
func (r *reference) node(n *graphNode, seen outputs, outcome any) (out map[string]any, port string, ends bool) {
	text := ""
	for _, ref := range n.refs {
		said := "-"
		for _, member := range []string{"text", "decision"} {
			if v, ok := seen[ref][member].(string); ok {
				said = v
			}
		}
		text += "," + said
	}
	for _, ref := range n.errors {
		said := "-"
		if e, ok := seen[ref]["error"].(map[string]any); ok {
			said = e["message"].(string)
		}
		text += "," + said
	}
	for _, ref := range n.names {
		if seen[ref] == nil {
			text += ",-"
		} else {
			text += "," + ref
		}
	}
	happens, _ := outcome.(string)
	if happens == "fail" {
		switch n.onError {
		case "stop":
			r.endings = append(r.endings, ending{failed: true})
			return nil, "", true
		case "branch":
			return failure, "error", false
		}
		return failure, "", false
	}
	switch n.kind {
	case "act":
		return map[string]any{"text": n.id + "(ok" + text + ")"}, "", false
	case "pick":
		return map[string]any{"text": n.id + "(" + happens + text + ")", "picked": happens}, happens, false
	case "set":
		return map[string]any{"text": "t" + text, "v_" + n.id: n.id}, "", false
	case "wait":
		return map[string]any{}, "", false
	case "workflow":
		return map[string]any{"text": "ok"}, "", false
	case "condition":
		return map[string]any{"result": happens == "true"}, happens, false
	case "switch":
		return map[string]any{"case": happens}, happens, false
	case "approval":
		if happens == "timed_out" {
			return map[string]any{"decision": happens, "comment": "", "at": nil, "by": ""}, happens, false
		}
		return map[string]any{"decision": happens, "comment": "so", "at": "2026-01-01T00:00:00Z", "by": "owner"}, happens, false
	case "stop":
		if n.fails {
			r.endings = append(r.endings, ending{said: "end" + text})
			return nil, "", true
		}
		r.endings = append(r.endings, ending{stopped: map[string]any{n.id: map[string]any{"status": "succeeded", "message": "end" + text}}})
		return nil, "", true
	}
	return r.loop(n, seen, outcome.([]any))
}

// loop runs the body for every item.
func (r *reference) loop(n *graphNode, seen outputs, items []any) (out map[string]any, port string, ends bool) {
	results, failed := []any{}, false
	for _, item := range items {
		one := &reference{ran: r.ran, exact: true}
		outs := one.run(n.body, seen, item.(map[string]any))
		r.exact = r.exact && one.exact && len(one.endings) == 0
		stops := slices.ContainsFunc(one.endings, ending.stops)
		r.vague = r.vague || one.vague || stops && n.onError != "stop" && slices.ContainsFunc(one.endings, func(e ending) bool { return e.failed })
		switch {
		case len(one.endings) == 0:
			results = append(results, outs.ofEnds(n.body))
			continue
		case !stops && n.onError == "continue":
			results = append(results, failure)
			continue
		case !stops && n.onError == "branch":
			failed = true
		default:
			ends = true
			r.endings = append(r.endings, one.endings...)
		}
		if n.concurrency == 1 {
			break
		}
	}
	r.vague = r.vague || ends && failed
	switch {
	case ends:
		return nil, "", true
	case failed:
		return failure, "error", false
	}
	return map[string]any{"results": results}, "done", false
}

// output is that of a document: what it names, or that of its ends.
func (o outputs) output(s *scope) map[string]any {
	if s.output == nil {
		return o.ofEnds(s)
	}
	result := map[string]any{}
	for _, id := range s.output {
		result[id] = "-"
		if said, ok := o[id][find(s.nodes, id).said()]; ok {
			result[id] = said
		}
	}
	return result
}

// ofEnds is the output of a scope: that of the nodes that nothing follows, if they ran.
func (o outputs) ofEnds(s *scope) map[string]any {
	result := map[string]any{}
	for _, n := range s.nodes {
		if o[n.id] != nil && !slices.ContainsFunc(s.edges, func(e graphEdge) bool { return e.from == n.id }) {
			result[n.id] = o[n.id]
		}
	}
	return result
}
