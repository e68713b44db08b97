package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
)

const task = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"`

// TestRedrive ends executions while a service is down, and goes on when it is up.
func TestRedrive(t *testing.T) {
	tests := []struct {
		name, states string
		down         string // the function that fails, or takes for ever, at first
		abort        bool
		want         string
		calls        string // made after the redrive
	}{
		{
			name:   "TaskBeginsAgainWithItsFirstAttempt",
			states: `"A":{` + task + `ok"},"Output":1,"Next":"B"},"B":{` + task + `bad"},"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2}],"Output":2,"End":true}`,
			down:   "bad", want: `2`, calls: "B#1",
		},
		{
			name: "OnlyWhatFailedOrWasAbortedInAForkRunsAgain",
			states: `"A":{"Type":"Parallel","End":true,"Branches":[
				{"StartAt":"T","States":{"T":{` + task + `ok"},"Output":1,"End":true}}},
				{"StartAt":"V","States":{"V":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{` + task + `bad"},"Output":2,"End":true}}},
				{"StartAt":"S","States":{"S":{` + task + `slow"},"Output":3,"Next":"U"},"U":{` + task + `ok"},"Output":4,"End":true}}}]}`,
			down: "bad", want: `[1,2,4]`, calls: "B#1 S#1 U#1",
		},
		{
			name: "ChildrenOfEarlierAttemptsStayAsTheyAre",
			states: `"A":{"Type":"Map","Items":[1,2,3],"MaxConcurrency":1,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}],"End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},
				"StartAt":"T","States":{"T":{` + task + `ok"},"Output":"{% $states.input %}","Next":"C"},"C":{"Type":"Choice","Choices":[{"Condition":"{% $states.input = 2 %}","Next":"B"}],"Default":"D"},
				"D":{"Type":"Pass","End":true},"B":{` + task + `bad"},"Output":"b","End":true}}}}`,
			down: "bad", want: `[1,"b",3]`, calls: "B#1 T#1",
		},
		{
			name: "CaughtFailuresStayCaught",
			states: `"A":{"Type":"Parallel","Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true,"Branches":[
				{"StartAt":"B","States":{"B":{` + task + `bad"},"Output":2,"End":true}}}]},
				"C":{` + task + `bad"},"Output":"c","End":true}`,
			down: "bad", want: `"c"`, calls: "C#1",
		},
		{
			name: "NestedForks",
			states: `"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"M","States":{"M":{"Type":"Map","Items":[1,2],"End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},
				"StartAt":"T","States":{"T":{` + task + `ok"},"Next":"V"},"V":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{` + task + `bad"},"Output":2,"End":true}}}}}}]}`,
			down: "bad", want: `[[2,2]]`, calls: "B#1 B#1",
		},
		{
			name:   "AnAbortedWaitGoesOn",
			states: `"A":{"Type":"Wait","Seconds":3600,"Next":"B"},"B":{` + task + `ok"},"Output":"{% $states.context.State.EnteredTime %}","End":true}`,
			abort:  true, want: `"2000-01-01T01:00:00.000Z"`, calls: "B#1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			definition := []byte(`{"QueryLanguage":"JSONata","StartAt":"A","States":{` + tt.states + `}}`)
			p := load(t, definition)
			var whole []asl.Event
			synctest.Test(t, func(t *testing.T) {
				whole = endedBadly(t, p, tt.down, tt.abort)
				whole = append(whole, asl.Event{Kind: asl.ExecutionRedriven, At: time.Now()})
				var calls []string
				res, more := goOn(t, p, whole, &calls)
				checkResult(t, res, run.Result{Status: run.Succeeded, Output: []byte(tt.want)})
				slices.Sort(calls)
				if got := strings.Join(calls, " "); got != tt.calls {
					t.Errorf("the redrive called %q, want %q", got, tt.calls)
				}
				redriven := len(whole)
				whole = append(whole, more...)
				for cut := redriven; cut < len(whole); cut++ {
					var calls []string
					res, more := goOn(t, p, whole[:cut], &calls)
					checkResult(t, res, run.Result{Status: run.Succeeded, Output: []byte(tt.want)})
					joined := append(slices.Clone(whole[:cut]), more...)
					if diff := cmp.Diff(frames(whole), frames(joined)); diff != "" {
						t.Errorf("after %d events the histories differ (-whole +joined)\n%s", cut, diff)
					}
				}
			})
		})
	}
	t.Run("ErrSucceeded", func(t *testing.T) {
		w, j := newWorld(scenarios(t)["pass_default"]), &journal{}
		p := load(t, w.Definition)
		if _, err := p.Run(t.Context(), w.execution(), nil, w.env(j)); err != nil {
			t.Fatal(err)
		}
		past := slices.Concat(j.events, []asl.Event{{Kind: asl.ExecutionRedriven}})
		if _, err := p.Run(t.Context(), w.execution(), past, w.env(&journal{})); err == nil {
			t.Error("an execution that had succeeded was redriven")
		}
	})
	t.Run("TheTimeOfTheExecutionBeginsAnew", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := load(t, []byte(`{"QueryLanguage":"JSONata","TimeoutSeconds":60,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":90,"End":true}}}`))
			j := &journal{}
			res, err := p.Run(t.Context(), run.Execution{ID: "x"}, nil, run.Env{Invoke: noop, Journal: j})
			if err != nil || res.Status != run.TimedOut {
				t.Fatalf("result %+v, %v", res, err)
			}
			past := slices.Concat(j.events, []asl.Event{{Kind: asl.ExecutionRedriven, At: time.Now()}})
			res, _ = goOn(t, p, past, new([]string))
			checkResult(t, res, run.Result{Status: run.Succeeded, Output: []byte(`{}`)})
		})
	})
}

// endedBadly runs an execution to its end while one function is down, or until it
// is aborted after a minute.
func endedBadly(t *testing.T, p *run.Program, down string, abort bool) []asl.Event {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	if abort {
		time.AfterFunc(time.Minute, func() { cancel(&run.Aborted{}) })
	}
	j := &journal{}
	res, err := p.Run(ctx, run.Execution{ID: "x"}, nil, run.Env{Journal: j, Invoke: func(ctx context.Context, c run.Invocation) (json.RawMessage, error) {
		switch c.Function {
		case down:
			return nil, &run.TaskError{Name: "Down", Cause: "no"}
		case "slow":
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return json.RawMessage("1"), nil
	}})
	if err != nil || res.Status == run.Succeeded {
		t.Fatalf("result %+v, %v", res, err)
	}
	return j.events
}

// goOn continues while all functions are up.
func goOn(t *testing.T, p *run.Program, past []asl.Event, calls *[]string) (run.Result, []asl.Event) {
	t.Helper()
	j, w := &journal{}, newWorld(scenario{})
	res, err := p.Run(t.Context(), run.Execution{ID: "x"}, slices.Clone(past), run.Env{Journal: j, Invoke: w.Invoke})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range w.invoked {
		*calls = append(*calls, fmt.Sprintf("%s#%d", c.State, c.Attempt))
	}
	return res, j.events
}

// TestRedriveWithoutAnEnd goes on with executions that were ended while nothing of them
// ran, wherever they had come to: their history does not tell of it.
func TestRedriveWithoutAnEnd(t *testing.T) {
	definition := []byte(`{"QueryLanguage":"JSONata","TimeoutSeconds":3600,"StartAt":"A","States":{"A":{` + task + `ok"},"Output":1,"Next":"B"},
		"B":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"V","States":{"V":{"Type":"Wait","Seconds":60,"Output":2,"End":true}}},
		{"StartAt":"T","States":{"T":{` + task + `ok"},"Output":3,"End":true}}}]}}}`)
	p := load(t, definition)
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		whole := &journal{}
		if res, err := p.Run(t.Context(), run.Execution{ID: "x"}, nil, run.Env{Invoke: noop, Journal: whole}); err != nil || res.Status != run.Succeeded {
			t.Fatalf("result %+v, %v", res, err)
		}
		for cut := range whole.events { // without the last one, which is the end
			time.Sleep(24 * time.Hour)
			redriven := asl.Event{Kind: asl.ExecutionRedriven, At: time.Now()}
			past := append(slices.Clone(whole.events[:cut]), redriven, redriven) // the first one was undone
			for range 2 {
				more := &journal{}
				res, err := p.Run(t.Context(), run.Execution{ID: "x", StartedAt: started}, past, run.Env{Invoke: noop, Journal: more})
				if err != nil {
					t.Fatalf("after %d events: %v", cut, err)
				}
				checkResult(t, res, run.Result{Status: run.Succeeded, Output: []byte(`[2,3]`)})
				if past = append(past, more.events...); len(past) > 0 && cut%2 == 0 { // the process dies at the end
					past = past[:len(past)-1]
				}
			}
		}
	})
}
