package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
)

// bounded is an Env in which nothing takes long.
func bounded(j run.Journal) run.Env {
	return run.Env{
		Journal: j, Tokens: newWorld(scenario{}), MaxPayloadBytes: 4 << 10, MaxHistoryEvents: 300,
		Rand: func() float64 { return 0.5 },
		Invoke: func(ctx context.Context, c run.Invocation) (json.RawMessage, error) {
			if len(c.Function)%5 == 0 {
				return nil, &run.TaskError{Name: c.Function, Cause: "no"}
			}
			return c.Payload, ctx.Err()
		},
		Sleep: func(ctx context.Context, _ time.Time) error { return ctx.Err() },
	}
}

// FuzzRun loads and runs whatever is a definition, and replays its history.
func FuzzRun(f *testing.F) {
	for _, s := range scenarios(f) {
		f.Add([]byte(s.Definition), []byte(s.Input))
	}
	f.Fuzz(func(t *testing.T, definition, input []byte) {
		p, err := run.Load(definition)
		if err != nil || !json.Valid(input) {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		j := &journal{}
		x := run.Execution{ID: "x", Input: input}
		res, err := p.Run(ctx, x, nil, bounded(j))
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			t.Fatalf("Run: %v", err)
		}
		again := &journal{}
		replayed, err := p.Run(t.Context(), x, j.events[:len(j.events)-1], bounded(again))
		if err != nil {
			t.Fatalf("replaying: %v", err)
		}
		if diff := cmp.Diff(res, replayed); diff != "" || len(again.events) != 1 {
			t.Errorf("replaying made %d events and another result\n%s", len(again.events), diff)
		}
	})
}

// FuzzHistory replays whatever is a list of events: it fits, or it is refused.
func FuzzHistory(f *testing.F) {
	s := scenarios(f)["parallel_retry_aborts"]
	p := load(f, s.Definition)
	for _, past := range recorded(f, s) {
		f.Add(past)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var past []asl.Event
		if json.Unmarshal(text, &past) != nil {
			return
		}
		_, err := p.Run(t.Context(), run.Execution{ID: "x"}, past, bounded(&journal{}))
		if err != nil && !errors.Is(err, run.ErrHistory) && len(past) > 0 && json.Valid(past[0].Input) {
			t.Errorf("Run: %v", err)
		}
	})
}

// recorded gives a scenario's history, cut after every event, as JSON.
func recorded(f *testing.F, s scenario) (texts [][]byte) {
	f.Helper()
	j := &journal{}
	w := newWorld(s)
	env := bounded(j)
	if _, err := load(f, s.Definition).Run(f.Context(), w.execution(), nil, env); err != nil {
		f.Fatal(err)
	}
	for cut := range len(j.events) + 1 {
		text, err := json.Marshal(j.events[:cut])
		if err != nil {
			f.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}
