package run_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/asl"
	"switchboard/internal/asl/run"
)

// scenario is one file of testdata: a machine, how its functions behave, and what
// has to come out.
type scenario struct {
	About      string          // the rule that it shows
	Definition json.RawMessage // given to Load as it stands
	Input      json.RawMessage
	Functions  map[string][]act // per attempt; the last one stays
	MaxPayload int
	MaxEvents  int

	Result run.Result
	Path   []string // states that the outermost frame entered
	Calls  []string // "function payload", in the order in which they were made
	Took   string   // virtual time

	Unordered bool // which call comes first is left to chance
	Racy      bool // and what branches had done when they were cancelled
}

// act is what a function does in one attempt.
type act struct {
	Answer json.RawMessage
	Error  string // a TaskError
	Cause  string
	Plain  string // an error that says nothing
	Panic  bool
	Hang   bool   // until the context is done
	After  string // a duration before all this
	Token  *act   // the token's answer, counted from the call
}

func scenarios(t testing.TB) map[string]scenario {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	all := map[string]scenario{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		var s scenario
		if err := dec.Decode(&s); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if s.About == "" || s.Result.Status == "" {
			t.Fatalf("%s says nothing about its rule or its result", file)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = s
	}
	return all
}

func load(t testing.TB, definition []byte) *run.Program {
	t.Helper()
	p, err := run.Load(definition)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return p
}

// world is what lasts when a process dies: the functions with their once-only
// records, and the answers to tokens.
type world struct {
	scenario
	mu      sync.Mutex
	invoked []run.Invocation
	effects map[string]int       // attempts that the function really ran, by visit and attempt
	asked   map[string]time.Time // when a token was handed out
	tokens  map[string]*act
}

func newWorld(s scenario) *world {
	return &world{scenario: s, effects: map[string]int{}, asked: map[string]time.Time{}, tokens: map[string]*act{}}
}

func key(frame string, step, attempt int) string {
	return fmt.Sprintf("%s/%d#%d", frame, step, attempt)
}

func (w *world) act(c run.Invocation) act {
	acts := w.Functions[c.Function]
	if len(acts) == 0 {
		return act{Answer: c.Payload} // an echo
	}
	return acts[min(c.Attempt, len(acts))-1]
}

func (w *world) Invoke(ctx context.Context, c run.Invocation) (json.RawMessage, error) {
	a := w.act(c)
	w.mu.Lock()
	w.invoked = append(w.invoked, c)
	if c.Token != "" && a.Token != nil {
		if _, known := w.asked[c.Token]; !known {
			w.asked[c.Token], w.tokens[c.Token] = time.Now(), a.Token
		}
	}
	w.mu.Unlock()
	if err := a.pause(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.effects[key(c.Frame, c.Step, c.Attempt)]++
	w.mu.Unlock()
	return a.outcome()
}

func (a *act) pause(ctx context.Context) error {
	if a.Hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if a.After == "" {
		return nil
	}
	d, err := time.ParseDuration(a.After)
	if err != nil {
		return err
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *act) outcome() (json.RawMessage, error) {
	switch {
	case a.Panic:
		panic("connector bug")
	case a.Plain != "":
		return nil, errors.New(a.Plain)
	case a.Error != "":
		return nil, fmt.Errorf("calling: %w", &run.TaskError{Name: a.Error, Cause: a.Cause})
	default:
		return a.Answer, nil
	}
}

func (w *world) Issue(c run.Invocation) (string, error) {
	return "tok" + key(c.Frame, c.Step, c.Attempt), nil
}

func (w *world) Await(ctx context.Context, token string) (json.RawMessage, error) {
	w.mu.Lock()
	a, at := w.tokens[token], w.asked[token]
	w.mu.Unlock()
	if a == nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	after, err := time.ParseDuration(a.After)
	if err != nil {
		return nil, err
	}
	if left := time.Until(at.Add(after)); left > 0 {
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return a.outcome()
}

// journal keeps what was appended; it is the disk.
type journal struct {
	mu     sync.Mutex
	events []asl.Event
	batch  int
	onFull func() // after the events have reached most
	most   int
	err    error // what Append gives from then on
}

func (j *journal) Append(ev ...asl.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.batch++
	if j.most > 0 && len(j.events) >= j.most {
		if j.onFull != nil {
			j.onFull()
		}
		if j.err != nil {
			return j.err
		}
	}
	j.events = append(j.events, ev...)
	return nil
}

// start is when every test execution starts.
var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (w *world) env(j *journal) run.Env {
	return run.Env{
		Invoke: w.Invoke, Journal: j, Tokens: w, Rand: func() float64 { return 0.5 },
		MaxPayloadBytes: w.MaxPayload, MaxHistoryEvents: w.MaxEvents,
	}
}

func (w *world) execution() run.Execution {
	return run.Execution{
		ID: "arn:local:execution:shop:exe_1", Name: "exe_1", StateMachine: "arn:local:stateMachine:shop",
		Input: w.Input, StartedAt: start,
	}
}

// frames orders events by frame and leaves out their times: what stays the same
// however branches interleave.
func frames(events []asl.Event) map[string][]string {
	out := map[string][]string{}
	for _, e := range events {
		frame := e.Frame
		e.At, e.Until, e.Frame = time.Time{}, time.Time{}, ""
		raw, err := json.Marshal(e)
		if err != nil {
			raw = []byte(err.Error())
		}
		out[frame] = append(out[frame], string(raw))
	}
	return out
}

// path lists the states that the outermost frame entered.
func path(events []asl.Event) []string {
	var states []string
	for _, e := range events {
		if e.Kind == asl.StateEntered && e.Frame == "" {
			states = append(states, e.State)
		}
	}
	return states
}

// outcomes has the attempts that a history knows the outcome of.
func outcomes(events []asl.Event) map[string]bool {
	known := map[string]bool{}
	for _, e := range events {
		if e.Kind == asl.TaskSucceeded || e.Kind == asl.TaskFailed {
			known[key(e.Frame, e.Step, e.Attempt)] = true
		}
	}
	return known
}

// checkHistory asserts what holds for every history: it is ordered, each visit
// begins with state_entered and has one end at most, attempts count up.
func checkHistory(t testing.TB, events []asl.Event) {
	t.Helper()
	if len(events) == 0 || events[0].Kind != asl.ExecutionStarted {
		t.Fatalf("history does not begin with execution_started: %+v", events)
	}
	ended := map[string]bool{}
	entered := map[string]string{}
	attempts := map[string]int{}
	for i, e := range events[1:] {
		visit := key(e.Frame, e.Step, 0)
		if e.State == "" {
			if i != len(events)-2 {
				t.Errorf("event %d, %s, is not the last", i+1, e.Kind)
			}
			continue
		}
		if ended[visit] {
			t.Errorf("event %d: %s after the visit of %q ended", i+1, e.Kind, e.State)
		}
		switch e.Kind {
		case asl.StateEntered:
			if entered[visit] != "" {
				t.Errorf("event %d: %s was entered twice", i+1, visit)
			}
			entered[visit] = e.State
		case asl.StateExited, asl.StateFailed, asl.StateAborted:
			ended[visit] = true
		case asl.TaskScheduled:
			if attempts[visit]++; e.Attempt < attempts[visit] {
				t.Errorf("event %d: attempt %d of %s was scheduled again", i+1, e.Attempt, visit)
			}
			attempts[visit] = e.Attempt
		}
		if entered[visit] != e.State {
			t.Errorf("event %d: %s of %q in a visit of %q", i+1, e.Kind, e.State, entered[visit])
		}
	}
}

func sameJSON(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, errP := json.Marshal(x)
	q, errQ := json.Marshal(y)
	return errP == nil && errQ == nil && bytes.Equal(p, q)
}

func checkResult(t testing.TB, got, want run.Result) {
	t.Helper()
	if got.Status != want.Status || got.Error != want.Error || got.Cause != want.Cause || !sameJSON(got.Output, want.Output) {
		t.Errorf("result\n got %s %s error %q cause %q\nwant %s %s error %q cause %q",
			got.Status, got.Output, got.Error, got.Cause, want.Status, want.Output, want.Error, want.Cause)
	}
}

// calls lists the scheduled calls as scenarios write them.
func (w *world) calls(sorted bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, c := range w.invoked {
		out = append(out, c.Function+" "+string(c.Payload))
	}
	if sorted {
		slices.Sort(out)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
