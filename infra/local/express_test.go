package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestExpressSurvivesSIGKILL kills the process while callers wait for outputs. What
// they do not wait for, because they gave a key, or were told an id, ends as usual;
// what they did wait for ends as interrupted, if it can be found at all. No call is
// made twice.
func TestExpressSurvivesSIGKILL(t *testing.T) {
	service := &stub{calls: map[string]int{}}
	server := httptest.NewServer(service)
	defer server.Close()
	data := t.TempDir()
	post := func(id string) map[string]any {
		return map[string]any{"id": id, "type": "http.request", "config": map[string]any{
			"method": "POST", "url": server.URL, "body_type": "text", "body": "{{execution.id}}/" + id,
		}}
	}
	p := start(t, data)
	workflow := p.publish(t, map[string]any{
		"name": "Two calls", "trigger": map[string]any{"type": "webhook", "config": map[string]any{"respond": "when_finished"}},
		"nodes": []any{post("a"), map[string]any{"id": "pause", "type": "wait", "config": map[string]any{"seconds": 1}}, post("b")},
		"edges": []any{
			map[string]any{"from": "trigger", "to": "a"}, map[string]any{"from": "a", "to": "pause"}, map[string]any{"from": "pause", "to": "b"},
		},
		"output": map[string]any{"id": "{{execution.id}}"},
	})
	var detail struct {
		WebhookURL string `json:"webhook_url"`
	}
	p.must(t, "GET", "/v1/workflows/"+workflow, nil, &detail)
	hook := detail.WebhookURL[len(p.url):]

	var mu sync.Mutex
	answered, promised := map[string]time.Time{}, map[string]bool{}
	var kills []time.Time
	random := rand.New(rand.NewPCG(3, 4))
	for range 3 {
		var clients sync.WaitGroup
		life := p
		for range 4 {
			clients.Go(func() { // who waits
				for {
					var out made
					if _, err := life.call(t.Context(), "POST", hook, map[string]any{}, &out); err != nil {
						return
					}
					mu.Lock()
					answered[out.ID] = time.Now()
					mu.Unlock()
				}
			})
		}
		clients.Go(func() { // who is told the id
			for n := 0; ; n++ {
				var x made
				if _, err := life.call(t.Context(), "POST", "/v1/workflows/"+workflow+"/executions", map[string]any{}, &x); err != nil {
					return
				}
				mu.Lock()
				promised[x.ID] = true
				mu.Unlock()
			}
		})
		time.Sleep(time.Duration(1100+random.IntN(400)) * time.Millisecond) // the moment is what is random
		kills = append(kills, time.Now())
		p.kill()
		clients.Wait()
		p = start(t, data)
	}
	if len(answered) == 0 || len(promised) == 0 {
		t.Fatalf("%d answered, %d promised: nothing was tested", len(answered), len(promised))
	}
	ended := map[string]int{}
	for id := range promised {
		name := ending(p.await(t, id))
		ended[name]++
		if name != "succeeded" && name != "failed Connector.Uncertain" {
			t.Errorf("%s, whose id was told, ended as %s", id, name)
		}
	}
	found := map[string]string{}
	for _, x := range p.executions(t, workflow) {
		name := ending(p.await(t, x.ID))
		found[x.ID] = name
		ended[name]++
		if name == "failed Execution.Interrupted" && !promised[x.ID] {
			p.wantNotRedriven(t, x.ID)
		} else if name != "succeeded" && !promised[x.ID] {
			t.Errorf("%s, whose caller waited, ended as %s", x.ID, name)
		}
	}
	for id, at := range answered {
		// What was answered is on disk 50 ms later, or what a busy machine makes of that.
		late := slices.ContainsFunc(kills, func(kill time.Time) bool { return at.Before(kill) && kill.Sub(at) < 500*time.Millisecond })
		if found[id] != "succeeded" && !late {
			t.Errorf("%s was answered long before a kill, and is %q", id, found[id])
		}
	}
	if ended["failed Execution.Interrupted"] == 0 {
		t.Errorf("no execution was interrupted: %v", ended)
	}
	service.mu.Lock()
	defer service.mu.Unlock()
	for call, n := range service.calls {
		if n > 1 {
			t.Errorf("the call %s was made %d times", call, n)
		}
	}
	t.Logf("%d answered, %d promised: %v", len(answered), len(promised), ended)
}

func ending(x execution) string {
	if x.Error != nil {
		return x.Status + " " + x.Error.Name
	}
	return x.Status
}

// executions lists all of a workflow.
func (p *process) executions(t *testing.T, workflow string) []execution {
	t.Helper()
	var all []execution
	cursor := ""
	for {
		var page struct {
			Items []execution `json:"items"`
			Next  string      `json:"next_cursor"`
		}
		p.must(t, "GET", fmt.Sprintf("/v1/workflows/%s/executions?limit=200&cursor=%s", workflow, cursor), nil, &page)
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

func (p *process) wantNotRedriven(t *testing.T, id string) {
	t.Helper()
	if status, err := p.call(t.Context(), "POST", "/v1/executions/"+id+"/redrive", nil, nil); status != 409 {
		t.Errorf("redriving an interrupted execution: %d, %v", status, err)
	}
}

// TestExpressGoesOnAfterSIGTERM stops the process cleanly while a caller waits: it
// is told the id, and the execution goes on at the next start.
func TestExpressGoesOnAfterSIGTERM(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	workflow := p.publish(t, map[string]any{
		"name": "A pause", "trigger": map[string]any{"type": "webhook", "config": map[string]any{"respond": "when_finished"}},
		"nodes": []any{map[string]any{"id": "pause", "type": "wait", "config": map[string]any{"seconds": 3}}},
		"edges": []any{map[string]any{"from": "trigger", "to": "pause"}},
	})
	var detail struct {
		WebhookURL string `json:"webhook_url"`
	}
	p.must(t, "GET", "/v1/workflows/"+workflow, nil, &detail)
	told := make(chan string, 1)
	go func() {
		var x made
		status, err := p.call(t.Context(), "POST", detail.WebhookURL[len(p.url):], map[string]any{}, &x)
		if status != 202 {
			t.Errorf("the caller got %d, %v", status, err)
		}
		told <- x.ID
	}()
	for len(p.executions(t, workflow)) == 0 && t.Context().Err() == nil {
		time.Sleep(10 * time.Millisecond) // between polls
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	id := <-told
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, p.stderr)
	}
	if got := ending(start(t, data).await(t, id)); got != "succeeded" {
		t.Errorf("it ended as %s", got)
	}
}
