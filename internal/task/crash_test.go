package task_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"switchboard/internal/fault"
	"switchboard/internal/task"
	"switchboard/internal/value"
)

// crash is the end of a process.
type crash struct{}

// crashing are records whose process ends at the n-th place between two effects: the
// writes of records and values, each with a place before and one behind it. The call of
// the service lies between two of them.
type crashing struct {
	task.Records
	at, passed int
}

func (c *crashing) place() {
	if c.passed++; c.passed == c.at {
		panic(crash{})
	}
}

func (c *crashing) Begin(ctx context.Context, k task.Key, r task.Record) (task.Record, bool, error) {
	c.place()
	defer c.place()
	return c.Records.Begin(ctx, k, r)
}

func (c *crashing) Put(ctx context.Context, k task.Key, r task.Record) error {
	c.place()
	defer c.place()
	return c.Records.Put(ctx, k, r)
}

func (c *crashing) PutValue(ctx context.Context, account, execution, id string, text json.RawMessage) error {
	c.place()
	defer c.place()
	return c.Records.PutValue(ctx, account, execution, id, text)
}

func (c *crashing) Values(ctx context.Context, account, execution string, ids []string) (value.Found, error) {
	return c.Records.Values(ctx, account, execution, ids)
}

// TestCrashBetweenEffects ends the process between every two effects of a task, twice
// in a row, and tries the task again as Lambda and Step Functions do. What the service
// received is counted: never twice where that would do harm, and always where nothing
// was lost.
func TestCrashBetweenEffects(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(map[string]any)
		mostCalls int64
		uncertain bool // may be the end
	}{
		"Harmful":      {func(map[string]any) {}, 1, true},
		"Repeatable":   {func(p map[string]any) { p["action"] = "look" }, 3, false},
		"AuthorSaysSo": {func(p map[string]any) { p["on_uncertain"] = "repeat" }, 3, false},
		"LargeOutput":  {func(p map[string]any) { p["config"] = map[string]any{"text": large} }, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			ends := map[string]int{}
			for first, more := 1, true; more; first++ {
				for second, both := 1, true; both; second++ {
					died, end := tryThrough(t, c.change, c.mostCalls, []int{first, second})
					more, both = died[0], died[0] && died[1] // else there is no such place any more
					ends[end]++
				}
			}
			t.Logf("the tasks ended as %v", ends)
			if ends["done"] == 0 || (ends["uncertain"] > 0) != c.uncertain {
				t.Errorf("the tasks ended as %v", ends)
			}
		})
	}
}

var large = fmt.Sprintf("%0300000d", 7)

// tryThrough runs a task in processes that crash, and then in one that does not. It
// gives which of them did, and how the task ended.
func tryThrough(t *testing.T, change func(map[string]any), mostCalls int64, places []int) (crashed []bool, end string) {
	t.Helper()
	r := newRoom(t)
	sound := r.Config
	run := func(n, at int) (output json.RawMessage, err error, died bool) {
		defer func() {
			if p := recover(); p != nil {
				if _, ours := p.(crash); !ours {
					panic(p)
				}
				died = true
			}
		}()
		process := sound
		process.Records = &crashing{Records: sound.Records, at: at}
		output, err = task.NewHost(process).Run(t.Context(), payload(t, func(p map[string]any) {
			p["attempt"] = n
			change(p)
		}))
		return output, err, false
	}
	n := 0
	for _, at := range places {
		_, _, died := run(n, at)
		n++
		crashed = append(crashed, died)
	}
	before := r.calls.Load()
	output, err, _ := run(n, 0)
	calls := r.calls.Load()
	switch {
	case calls > mostCalls:
		t.Errorf("crashes at %v: the service was called %d times", places, calls)
	case err == nil && calls == 0:
		t.Errorf("crashes at %v: it is done, and the service was never called", places)
	case fault.Is(err, fault.Uncertain) && calls > before:
		t.Errorf("crashes at %v: it is called uncertain, and called again", places)
	case err != nil && !fault.Is(err, fault.Uncertain):
		t.Errorf("crashes at %v: %v", places, err)
	}
	if err != nil {
		return crashed, "uncertain"
	}
	// Whoever asks again gets the same.
	again, err, _ := run(n+1, 0)
	if err != nil || string(again) != string(output) || r.calls.Load() != calls {
		t.Errorf("crashes at %v: asked again it is %.80s (%v), was %.80s, after %d calls more", places, again, err, output, r.calls.Load()-calls)
	}
	return crashed, "done"
}
