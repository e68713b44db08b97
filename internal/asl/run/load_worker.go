package run

import (
	"fmt"
	"time"

	"switchboard/internal/asl"
)

func (l *loader) task(s *asl.Task, all states) (*task, error) {
	t := &task{resource: s.Resource, token: s.WaitsForToken()}
	l.program.tokens = l.program.tokens || t.token
	if err := t.loadArguments(s.Arguments); err != nil {
		return nil, err
	}
	var err error
	if t.timeout, err = optional(s.TimeoutSeconds, "TimeoutSeconds"); err != nil {
		return nil, err
	}
	if t.worker, err = loadWorker(s.Retry, s.Catch, all); err != nil {
		return nil, err
	}
	t.try = t.attempt
	t.exit, err = loadExit("", s.Assign, s.Output, s.Next, all)
	return t, err
}

// loadArguments compiles the two arguments on their own: a resumed attempt needs
// the function, and its payload from the history.
func (t *task) loadArguments(v any) error {
	args, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("the Arguments of %s have to be an object", t.resource)
	}
	var err error
	if t.function, err = compileTemplate(args["FunctionName"], "Arguments/FunctionName"); err != nil {
		return err
	}
	payload, given := args["Payload"]
	if !given {
		payload = map[string]any{}
	}
	if t.payload, err = compileTemplate(payload, "Arguments/Payload"); err != nil {
		return err
	}
	if t.payload.constant() {
		t.fixed, err = encode(t.payload.literal)
	}
	return err
}

func (l *loader) parallel(s *asl.Parallel, all states) (*parallel, error) {
	p := &parallel{branches: make([]*machine, len(s.Branches))}
	var err error
	if p.arguments, err = optional(s.Arguments, "Arguments"); err != nil {
		return nil, err
	}
	for i, b := range s.Branches {
		if p.branches[i], err = l.machine(b); err != nil {
			return nil, fmt.Errorf("branch %d: %w", i, err)
		}
	}
	if p.worker, err = loadWorker(s.Retry, s.Catch, all); err != nil {
		return nil, err
	}
	p.try = p.attempt
	p.exit, err = loadExit("", s.Assign, s.Output, s.Next, all)
	return p, err
}

func (l *loader) mapping(s *asl.Map, all states) (*mapping, error) {
	m := &mapping{}
	var err error
	if m.items, err = compileTemplate(s.Items, "Items"); err != nil {
		return nil, err
	}
	if m.selector, err = optional(s.ItemSelector, "ItemSelector"); err != nil {
		return nil, err
	}
	if m.concurrency, err = optional(s.MaxConcurrency, "MaxConcurrency"); err != nil {
		return nil, err
	}
	if m.processor, err = l.machine(s.ItemProcessor); err != nil {
		return nil, fmt.Errorf("item processor: %w", err)
	}
	if m.worker, err = loadWorker(s.Retry, s.Catch, all); err != nil {
		return nil, err
	}
	m.try = m.attempt
	m.exit, err = loadExit("", s.Assign, s.Output, s.Next, all)
	return m, err
}

// loadWorker compiles what Task, Parallel and Map have in common.
func loadWorker(retry []asl.Retrier, catch []asl.Catcher, all states) (worker, error) {
	var w worker
	for _, r := range retry {
		w.retry = append(w.retry, loadRetrier(r))
	}
	for i, c := range catch {
		where := fmt.Sprintf("Catch[%d]/", i)
		e, err := loadExit(where, c.Assign, c.Output, c.Next, all)
		if err != nil {
			return w, err
		}
		w.catch = append(w.catch, catcher{errors: c.ErrorEquals, exit: e})
	}
	return w, nil
}

func loadRetrier(r asl.Retrier) retrier {
	out := retrier{
		errors: r.ErrorEquals, attempts: 3, interval: time.Second, rate: 2, longest: longestDelay,
		jitter: r.JitterStrategy == "FULL",
	}
	if r.MaxAttempts != nil {
		out.attempts = *r.MaxAttempts
	}
	if r.IntervalSeconds > 0 {
		out.interval = seconds(r.IntervalSeconds)
	}
	if r.BackoffRate > 0 {
		out.rate = r.BackoffRate
	}
	if r.MaxDelaySeconds > 0 {
		out.longest = min(longestDelay, seconds(r.MaxDelaySeconds))
	}
	return out
}

// seconds makes a duration; more than longestDelay would overflow.
func seconds(n int64) time.Duration {
	return time.Duration(min(n, int64(longestDelay/time.Second))) * time.Second
}
