package main_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

type view struct {
	Status string
	Output map[string]any
	Nodes  []struct {
		ID, Status  string
		ApprovalURL string `json:"approval_url"`
		Child       string `json:"execution_id"`
		Output      map[string]any
	}
}

// asked waits until the execution that another one runs asks for its approval, and
// gives the path of the link: the port is another one after every start.
func (p *process) asked(t *testing.T, parent string) (child, link string) {
	t.Helper()
	p.until(t, func(ctx context.Context) bool {
		var outer, inner view
		if _, err := p.call(ctx, "GET", "/v1/executions/"+parent, nil, &outer); err != nil || len(outer.Nodes) == 0 || outer.Nodes[0].Child == "" {
			return false
		}
		child = outer.Nodes[0].Child
		if _, err := p.call(ctx, "GET", "/v1/executions/"+child, nil, &inner); err != nil || len(inner.Nodes) == 0 {
			return false
		}
		_, link, _ = strings.Cut(inner.Nodes[0].ApprovalURL, "/approvals/")
		return link != ""
	})
	return child, "/approvals/" + link
}

func (p *process) until(t *testing.T, is func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it does not come to what is waited for: %s", p.stderr)
		}
	}
}

// TestApprovalsSurviveSIGKILL asks for approvals from workflows that other workflows
// run, and kills the process before, while and after they are answered. Each link
// outlives it, people are not told twice, one answer counts, and what follows happens once.
func TestApprovalsSurviveSIGKILL(t *testing.T) {
	service := &stub{calls: map[string]int{}}
	server := httptest.NewServer(service)
	defer server.Close()
	data := t.TempDir()
	post := func(body string) map[string]any {
		return map[string]any{"method": "POST", "url": server.URL, "body_type": "text", "body": body}
	}
	p := start(t, data)
	var agent, asks, runs made
	p.must(t, "POST", "/v1/agents", map[string]any{"name": "Ada"}, &agent)
	p.must(t, "POST", "/v1/agents/"+agent.ID+"/workflows", map[string]any{
		"name": "Ask", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{
			map[string]any{"id": "ask", "type": "approval", "config": map[string]any{
				"message": "Go on?", "timeout_seconds": 600,
				"notify": map[string]any{"action": "http.request", "config": post("ask {{execution.id}}")},
			}},
			map[string]any{"id": "yes", "type": "http.request", "config": post("yes {{execution.id}}")},
			map[string]any{"id": "no", "type": "http.request", "config": post("no {{execution.id}}")},
		},
		"edges": []any{
			map[string]any{"from": "trigger", "to": "ask"}, map[string]any{"from": "ask", "port": "approved", "to": "yes"},
			map[string]any{"from": "ask", "port": "rejected", "to": "no"},
		},
		"output": map[string]any{"decision": "{{steps.ask.decision}}"},
	}, &asks)
	p.must(t, "POST", "/v1/workflows/"+asks.ID+"/publish", nil, nil)
	p.must(t, "POST", "/v1/agents/"+agent.ID+"/workflows", map[string]any{
		"name": "Run", "trigger": map[string]any{"type": "manual"},
		"nodes": []any{map[string]any{"id": "call", "type": "workflow", "config": map[string]any{"workflow": asks.ID}}},
		"edges": []any{map[string]any{"from": "trigger", "to": "call"}},
	}, &runs)
	p.must(t, "POST", "/v1/workflows/"+runs.ID+"/publish", nil, nil)

	random := rand.New(rand.NewPCG(3, 4))
	const rounds, each = 4, 4
	decisions := map[string]string{} // by parent
	links := map[string]string{}
	children := map[string]string{}
	for range rounds {
		var parents []string
		for range each {
			var x made
			p.must(t, "POST", "/v1/workflows/"+runs.ID+"/executions", map[string]any{}, &x)
			parents = append(parents, x.ID)
		}
		p.kill()
		p = start(t, data)
		for _, id := range parents {
			children[id], links[id] = p.asked(t, id)
		}
		// Half of them are answered while the process dies: what was acknowledged counts.
		var clients sync.WaitGroup
		var mu sync.Mutex
		for n, id := range parents[:each/2] {
			clients.Go(func() {
				decision := []string{"approved", "rejected"}[n%2]
				if status, _ := p.call(t.Context(), "POST", links[id], map[string]any{"decision": decision}, nil); status == http.StatusOK {
					mu.Lock()
					decisions[id] = decision
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(random.IntN(8000)) * time.Microsecond) // the moment is what is random
		p.kill()
		clients.Wait()
		p = start(t, data)
		for _, id := range parents {
			status, err := p.call(t.Context(), "POST", links[id], map[string]any{"decision": "approved"}, nil)
			switch {
			case decisions[id] != "" && status != http.StatusConflict:
				t.Errorf("a second answer to %s: %d, %v", id, status, err)
			case decisions[id] == "" && status == http.StatusOK:
				decisions[id] = "approved"
			case decisions[id] == "" && status != http.StatusConflict: // or the first answer was stored, and nobody was told
				t.Errorf("answering %s: %d, %v", id, status, err)
			}
		}
	}
	for id, link := range links {
		x := p.await(t, id)
		var outer view
		p.must(t, "GET", "/v1/executions/"+id, nil, &outer)
		decision, _ := outer.Nodes[0].Output["decision"].(string)
		if x.Status != "succeeded" {
			if x.Error == nil || x.Error.Name != "Workflow.Failed" {
				t.Errorf("%s ended as %+v", id, x)
			}
			continue // a call was cut off, which is TestSurvivesSIGKILL's
		}
		if want := decisions[id]; want != "" && decision != want {
			t.Errorf("%s was %s, but %s was acknowledged", id, decision, want)
		}
		word := map[string]string{"approved": "yes ", "rejected": "no "}[decision]
		if n := service.count(word + children[id]); n != 1 {
			t.Errorf("what follows %s was done %d times", id, n)
		}
		// Where the process died while it told them, nobody knows, and they are not told again.
		if n := service.count("ask " + children[id]); n > 1 {
			t.Errorf("people were told %d times of %s", n, link)
		}
	}
}
