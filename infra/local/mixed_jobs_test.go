package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A mixedKind is a workflow and how it is started.
type mixedKind struct {
	name, workflow, hook string
	start                func(context.Context, *lives, *mixedJob) error // sets the job's id
	// want gives the calls that an execution that succeeds has made, and its output.
	want        func(*mixedJob) (calls []string, output any)
	callerWaits bool // for the output, and there is no key: a kill ends it
	triesAgain  bool // when a start is not acknowledged, there is another
	mustSucceed bool // its calls may be repeated
}

// A mixedJob is one execution that somebody wants.
type mixedJob struct {
	kind     *mixedKind
	name     string
	try      int
	id       string
	accepted string // which answer to its approval was
	ended    mixedExecution
	err      error
}

type mixedExecution struct {
	execution
	Output json.RawMessage
	Nodes  []struct {
		ID string
		mixedRun
		ApprovalURL string `json:"approval_url"`
		Child       string `json:"execution_id"`
		Iterations  []mixedRun
	}
}

type mixedRun struct {
	Status    string
	StartedAt time.Time `json:"started_at"`
	StoppedAt time.Time `json:"stopped_at"`
	Error     *struct{ Name string }
}

// key names the job in its calls: another start, after one that was not
// acknowledged, is another execution.
func (job *mixedJob) key() string { return fmt.Sprintf("%s.%d", job.name, job.try) }

// run starts it, answers what it asks, and waits until it has ended.
func (job *mixedJob) run(ctx context.Context, l *lives) error {
	if err := job.kind.start(ctx, l, job); err != nil || job.kind.callerWaits {
		return err
	}
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for answered := false; ; {
		var x mixedExecution
		if _, err := l.call(ctx, request{method: "GET", path: "/v1/executions/" + job.id, answer: &x}); err != nil {
			return err
		}
		if x.Status != "running" {
			job.ended = x
			return nil
		}
		for _, n := range x.Nodes {
			if _, link, asks := strings.Cut(n.ApprovalURL, "/approvals/"); asks && !answered {
				answered = true
				if err := job.approve(ctx, l, "/approvals/"+link); err != nil {
					return err
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s is still running", job.id)
		}
	}
}

// approve has two people answer at once, each until there is a reply.
func (job *mixedJob) approve(ctx context.Context, l *lives, path string) error {
	decisions := []string{"approved", "rejected"}
	var statuses [2]int
	var errs [2]error
	var people sync.WaitGroup
	for i, decision := range decisions {
		people.Go(func() {
			statuses[i], errs[i] = l.call(ctx, request{method: "POST", path: path, body: map[string]any{"decision": decision}})
		})
	}
	people.Wait()
	for i, status := range statuses {
		switch {
		case status == http.StatusOK && job.accepted != "":
			return errors.New("both answers to the approval were accepted")
		case status == http.StatusOK:
			job.accepted = decisions[i]
		case status != http.StatusConflict: // the other one, or this one before a kill
			return errs[i]
		}
	}
	return nil
}

// Ways to start.

func startByKey(ctx context.Context, l *lives, job *mixedJob) error {
	var x made
	_, err := l.call(ctx, request{method: "POST", path: "/v1/workflows/" + job.kind.workflow + "/executions", answer: &x, body: map[string]any{
		"input": map[string]any{"job": job.key()}, "idempotency_key": job.name,
	}})
	job.id = x.ID
	return err
}

// startByHook calls the webhook with a key; the answer has the execution's id,
// because it is said at once, is the output, or is the failure's.
func startByHook(ctx context.Context, l *lives, job *mixedJob) error {
	var x made
	var failed struct {
		ID string `json:"execution"`
	}
	status, err := l.call(ctx, request{
		method: "POST", path: job.kind.hook, header: http.Header{"Idempotency-Key": {job.name}},
		body: map[string]any{"job": job.key()}, answer: &x, problem: &failed,
	})
	if job.id = x.ID; status == http.StatusBadGateway && failed.ID != "" {
		job.id, err = failed.ID, nil
	}
	return err
}

// startAndWait calls the webhook without a key, until there is an answer.
func startAndWait(ctx context.Context, l *lives, job *mixedJob) error {
	for ; ; job.try++ {
		status, err := l.once(ctx, request{method: "POST", path: job.kind.hook, body: map[string]any{"job": job.key()}, answer: &job.ended.Output})
		if status == 0 && ctx.Err() == nil {
			continue
		}
		job.ended.Status = "succeeded"
		return err
	}
}

// startByEvent puts an event on the bus, until that is acknowledged.
func startByEvent(ctx context.Context, l *lives, job *mixedJob) error {
	for ; ; job.try++ {
		var put struct{ Executions []string }
		status, err := l.once(ctx, request{method: "POST", path: "/v1/events", answer: &put, body: map[string]any{
			"source": "mixed", "detail_type": "job", "detail": map[string]any{"job": job.key()},
		}})
		switch {
		case status == 0 && ctx.Err() == nil:
			continue
		case err != nil:
			return err
		case len(put.Executions) != 1:
			return fmt.Errorf("the event started %v", put.Executions)
		}
		job.id = put.Executions[0]
		return nil
	}
}

// drawing has what the workflows are drawn with; at is where the job's key is.
type drawing struct{ url, at string }

type node = map[string]any

// post does something; what names it, and what it is: see mixedService.
func (d drawing) post(id, what string) node {
	return node{"id": id, "type": "http.request", "config": node{"method": "POST", "url": d.url, "body_type": "text", "body": what + " {{" + d.at + "}}"}}
}

func with(n node, members node) node {
	for name, value := range members {
		n[name] = value
	}
	return n
}

// edges reads lines as {"a", "b"} and {"a.port", "b"}.
func edges(lines ...[2]string) []node {
	var all []node
	for _, line := range lines {
		from, port, _ := strings.Cut(line[0], ".")
		all = append(all, node{"from": from, "to": line[1], "port": port})
	}
	return all
}

// publishMixed publishes the workflows of all kinds.
func publishMixed(t *testing.T, p *process, url string) []*mixedKind {
	t.Helper()
	var agent made
	p.must(t, "POST", "/v1/agents", node{"name": "Ada"}, &agent)
	manual := node{"type": "manual"}
	m, w, e := drawing{url, "trigger.input.job"}, drawing{url, "trigger.body.job"}, drawing{url, "trigger.detail.job"}
	did := func(job *mixedJob, calls ...string) []string {
		for i := range calls {
			calls[i] += " " + job.key()
		}
		return calls
	}
	publish := func(name string, trigger node, nodes []node, edges []node, output any) (workflow, hook string) {
		return p.publishFor(t, agent.ID, node{"name": name, "trigger": trigger, "nodes": nodes, "edges": edges, "output": output})
	}
	var all []*mixedKind
	add := func(k mixedKind, trigger node, nodes []node, edges []node, output any) {
		k.workflow, k.hook = publish(k.name, trigger, nodes, edges, output)
		all = append(all, &k)
	}
	wait := node{"id": "pause", "type": "wait", "config": node{"seconds": 1}}

	add(mixedKind{name: "waits", start: startByKey, want: func(job *mixedJob) ([]string, any) {
		return did(job, "before", "after"), node{"did": "after " + job.key()}
	}}, manual, []node{m.post("a", "before"), wait, m.post("b", "after")}, edges([2]string{"trigger", "a"}, [2]string{"a", "pause"}, [2]string{"pause", "b"}),
		node{"did": "{{steps.b.body.did}}"})

	add(mixedKind{name: "retries", start: startByKey, want: func(job *mixedJob) ([]string, any) {
		return did(job, "first", "limited"), node{"did": "limited " + job.key()}
	}}, manual, []node{m.post("a", "first"), with(m.post("b", "limited"), node{"retry": node{"max_attempts": 3, "interval_seconds": 1, "backoff_rate": 1}})},
		edges([2]string{"trigger", "a"}, [2]string{"a", "b"}), node{"did": "{{steps.b.body.did}}"})

	add(mixedKind{name: "repeats", start: startByKey, mustSucceed: true, want: func(job *mixedJob) ([]string, any) {
		return did(job, "harmless one", "harmless two"), node{"did": "harmless two " + job.key()}
	}}, manual, []node{with(m.post("a", "harmless one"), node{"on_uncertain": "repeat"}), with(m.post("b", "harmless two"), node{"on_uncertain": "repeat"})},
		edges([2]string{"trigger", "a"}, [2]string{"a", "b"}), node{"did": "{{steps.b.body.did}}"})

	add(mixedKind{name: "fails", start: startByKey, want: func(job *mixedJob) ([]string, any) {
		var output struct{ Error string }
		_ = json.Unmarshal(job.ended.Output, &output)
		if output.Error == "Connector.Uncertain" { // the call that fails was cut off, which leads the same way
			return did(job, "mended"), node{"error": output.Error}
		}
		return did(job, "mended"), node{"error": "Connector.InvalidInput"}
	}}, manual, []node{with(m.post("a", "wrong"), node{"on_error": "branch"}), m.post("b", "never"), m.post("c", "mended")},
		edges([2]string{"trigger", "a"}, [2]string{"a", "b"}, [2]string{"a.error", "c"}), node{"error": "{{steps.a.error.name}}"})

	add(mixedKind{name: "loops", start: startByKey, want: func(job *mixedJob) ([]string, any) {
		row := func(cells ...int) node {
			results := []any{}
			for _, n := range cells {
				results = append(results, node{"kept": node{"did": fmt.Sprintf("cell %d %s", n, job.key())}})
			}
			return node{"cells": node{"results": results}}
		}
		return did(job, "cell 1", "cell 2", "cell 3", "cell 4", "end"), []any{row(1, 2), row(), row(3, 4)}
	}}, manual, []node{
		{"id": "rows", "type": "loop", "config": node{"items": []any{[]any{1, 2}, []any{}, []any{3, 4}}, "concurrency": 2}},
		{"id": "cells", "type": "loop", "config": node{"items": "{{item}}", "concurrency": 2}},
		m.post("cell", "cell {{item}}"), {"id": "kept", "type": "set", "config": node{"values": node{"did": "{{steps.cell.body.did}}"}}}, m.post("end", "end"),
	}, edges([2]string{"trigger", "rows"}, [2]string{"rows.body", "cells"}, [2]string{"cells.body", "cell"}, [2]string{"cell", "kept"}, [2]string{"rows.done", "end"}),
		"{{steps.rows.results}}")

	add(mixedKind{name: "forks", start: startByKey, want: func(job *mixedJob) ([]string, any) {
		return did(job, "first", "left", "right", "joined", "case"), node{"did": "joined " + job.key()}
	}}, manual, []node{
		m.post("a", "first"), m.post("l", "left"), wait, m.post("r", "right"), m.post("join", "joined"),
		{"id": "which", "type": "switch", "config": node{"value": "{{steps.a.status}}", "cases": []any{node{"name": "fine", "equals": 200}}}},
		m.post("c", "case"), m.post("d", "never"),
	}, edges([2]string{"trigger", "a"}, [2]string{"a", "l"}, [2]string{"a", "pause"}, [2]string{"pause", "r"}, [2]string{"l", "join"}, [2]string{"r", "join"},
		[2]string{"a", "which"}, [2]string{"which.fine", "c"}, [2]string{"which.default", "d"}, [2]string{"c", "join"}), node{"did": "{{steps.join.body.did}}"})

	add(mixedKind{name: "asks", start: startByKey, want: func(job *mixedJob) ([]string, any) {
		decision := job.accepted
		if decision == "" { // both were told that there is an answer: the first one's reply was lost
			var output struct{ Decision string }
			_ = json.Unmarshal(job.ended.Output, &output)
			decision = output.Decision
		}
		return did(job, map[string]string{"approved": "yes", "rejected": "no"}[decision]), node{"decision": decision}
	}}, manual, []node{
		{"id": "ask", "type": "approval", "config": node{"message": "Go on?", "timeout_seconds": 600}}, m.post("yes", "yes"), m.post("no", "no"),
	}, edges([2]string{"trigger", "ask"}, [2]string{"ask.approved", "yes"}, [2]string{"ask.rejected", "no"}), node{"decision": "{{steps.ask.decision}}"})

	child, _ := publish("child", manual, []node{m.post("a", "child"), m.post("b", "grown")}, edges([2]string{"trigger", "a"}, [2]string{"a", "b"}), node{"did": "{{steps.b.body.did}}"})
	add(mixedKind{name: "runs", start: startByKey, want: func(job *mixedJob) ([]string, any) {
		return did(job, "child", "grown", "parent"), node{"did": "grown " + job.key()}
	}}, manual, []node{
		{"id": "call", "type": "workflow", "config": node{"workflow": child, "input": node{"job": "{{trigger.input.job}}"}}}, m.post("b", "parent"),
	}, edges([2]string{"trigger", "call"}, [2]string{"call", "b"}), node{"did": "{{steps.call.did}}"})

	hooked := func(respond string) node {
		return node{"type": "webhook", "config": node{"respond": respond}}
	}
	twoPosts := func(d drawing) ([]node, []node, any) {
		return []node{d.post("a", "one"), d.post("b", "two")}, edges([2]string{"trigger", "a"}, [2]string{"a", "b"}), node{"id": "{{execution.id}}", "did": "{{steps.b.body.did}}"}
	}
	wantTwo := func(job *mixedJob) ([]string, any) {
		return did(job, "one", "two"), node{"id": job.id, "did": "two " + job.key()}
	}
	nodes, lines, output := twoPosts(w)
	add(mixedKind{name: "posts", start: startByHook, want: wantTwo}, hooked("immediately"), nodes, lines, output)
	add(mixedKind{name: "answers", start: startByHook, want: wantTwo}, hooked("when_finished"), nodes, lines, output)
	add(mixedKind{name: "awaits", start: startAndWait, want: wantTwo, callerWaits: true, triesAgain: true}, hooked("when_finished"), nodes, lines, output)
	nodes, lines, output = twoPosts(e)
	add(mixedKind{name: "listens", start: startByEvent, want: wantTwo, triesAgain: true}, node{"type": "event", "config": node{"source": "mixed", "detail_type": "job"}}, nodes, lines, output)
	return all
}
