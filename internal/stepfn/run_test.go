package stepfn_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"switchboard/internal/bolt"
	"switchboard/internal/execution"
	"switchboard/internal/fault"
	"switchboard/internal/stepfn"
	"switchboard/internal/workflow"
)

// bench is a runner with a real store before a Step Functions of answers.
type bench struct {
	*stepfn.Runner
	store *bolt.Store
	x     execution.Execution
	v     workflow.Version
	mu    sync.Mutex
	calls []string
}

func newBench(t *testing.T, express bool, a answers, change ...func(*stepfn.RunConfig)) *bench {
	t.Helper()
	b := &bench{v: mustCompile(t, `{"name":"x","trigger":{"type":"manual"},"nodes":[{"id":"a","type":"toy.say","config":{"text":"hi"}}],"edges":[{"from":"trigger","to":"a"}]}`)}
	b.v.Express = express
	b.x = started(b.v, "exe_1", `{"trigger":{"input":{}}}`)
	b.store = newStore(t, b.v, b.x)
	logged := answers{}
	for name, f := range a {
		logged[name] = func(in map[string]any) any {
			b.mu.Lock()
			b.calls = append(b.calls, name)
			b.mu.Unlock()
			return f(in)
		}
	}
	c := stepfn.RunConfig{
		Client: newClient("http://sfn.test", func(o *sfn.Options) { o.HTTPClient = logged }), Machines: here,
		Executions: b.store, Versions: b.store, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&c)
	}
	b.Runner = stepfn.NewRunner(c)
	return b
}

// stored is what the store has of the execution now.
func (b *bench) stored(t *testing.T) execution.Execution {
	t.Helper()
	x, err := b.store.Execution(t.Context(), b.x.Account, b.x.ID)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (b *bench) want(t *testing.T, status execution.Status, output string, failure *execution.Error) {
	t.Helper()
	x := b.stored(t)
	if x.Status != status || string(x.Output) != output || (status != execution.Running) == x.StoppedAt.IsZero() {
		t.Errorf("stored as %s with %s at %v, want %s with %s", x.Status, x.Output, x.StoppedAt, status, output)
	}
	if diff := cmp.Diff(failure, x.Error); diff != "" {
		t.Errorf("its error (-want +got):\n%s", diff)
	}
}

const started1 = 1_700_000_000

// described answers DescribeExecution.
func described(status, more string) func(map[string]any) any {
	return func(in map[string]any) any {
		var out map[string]any
		text := fmt.Sprintf(`{"executionArn":%q,"stateMachineArn":"m","status":%q,"startDate":%d,"stopDate":%d%s}`,
			fmt.Sprint(in["executionArn"]), status, started1, started1+5, more)
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			return refusal{code: err.Error()}
		}
		return out
	}
}

func fixed(out any) func(map[string]any) any { return func(map[string]any) any { return out } }

func begun(map[string]any) any { return map[string]any{"executionArn": "e", "startDate": started1} }

func TestLaunch(t *testing.T) {
	t.Run("StartsTheVersionByItsAlias", func(t *testing.T) {
		var got map[string]any
		b := newBench(t, false, answers{"StartExecution": func(in map[string]any) any { got = in; return begun(in) }})
		if err := b.Launch(t.Context(), b.x, b.v); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"stateMachineArn": "arn:aws:states:eu-central-1:123456789012:stateMachine:sb-acc_1-wf_1:" + aliasOf(b.v),
			"name":            "exe_1", "input": `{"trigger":{"input":{}}}`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("StartExecution (-want +got):\n%s", diff)
		}
		b.want(t, execution.Running, "", nil)
	})
	t.Run("AgainIsTheSame", func(t *testing.T) {
		b := newBench(t, false, answers{
			"StartExecution":    fixed(refusal{code: "ExecutionAlreadyExists"}),
			"DescribeExecution": described("SUCCEEDED", `,"input":"{ \"trigger\": {\"input\":{}} }"`),
		})
		if err := b.Launch(t.Context(), b.x, b.v); err != nil {
			t.Error(err)
		}
	})
	t.Run("ErrOtherInput", func(t *testing.T) {
		b := newBench(t, false, answers{
			"StartExecution":    fixed(refusal{code: "ExecutionAlreadyExists"}),
			"DescribeExecution": described("RUNNING", `,"input":"{}"`),
		})
		if err := b.Launch(t.Context(), b.x, b.v); !fault.Is(err, fault.Internal) {
			t.Errorf("err = %v, want Internal", err)
		}
	})
	t.Run("ErrNotDeployedIsStored", func(t *testing.T) {
		b := newBench(t, false, answers{"StartExecution": fixed(refusal{code: "StateMachineDoesNotExist"})})
		if err := b.Launch(t.Context(), b.x, b.v); !fault.Is(err, fault.Internal) {
			t.Errorf("err = %v, want Internal", err)
		}
		b.want(t, execution.Failed, "", &execution.Error{Name: "internal", Message: "The version is not deployed.", Hint: "Publish the workflow again."})
	})
	for _, code := range []string{"ThrottlingException", "ExecutionLimitExceeded"} {
		t.Run("Err"+code+"LeavesItToSettle", func(t *testing.T) {
			full := true
			b := newBench(t, false, answers{
				"StartExecution": func(in map[string]any) any {
					if full {
						return refusal{code: code}
					}
					return begun(in)
				},
				"DescribeExecution": fixed(refusal{code: "ExecutionDoesNotExist"}),
			})
			if err := b.Launch(t.Context(), b.x, b.v); !fault.Is(err, fault.Unavailable) {
				t.Errorf("err = %v, want Unavailable", err)
			}
			b.want(t, execution.Running, "", nil)
			full = false
			if ended, err := b.Settle(t.Context(), b.x); ended || err != nil {
				t.Errorf("Settle = %v, %v", ended, err)
			}
			if last := b.calls[len(b.calls)-1]; last != "StartExecution" {
				t.Errorf("calls: %v, want the start at last", b.calls)
			}
		})
	}
}

func TestExpress(t *testing.T) {
	sync := func(status, more string) answers {
		return answers{"StartSyncExecution": described(status, more)}
	}
	t.Run("OK", func(t *testing.T) {
		b := newBench(t, true, sync("SUCCEEDED", `,"output":"{\"a\":1}"`))
		if err := b.Launch(t.Context(), b.x, b.v); err != nil {
			t.Fatal(err)
		}
		b.want(t, execution.Succeeded, `{"a":1}`, nil)
		if err := b.Wait(t.Context(), b.x); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"StartSyncExecution"}, b.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
	t.Run("Failed", func(t *testing.T) {
		b := newBench(t, true, sync("FAILED", `,"error":"Connector.AuthFailed","cause":"{\"errorMessage\":\"no\\nhint\"}"`))
		if err := b.Launch(t.Context(), b.x, b.v); err != nil {
			t.Fatal(err)
		}
		b.want(t, execution.Failed, "", &execution.Error{Name: "Connector.AuthFailed", Message: "no", Hint: "hint"})
	})
	t.Run("TimedOut", func(t *testing.T) {
		b := newBench(t, true, sync("TIMED_OUT", ""))
		if err := b.Launch(t.Context(), b.x, b.v); err != nil {
			t.Fatal(err)
		}
		b.want(t, execution.TimedOut, "", &execution.Error{Name: "States.Timeout", Message: "The execution took longer than its time limit."})
	})
	t.Run("LongerThanTheCallerWaits", func(t *testing.T) {
		over, late := make(chan struct{}), time.Duration(0)
		b := newBench(t, true, answers{"StartSyncExecution": func(map[string]any) any { <-over; return nil }},
			func(c *stepfn.RunConfig) {
				c.ExpressLimit, c.Now = 20*time.Millisecond, func() time.Time { return time.Now().Add(late) }
			})
		time.AfterFunc(200*time.Millisecond, func() { close(over) })
		if err := b.Launch(t.Context(), b.x, b.v); err != nil {
			t.Fatal(err)
		}
		b.want(t, execution.Running, "", nil) // its caller is told the id
		late = 6 * time.Minute
		if ended, err := b.Settle(t.Context(), b.x); !ended || err != nil {
			t.Errorf("Settle later = %v, %v", ended, err)
		}
		if x := b.stored(t); x.Status != execution.TimedOut || !strings.Contains(x.Error.Hint, "may have been done") {
			t.Errorf("stored as %s, %+v", x.Status, x.Error)
		}
	})
	t.Run("ErrThrottledIsStored", func(t *testing.T) {
		b := newBench(t, true, answers{"StartSyncExecution": fixed(refusal{code: "ThrottlingException"})})
		if err := b.Launch(t.Context(), b.x, b.v); !fault.Is(err, fault.Unavailable) {
			t.Errorf("err = %v, want Unavailable", err)
		}
		if x := b.stored(t); x.Status != execution.Failed || x.Error.Name != "unavailable" {
			t.Errorf("stored as %s, %+v", x.Status, x.Error)
		}
	})
	t.Run("SettlesWhatNobodyEnded", func(t *testing.T) {
		now := time.Now()
		b := newBench(t, true, answers{}, func(c *stepfn.RunConfig) { c.Now = func() time.Time { return now } })
		if ended, err := b.Settle(t.Context(), b.x); ended || err != nil {
			t.Errorf("Settle at once = %v, %v", ended, err)
		}
		if err := b.Stop(t.Context(), b.x, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("Stop = %v, want Conflict", err)
		}
		now = now.Add(6 * time.Minute)
		if ended, err := b.Settle(t.Context(), b.x); !ended || err != nil {
			t.Errorf("Settle later = %v, %v", ended, err)
		}
		if x := b.stored(t); x.Status != execution.TimedOut {
			t.Errorf("stored as %s", x.Status)
		}
	})
}

func TestStop(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		asked := 0
		var got map[string]any
		b := newBench(t, false, answers{
			"StopExecution": func(in map[string]any) any { got = in; return map[string]any{"stopDate": started1} },
			"DescribeExecution": func(in map[string]any) any {
				if asked++; asked == 1 {
					return described("RUNNING", "")(in) // it takes a moment
				}
				return described("ABORTED", `,"error":"States.Aborted","cause":"enough"`)(in)
			},
			"GetExecutionHistory": fixed(map[string]any{"events": []any{}}),
		})
		if err := b.Stop(t.Context(), b.x, "enough"); err != nil {
			t.Fatal(err)
		}
		b.want(t, execution.Stopped, "", &execution.Error{Name: "States.Aborted", Message: "enough"})
		if got["cause"] != "enough" || got["executionArn"] != "arn:aws:states:eu-central-1:123456789012:execution:sb-acc_1-wf_1:exe_1" {
			t.Errorf("StopExecution = %v", got)
		}
	})
	later := func(d time.Duration) func(*stepfn.RunConfig) {
		return func(c *stepfn.RunConfig) { c.Now = func() time.Time { return time.Now().Add(d) } }
	}
	t.Run("NotYetStarted", func(t *testing.T) { // it is stored, and StartExecution is on its way
		asked := 0
		b := newBench(t, false, answers{"StopExecution": func(map[string]any) any {
			if asked++; asked == 1 {
				return refusal{code: "ExecutionDoesNotExist"}
			}
			return map[string]any{"stopDate": started1}
		}})
		if err := b.Stop(t.Context(), b.x, ""); err != nil {
			t.Fatal(err)
		}
		b.want(t, execution.Stopped, "", &execution.Error{Name: "States.Aborted", Message: "The execution was stopped."})
		if asked != 2 {
			t.Errorf("it was stopped %d times, want once more after it was stored", asked)
		}
	})
	t.Run("StoppedBeforeItIsRelaunched", func(t *testing.T) {
		b := newBench(t, false, answers{
			"StopExecution": fixed(refusal{code: "ExecutionDoesNotExist"}), "DescribeExecution": fixed(refusal{code: "ExecutionDoesNotExist"}), "StartExecution": begun,
		}, later(time.Minute))
		if err := b.Stop(t.Context(), b.x, ""); err != nil {
			t.Fatal(err)
		}
		if ended, err := b.Settle(t.Context(), b.x); !ended || err != nil { // which a sweep has read before
			t.Errorf("Settle = %v, %v", ended, err)
		}
		if slices.Contains(b.calls, "StartExecution") {
			t.Errorf("calls: %v; it was started after it was stopped", b.calls)
		}
	})
	t.Run("NeverStarted", func(t *testing.T) {
		b := newBench(t, false, answers{"StopExecution": fixed(refusal{code: "ExecutionDoesNotExist"})}, later(time.Minute))
		if err := b.Stop(t.Context(), b.x, ""); err != nil {
			t.Fatal(err)
		}
		b.want(t, execution.Stopped, "", &execution.Error{Name: "States.Aborted", Message: "The execution was stopped."})
	})
	t.Run("ErrThrottled", func(t *testing.T) {
		b := newBench(t, false, answers{"StopExecution": fixed(refusal{code: "ThrottlingException"})})
		if err := b.Stop(t.Context(), b.x, ""); !fault.Is(err, fault.Unavailable) {
			t.Errorf("err = %v, want Unavailable", err)
		}
		b.want(t, execution.Running, "", nil)
	})
}

func TestRedrive(t *testing.T) {
	tests := map[string]struct {
		express bool
		answer  any
		code    fault.Code
	}{
		"OK":               {answer: map[string]any{"redriveDate": started1}},
		"ErrExpress":       {express: true, code: fault.Conflict},
		"ErrNotRedrivable": {answer: refusal{code: "ExecutionNotRedrivable"}, code: fault.Conflict},
		"ErrThrottled":     {answer: refusal{code: "ThrottlingException"}, code: fault.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tt.express, answers{"RedriveExecution": fixed(tt.answer)})
			err := b.Redrive(t.Context(), b.x, workflow.Version{})
			if (tt.code == "") != (err == nil) || err != nil && !fault.Is(err, tt.code) {
				t.Errorf("err = %v, want %q", err, tt.code)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	for code, want := range map[string]fault.Code{
		"": "", "TaskTimedOut": fault.AlreadyEnded, "TaskDoesNotExist": fault.AlreadyEnded,
		"InvalidToken": fault.NotFound, "ThrottlingException": fault.Unavailable,
	} {
		t.Run("Answer"+code, func(t *testing.T) {
			answer := func(in map[string]any) any {
				if in["taskToken"] != "t" || code != "" {
					return refusal{code: code}
				}
				return map[string]any{}
			}
			tokens := stepfn.NewTokens(newClient("http://sfn.test", func(o *sfn.Options) {
				o.HTTPClient = answers{"SendTaskSuccess": answer, "SendTaskFailure": answer}
			}))
			for _, err := range []error{
				tokens.Succeed(t.Context(), "t", json.RawMessage(`{"by":"Ada"}`)),
				tokens.Fail(t.Context(), "t", "Approval.Rejected", "no"),
			} {
				if (want == "") != (err == nil) || err != nil && !fault.Is(err, want) {
					t.Errorf("err = %v, want %q", err, want)
				}
			}
		})
	}
}

func TestStatusChanged(t *testing.T) {
	event := func(status, name, machine, more string) []byte {
		return fmt.Appendf(nil, `{"version":"0","source":"aws.states","detail-type":"Step Functions Execution Status Change",
			"detail":{"executionArn":"arn:aws:states:eu-central-1:123456789012:execution:%[3]s:%[2]s",
			"stateMachineArn":"arn:aws:states:eu-central-1:123456789012:stateMachine:%[3]s","name":"%[2]s","status":"%[1]s",
			"startDate":1700000000000,"stopDate":1700000005000%[4]s}}`, status, name, machine, more)
	}
	const ours = "sb-acc_1-wf_1"
	failed := &execution.Error{Name: "Connector.InvalidInput", Message: "it failed", Hint: "mend it"}
	const failure = `,"output":null,"error":"Connector.InvalidInput","cause":"{\"errorMessage\":\"it failed\\nmend it\"}"`
	tests := []struct {
		name   string
		event  []byte
		is     func(map[string]any) any // what Step Functions says when it is asked; nil: nobody asks
		status execution.Status
		output string
		error  *execution.Error
	}{
		{"Succeeded", event("SUCCEEDED", "exe_1", ours, `,"output":"{\"a\":1}","outputDetails":{"included":true}`), nil, execution.Succeeded, `{"a":1}`, nil},
		{"SucceededWithALargeOutput", event("SUCCEEDED", "exe_1", ours, `,"output":null,"outputDetails":{"included":false}`), described("SUCCEEDED", `,"output":"{\"large\":1}"`), execution.Succeeded, `{"large":1}`, nil},
		{"Failed", event("FAILED", "exe_1", ours, failure), described("FAILED", failure), execution.Failed, "", failed},
		{"TimedOut", event("TIMED_OUT", "exe_1", ours, `,"output":null`), described("TIMED_OUT", ""), execution.TimedOut, "", &execution.Error{Name: "States.Timeout", Message: "The execution took longer than its time limit."}},
		{"Aborted", event("ABORTED", "exe_1", ours, `,"error":"States.Aborted","cause":"enough"`), described("ABORTED", `,"error":"States.Aborted","cause":"enough"`), execution.Stopped, "", &execution.Error{Name: "States.Aborted", Message: "enough"}},
		{"FailedBeforeARedrive", event("FAILED", "exe_1", ours, failure), described("RUNNING", ""), execution.Running, "", nil},
		{"Running", event("RUNNING", "exe_1", ours, ""), nil, execution.Running, "", nil},
		{"PendingRedrive", event("PENDING_REDRIVE", "exe_1", ours, ""), nil, execution.Running, "", nil},
		{"OtherMachine", event("FAILED", "exe_1", "billing", failure), nil, execution.Running, "", nil},
		{"OtherAccount", event("FAILED", "exe_1", "sb-acc_2-wf_1", failure), nil, execution.Running, "", nil},
		{"OtherWorkflow", event("FAILED", "exe_1", "sb-acc_1-wf_2", failure), nil, execution.Running, "", nil},
		{"StartedByHand", event("FAILED", "by-hand", ours, failure), nil, execution.Running, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := answers{"GetExecutionHistory": fixed(map[string]any{"events": []any{}})}
			if tt.is != nil {
				a["DescribeExecution"] = tt.is
			}
			b := newBench(t, false, a)
			for range 2 { // events come more than once
				if err := b.StatusChanged(t.Context(), tt.event); err != nil {
					t.Fatal(err)
				}
			}
			b.want(t, tt.status, tt.output, tt.error)
			if x := b.stored(t); tt.status != execution.Running && !x.StoppedAt.Equal(time.Unix(started1+5, 0)) {
				t.Errorf("stopped at %v", x.StoppedAt)
			}
		})
	}
	t.Run("ErrNotToldIsToldAgain", func(t *testing.T) {
		// What waits for the execution cannot be told, after its end is stored.
		counted, told := 0, 0
		b := newBench(t, false, answers{}, func(c *stepfn.RunConfig) {
			ends := execution.NewEnds(c.Executions.(execution.Repository))
			ends.Connect(func(context.Context, execution.Execution) { counted++ }, func(_ context.Context, x execution.Execution) error {
				if told++; told == 1 {
					return fault.New(fault.Unavailable, "not now")
				}
				if x.Status != execution.Succeeded || string(x.Output) != `{"a":1}` {
					t.Errorf("told of %s with %s", x.Status, x.Output)
				}
				return nil
			})
			c.Executions = ends
		})
		end := event("SUCCEEDED", "exe_1", ours, `,"output":"{\"a\":1}","outputDetails":{"included":true}`)
		if err := b.StatusChanged(t.Context(), end); !fault.Is(err, fault.Unavailable) {
			t.Errorf("err = %v, want Unavailable", err)
		}
		if err := b.StatusChanged(t.Context(), end); err != nil || told != 2 || counted != 1 {
			t.Errorf("delivered again: %v, told %d times, counted %d times; want 2 and 1", err, told, counted)
		}
	})
	t.Run("ErrThrottledIsDeliveredAgain", func(t *testing.T) {
		b := newBench(t, false, answers{"DescribeExecution": fixed(refusal{code: "ThrottlingException"})})
		if err := b.StatusChanged(t.Context(), event("FAILED", "exe_1", ours, failure)); !fault.Is(err, fault.Unavailable) {
			t.Errorf("err = %v, want Unavailable", err)
		}
		b.want(t, execution.Running, "", nil)
	})
	t.Run("ErrNoEvent", func(t *testing.T) {
		b := newBench(t, false, answers{})
		for _, text := range []string{"", "[]", "{}", `{"detail":{}}`} {
			if err := b.StatusChanged(t.Context(), []byte(text)); !fault.Is(err, fault.BadRequest) {
				t.Errorf("%q: err = %v, want BadRequest", text, err)
			}
		}
	})
}
