//go:build unix

package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"switchboard/internal/local"
)

// world is a stack in this process, with a service that its workflow calls.
type world struct {
	stack   *local.Stack
	service *httptest.Server
	hook    string // path of the webhook
}

func (w *world) call(tb testing.TB, method, path string, body any) (int, map[string]any) {
	tb.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		tb.Fatal(err)
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(text))
	r.Header.Set("Authorization", "Bearer "+w.stack.Token)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	w.stack.Handler.ServeHTTP(answer, r)
	var v map[string]any
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &v); err != nil {
			tb.Fatalf("%s %s: %v: %s", method, path, err, answer.Body)
		}
	}
	return answer.Code, v
}

func (w *world) must(tb testing.TB, method, path string, body any) map[string]any {
	tb.Helper()
	status, v := w.call(tb, method, path, body)
	if status >= http.StatusMultipleChoices {
		tb.Fatalf("%s %s: %d %v", method, path, status, v)
	}
	return v
}

// open starts a stack with webhook → set → http → condition → http.
func open(tb testing.TB, respond string) *world {
	tb.Helper()
	w := &world{service: httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true,"total":1200}`)
	}))}
	tb.Cleanup(w.service.Close)
	var err error
	w.stack, err = local.Open(tb.Context(), local.Config{
		Data: tb.TempDir(), PublicURL: "http://localhost", AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := w.stack.StopRunning(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
		if err := w.stack.Close(); err != nil {
			tb.Error(err)
		}
	})
	post := func(id, body string) map[string]any {
		return map[string]any{"id": id, "type": "http.request", "config": map[string]any{
			"method": "POST", "url": w.service.URL, "body": map[string]any{"text": body},
		}}
	}
	agent := w.must(tb, "POST", "/v1/agents", map[string]any{"name": "Bench"})
	workflow := w.must(tb, "POST", fmt.Sprintf("/v1/agents/%s/workflows", agent["id"]), map[string]any{
		"name": "Bench", "trigger": map[string]any{"type": "webhook", "config": map[string]any{"respond": respond}},
		"nodes": []any{
			map[string]any{"id": "vars", "type": "set", "config": map[string]any{"values": map[string]any{
				"who": "{{trigger.body.name | upper}}", "line": "Order {{trigger.body.id}} of {{trigger.body.total}} EUR", "total": "{{trigger.body.total}}",
			}}},
			post("first", "{{line}} for {{who}}"),
			map[string]any{"id": "is_big", "type": "condition", "config": map[string]any{"all": []any{map[string]any{"left": "{{steps.first.body.total}}", "op": "gt", "right": 1000}}}},
			post("second", "{{line}}: {{steps.first.status}}"),
		},
		"edges": []any{
			map[string]any{"from": "trigger", "to": "vars"}, map[string]any{"from": "vars", "to": "first"},
			map[string]any{"from": "first", "to": "is_big"}, map[string]any{"from": "is_big", "port": "true", "to": "second"},
		},
		"output": map[string]any{"status": "{{steps.second.status | default: null}}"},
	})
	published := w.must(tb, "POST", fmt.Sprintf("/v1/workflows/%s/publish", workflow["id"]), nil)
	w.hook = strings.TrimPrefix(published["webhook_url"].(string), "http://localhost")
	return w
}

func (w *world) order(tb testing.TB) (int, map[string]any) {
	return w.call(tb, "POST", w.hook, map[string]any{"id": "A-1", "name": "Ann", "total": 1250.5})
}

// BenchmarkWhenFinished runs executions whose caller waits for the output, so many
// at once. The CPU is that of everything: caller, stack and called service.
func BenchmarkWhenFinished(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			w := open(b, "when_finished")
			b.ReportAllocs()
			together(b, clients, func() {
				if status, v := w.order(b); status != http.StatusOK || v["status"] != 200.0 {
					b.Errorf("%d %v", status, v)
				}
			})
		})
	}
}

// BenchmarkImmediately runs durable executions to their end.
func BenchmarkImmediately(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			w := open(b, "immediately")
			b.ReportAllocs()
			together(b, clients, func() {
				status, v := w.order(b)
				if status != http.StatusAccepted {
					b.Errorf("%d %v", status, v)
				}
				id, _ := v["id"].(string)
				if err := w.stack.Await(b.Context(), id); err != nil {
					b.Error(err)
				}
			})
		})
	}
}

// together runs b.N rounds on so many goroutines, and says what CPU they took.
func together(b *testing.B, goroutines int, round func()) {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	before := cpuTime(b)
	for range goroutines {
		all.Go(func() {
			for next.Add(1) <= int64(b.N) {
				round()
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
}

// cpuTime is what this process has used so far.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRead reads an execution with its nodes, as a poll does.
func BenchmarkRead(b *testing.B) {
	w := open(b, "immediately")
	_, x := w.order(b)
	id, _ := x["id"].(string)
	if err := w.stack.Await(b.Context(), id); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	together(b, 1, func() {
		if v := w.must(b, "GET", "/v1/executions/"+id, nil); v["status"] != "succeeded" {
			b.Errorf("%v", v)
		}
	})
}
