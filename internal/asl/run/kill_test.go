package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
)

// generator makes random machines whose result does not depend on the order in
// which branches get on. Whatever fails is retried or caught where it is, or, if
// failing is set, by the forks around it: all failures are the same there.
type generator struct {
	rnd     *rand.Rand
	failing bool
	names   int
}

func (g *generator) name() string {
	g.names++
	return fmt.Sprintf("S%d", g.names)
}

func (g *generator) machine(depth int) map[string]any {
	states := map[string]any{}
	n := 1 + g.rnd.IntN(4)
	names := make([]string, n)
	for i := range names {
		names[i] = g.name()
	}
	for i, name := range names {
		s := g.state(depth)
		if i == n-1 {
			s["End"] = true
		} else {
			s["Next"] = names[i+1]
		}
		if catch, ok := s["Catch"]; ok {
			target := g.name()
			catch.([]any)[0].(map[string]any)["Next"] = target
			states[target] = map[string]any{"Type": "Succeed", "Output": "{% $states.input %}"}
		}
		states[name] = s
	}
	return map[string]any{"StartAt": names[0], "States": states}
}

func (g *generator) state(depth int) map[string]any {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	switch g.rnd.IntN(kinds) {
	case 0:
		return map[string]any{"Type": "Wait", "Seconds": g.rnd.IntN(30), "Assign": map[string]any{g.name(): "{% $states.context.State.Name %}"}}
	case 1:
		return map[string]any{"Type": "Pass", "Output": []any{"{% $states.context.State.Name %}", g.rnd.IntN(100)}}
	case 4:
		branches := make([]any, 1+g.rnd.IntN(3))
		for i := range branches {
			branches[i] = g.machine(depth - 1)
		}
		return g.caught(map[string]any{"Type": "Parallel", "Branches": branches, "Output": "{% $states.result %}"})
	case 5:
		inner := g.machine(depth - 1)
		inner["ProcessorConfig"] = map[string]any{"Mode": "INLINE"}
		return g.caught(map[string]any{
			"Type": "Map", "Items": fmt.Sprintf("{%% [1..%d] %%}", 1+g.rnd.IntN(5)), "MaxConcurrency": g.rnd.IntN(4),
			"ItemSelector": map[string]any{"i": "{% $states.context.Map.Item.Index %}"}, "ItemProcessor": inner,
		})
	default:
		s := map[string]any{
			"Type": "Task", "Resource": asl.ResourceInvoke,
			"Arguments": map[string]any{"FunctionName": fmt.Sprintf("f%d", g.rnd.IntN(1000)), "Payload": "{% $states.input %}"},
			"Retry":     []any{map[string]any{"ErrorEquals": []any{"Passing"}, "MaxAttempts": 2, "IntervalSeconds": 1 + g.rnd.IntN(5)}},
			"Output":    "{% $states.result.Payload %}",
		}
		if !g.failing {
			s["Catch"] = []any{map[string]any{"ErrorEquals": []any{"States.ALL"}}}
		}
		if g.rnd.IntN(3) == 0 {
			s["TimeoutSeconds"] = 3 + g.rnd.IntN(10)
		}
		return s
	}
}

// caught gives a fork, sometimes, its own way to deal with failures.
func (g *generator) caught(fork map[string]any) map[string]any {
	if g.failing && g.rnd.IntN(2) == 0 {
		fork["Retry"] = []any{map[string]any{"ErrorEquals": []any{"States.ALL"}, "MaxAttempts": 1 + g.rnd.IntN(2), "IntervalSeconds": 1 + g.rnd.IntN(5)}}
	}
	if g.failing && g.rnd.IntN(2) == 0 {
		fork["Catch"] = []any{map[string]any{"ErrorEquals": []any{"States.ALL"}, "Output": "failed"}}
	}
	return fork
}

// service answers by the function's name and the attempt alone.
type service struct {
	mu      sync.Mutex
	repeats int // attempts that were made again after their outcome was in the history
	known   map[string]bool
}

func (s *service) Invoke(ctx context.Context, c run.Invocation) (json.RawMessage, error) {
	s.mu.Lock()
	if s.known[key(c.Frame, c.Step, c.Attempt)] {
		s.repeats++
	}
	s.mu.Unlock()
	h := fnv.New32a()
	fmt.Fprintf(h, "%s#%d", c.Function, c.Attempt)
	chance := h.Sum32()
	select {
	case <-time.After(time.Duration(chance%6)*time.Second + time.Second/2): // never just when a timeout ends
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch chance / 6 % 5 {
	case 0:
		return nil, &run.TaskError{Name: "Passing", Cause: "later"}
	case 1:
		return nil, &run.TaskError{Name: "Permanent", Cause: "no"}
	default:
		return json.Marshal(c.Function)
	}
}

// TestKill runs random machines that are killed again and again: the process ends
// at a random moment, and of what was appended only a random part reached the
// disk. The result has to be that of an undisturbed run, and no attempt whose
// outcome was on disk is made again.
func TestKill(t *testing.T) {
	t.Run("NothingFailsForGood", func(t *testing.T) {
		for seed := range uint64(150) {
			whole, disk := killAndCompare(t, seed, &generator{})
			if diff := cmp.Diff(frames(whole), frames(disk)); diff != "" {
				t.Fatalf("seed %d: history (-undisturbed +killed)\n%s", seed, diff)
			}
		}
	})
	t.Run("ForksFailAndAreRetried", func(t *testing.T) {
		for seed := range uint64(150) {
			killAndCompare(t, seed, &generator{failing: true})
		}
	})
}

func killAndCompare(t *testing.T, seed uint64, g *generator) (whole, disk []asl.Event) {
	t.Helper()
	g.rnd = rand.New(rand.NewPCG(seed, 7))
	m := g.machine(2)
	m["QueryLanguage"] = "JSONata"
	definition, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, definition)
	whole, want := undisturbed(t, p)
	disk, got := killed(t, p, g.rnd)
	if t.Failed() {
		t.Fatalf("seed %d\n%s", seed, definition)
	}
	if g.failing { // which of several failures came first may differ
		want.Error, want.Cause, got.Error, got.Cause = "", "", "", ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("seed %d: result (-undisturbed +killed)\n%s\n%s", seed, diff, definition)
	}
	checkHistory(t, disk)
	j := &journal{}
	_, err = p.Run(t.Context(), run.Execution{ID: "x"}, disk[:len(disk)-1], run.Env{Invoke: (&service{}).Invoke, Journal: j})
	end := disk[len(disk)-1]
	if err != nil || len(j.events) != 1 || cmp.Diff(frames([]asl.Event{end}), frames(j.events)) != "" {
		t.Fatalf("seed %d: replaying the whole history: %v, new events %v, want %v", seed, err, j.events, end)
	}
	return whole, disk
}

func undisturbed(t *testing.T, p *run.Program) (events []asl.Event, res run.Result) {
	j := &journal{}
	synctest.Test(t, func(t *testing.T) {
		var err error
		res, err = p.Run(t.Context(), run.Execution{ID: "x"}, nil, run.Env{Invoke: (&service{}).Invoke, Journal: j})
		if err != nil {
			t.Fatal(err)
		}
	})
	return j.events, res
}

func killed(t *testing.T, p *run.Program, rnd *rand.Rand) (disk []asl.Event, res run.Result) {
	synctest.Test(t, func(t *testing.T) {
		for kills := 0; ; kills++ {
			ctx, kill := context.WithCancel(t.Context())
			if kills < 30 {
				time.AfterFunc(time.Duration(rnd.IntN(20_000))*time.Millisecond, kill)
			}
			j := &journal{}
			s := &service{known: outcomes(disk)}
			var err error
			res, err = p.Run(ctx, run.Execution{ID: "x"}, slices.Clone(disk), run.Env{Invoke: s.Invoke, Journal: j})
			kill()
			if s.repeats > 0 {
				t.Errorf("%d attempts were made again although their outcome was on disk", s.repeats)
			}
			if err == nil {
				disk = append(disk, j.events...)
				return
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("after %d kills: %v", kills, err)
			}
			disk = append(disk, j.events[:rnd.IntN(len(j.events)+1)]...)
		}
	})
	return disk, res
}
