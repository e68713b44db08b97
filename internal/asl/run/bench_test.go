package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
)

// fiveStates has the shape of what people draw: call, decide, call, set, call.
const fiveStates = `{"QueryLanguage":"JSONata","StartAt":"Find","States":{
 "Find":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":30,
   "Arguments":{"FunctionName":"crm","Payload":{"execution":"{% $states.context.Execution.Id %}","node":"find","email":"{% $states.input.body.email %}"}},
   "Retry":[{"ErrorEquals":["Connector.RateLimited"],"MaxAttempts":2}],
   "Assign":{"find":"{% $states.result.Payload %}","trigger":"{% $states.input %}"},"Output":{},"Next":"Big"},
 "Big":{"Type":"Choice","Choices":[{"Condition":"{% $trigger.body.total > 1000 %}","Next":"Notify"}],"Default":"Notify"},
 "Notify":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":30,
   "Arguments":{"FunctionName":"slack","Payload":{"channel":"#orders","text":"{% 'Order ' & $trigger.body.id & ' of ' & $find.name %}"}},
   "Assign":{"notify":"{% $states.result.Payload %}"},"Output":{},"Next":"Set"},
 "Set":{"Type":"Pass","Assign":{"total":"{% $trigger.body.total * 2 %}"},"Next":"Log"},
 "Log":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":30,
   "Arguments":{"FunctionName":"sheets","Payload":{"row":["{% $trigger.body.id %}","{% $total %}"]}},
   "Output":{"ts":"{% $states.result.Payload.ts %}"},"End":true}}}`

var orderInput = json.RawMessage(`{"body":{"id":"o-17","email":"a@example.com","total":1200},"headers":{"content-type":"application/json"},"method":"POST"}`)

// nowhere is a journal without a disk.
type nowhere struct{}

func (nowhere) Append(...asl.Event) error { return nil }

func noop(context.Context, run.Invocation) (json.RawMessage, error) {
	return json.RawMessage(`{"name":"Ann","ts":"1700000000.1"}`), nil
}

func BenchmarkRunFiveStates(b *testing.B) {
	p := load(b, []byte(fiveStates))
	env := run.Env{Invoke: noop, Journal: nowhere{}}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			x := run.Execution{ID: "exe_1", Name: "exe_1", StateMachine: "wf_1", Input: orderInput}
			if res, err := p.Run(context.Background(), x, nil, env); err != nil || res.Status != run.Succeeded {
				b.Errorf("%+v, %v", res, err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(b, []byte(fiveStates))
	}
}

// mapOf runs a task for every item.
const mapOf = `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","End":true,"Items":"{%% [1..%d] %%}",
 "ItemSelector":{"i":"{%% $states.context.Map.Item.Index %%}"},"Output":"{%% $count($states.result) %%}",
 "ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"T","States":{
  "T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f","Payload":"{%% $states.input %%}"},"Output":1,"End":true}}}}}}`

// BenchmarkRunMap runs a Map of 10,000 items, each with one call.
func BenchmarkRunMap(b *testing.B) {
	p := load(b, fmt.Appendf(nil, mapOf, 10_000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Run(b.Context(), run.Execution{ID: "x"}, nil, run.Env{Invoke: noop, Journal: nowhere{}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReplayMap goes on from the history of a Map of 10,000 items at its end.
func BenchmarkReplayMap(b *testing.B) {
	p := load(b, fmt.Appendf(nil, mapOf, 10_000))
	j := &journal{}
	if _, err := p.Run(b.Context(), run.Execution{ID: "x"}, nil, run.Env{Invoke: noop, Journal: j}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Run(b.Context(), run.Execution{ID: "x"}, j.events[:len(j.events)-1], run.Env{Invoke: noop, Journal: nowhere{}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWaiting measures what an execution holds that waits for a year.
func BenchmarkWaiting(b *testing.B) {
	for name, resumed := range map[string]bool{"Begun": false, "Resumed": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(waiting(b, 5000, resumed), "B/execution")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// waiting runs n executions into a wait and gives the memory of each, heap and stack.
func waiting(t testing.TB, n int, resumed bool) float64 {
	p := load(t, []byte(`{"QueryLanguage":"JSONata","StartAt":"Find","States":{
	 "Find":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"crm","Payload":"{% $states.input %}"},
	   "Assign":{"find":"{% $states.result.Payload %}","trigger":"{% $states.input %}"},"Output":{},"Next":"Wait"},
	 "Wait":{"Type":"Wait","Seconds":31536000,"End":true}}}`))
	var history []asl.Event
	if resumed {
		ctx, cancel := context.WithCancel(t.Context())
		j := &journal{}
		env := run.Env{Invoke: noop, Journal: j, Sleep: func(context.Context, time.Time) error { cancel(); return ctx.Err() }}
		if _, err := p.Run(ctx, run.Execution{ID: "x", Input: orderInput}, nil, env); err == nil {
			t.Fatal("the execution did not wait")
		}
		history = j.events
	}
	ctx, cancel := context.WithCancel(t.Context())
	var asleep, done sync.WaitGroup
	asleep.Add(n)
	env := run.Env{Invoke: noop, Journal: nowhere{}, Sleep: func(ctx context.Context, _ time.Time) error {
		asleep.Done()
		<-ctx.Done()
		return ctx.Err()
	}}
	before := inUse()
	for range n {
		done.Go(func() { // every execution has its own input and history, as read from a store
			x := run.Execution{ID: "exe_1", Name: "exe_1", StateMachine: "wf_1", Input: append(json.RawMessage(nil), orderInput...)}
			_, _ = p.Run(ctx, x, append([]asl.Event(nil), history...), env)
		})
	}
	asleep.Wait()
	used := inUse() - before
	cancel()
	done.Wait()
	return used / float64(n)
}

func inUse() float64 {
	for range 5 { // also shrinks the stacks
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}
