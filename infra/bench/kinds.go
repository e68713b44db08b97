package main

import "time"

// kind is a part of the mixed load.
type kind struct {
	name      string
	weight    int           // of all starts, in percent
	document  draw          // its workflow
	status    string        // how its executions end
	calls     int           // of services, by each execution
	fewer     bool          // whether it may be fewer: a circuit breaker saves the failing service calls
	takes     time.Duration // at least, from the start to the end
	troubled  bool          // whether it uses the failing or the slow service
	quick     bool          // whether it waits for nothing, so that the maximum is measured with it
	respond   string        // of webhooks: modeWait or modeDurable
	byEvent   bool
	bySomeone bool // whether it waits for an approval
}

type draw func(k kind, s *services) map[string]any

// The kinds. What the troubled ones have goes to the first kind while trouble is off,
// so the rate stays the same.
func kinds() []kind {
	return []kind{
		{name: "answered", weight: 30, document: orders, respond: modeWait, status: "succeeded", calls: 2, quick: true},
		{name: "durable", weight: 30, document: orders, respond: modeDurable, status: "succeeded", calls: 2, quick: true},
		{name: "loop", weight: 8, document: loops, respond: modeDurable, status: "succeeded", calls: 5, quick: true},
		{name: "wait", weight: 8, document: waits, respond: modeDurable, status: "succeeded", calls: 1, takes: time.Second},
		{name: "approval", weight: 4, document: approvals, respond: modeDurable, status: "succeeded", calls: 1, bySomeone: true},
		{name: "event", weight: 6, document: events, byEvent: true, status: "succeeded", calls: 1, quick: true},
		{name: "large", weight: 2, document: larges, respond: modeDurable, status: "succeeded", calls: 2, quick: true},
		{name: "failing", weight: 6, document: failures, respond: modeDurable, status: "failed", calls: 1, fewer: true, troubled: true},
		{name: "slow", weight: 6, document: slows, respond: modeDurable, status: "succeeded", calls: 1, takes: slowness, troubled: true},
	}
}

// number is the template of a start's number.
const number = "{{trigger.body.id}}"

func webhook(k kind, nodes, edges []any) map[string]any {
	return map[string]any{
		"name": k.name, "trigger": map[string]any{"type": "webhook", "config": map[string]any{"respond": k.respond}}, "nodes": nodes, "edges": edges,
	}
}

func node(id, kind string, config map[string]any) map[string]any {
	return map[string]any{"id": id, "type": kind, "config": config}
}

func calling(id, url, body string) map[string]any {
	return node(id, "http.request", map[string]any{"method": "POST", "url": url, "body_type": "text", "body": body})
}

func edge(from, to string) map[string]any { return map[string]any{"from": from, "to": to} }

func through(port string, e map[string]any) map[string]any {
	e["port"] = port
	return e
}

func orders(k kind, s *services) map[string]any {
	return webhook(k, []any{
		node("vars", "set", map[string]any{"values": map[string]any{
			"who": "{{trigger.body.name | upper}}", "line": "Order {{trigger.body.id}} of {{trigger.body.total}} EUR", "total": "{{trigger.body.total}}",
		}}),
		calling("first", s.well.URL+"/first", number),
		node("is_big", "condition", map[string]any{"all": []any{map[string]any{"left": "{{steps.first.body.total}}", "op": "gt", "right": 1000}}}),
		calling("second", s.well.URL+"/second", number),
	}, []any{edge("trigger", "vars"), edge("vars", "first"), edge("first", "is_big"), through("true", edge("is_big", "second"))})
}

func loops(k kind, s *services) map[string]any {
	return webhook(k, []any{
		node("each", "loop", map[string]any{"items": "{{trigger.body.items}}", "concurrency": 3}),
		calling("one", s.well.URL+"/{{item}}", number),
	}, []any{edge("trigger", "each"), through("body", edge("each", "one"))})
}

func waits(k kind, s *services) map[string]any {
	return webhook(k, []any{
		node("pause", "wait", map[string]any{"seconds": 1}), calling("after", s.well.URL+"/after", number),
	}, []any{edge("trigger", "pause"), edge("pause", "after")})
}

func approvals(k kind, s *services) map[string]any {
	return webhook(k, []any{
		node("ask", "approval", map[string]any{"message": "Order {{trigger.body.id}}?", "timeout_seconds": 600}),
		calling("after", s.well.URL+"/approved", number),
	}, []any{edge("trigger", "ask"), through("approved", edge("ask", "after"))})
}

func events(k kind, s *services) map[string]any {
	return map[string]any{
		"name": k.name, "trigger": map[string]any{"type": "event", "config": map[string]any{"source": "bench", "detail_type": "order"}},
		"nodes": []any{calling("call", s.well.URL+"/event", "{{trigger.detail.id}}")}, "edges": []any{edge("trigger", "call")},
	}
}

func larges(k kind, s *services) map[string]any {
	return webhook(k, []any{
		calling("big", s.well.URL+"/large", number),
		calling("after", s.well.URL+"/after", number+" {{steps.big.body.data}}"),
	}, []any{edge("trigger", "big"), edge("big", "after")})
}

func failures(k kind, s *services) map[string]any {
	call := calling("call", s.failing.URL, number)
	call["retry"] = map[string]any{"max_attempts": 1}
	return webhook(k, []any{call}, []any{edge("trigger", "call")})
}

func slows(k kind, s *services) map[string]any {
	return webhook(k, []any{calling("call", s.slow.URL, number)}, []any{edge("trigger", "call")})
}

// scheduled is a workflow that runs every minute; it is no kind, since nobody starts it.
func scheduled(s *services) map[string]any {
	return map[string]any{
		"name": "schedule", "trigger": map[string]any{"type": "schedule", "config": map[string]any{"cron": "* * * * *", "timezone": "UTC"}},
		"nodes": []any{calling("call", s.well.URL+"/schedule", "on time")}, "edges": []any{edge("trigger", "call")},
	}
}
