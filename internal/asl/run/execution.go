package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"switchboard/internal/asl"
)

// execution is one Run.
type execution struct {
	Execution
	program *Program
	env     Env
	input   *data
	cancel  context.CancelCauseFunc // ends everything: the journal failed, or the history is full
	release context.CancelFunc      // frees the timer of the execution's time

	contexts sync.Once // guards the parts of $states.context that are the same everywhere
	about    map[string]any
	machine  map[string]any
	unread   error // why they could not be made

	appending sync.Mutex // held during Journal.Append, so that batches stay in order
	mu        sync.Mutex // guards what follows
	history   *history   // nil once all of it has been replayed
	replay    int        // events of it that have not been
	pending   []asl.Event
	count     int // events in the journal or pending
	broken    error
}

// batchEvents is when events go to the journal although nothing else asks for it.
const batchEvents = 64

// begin prepares a Run: defaults, and the first event. ended is the result where
// the execution had ended before.
func begin(p *Program, x *Execution, past []asl.Event, env *Env) (r *execution, ended *Result, err error) {
	if env.Invoke == nil || env.Journal == nil {
		return nil, nil, errors.New("starting execution: Env lacks Invoke or Journal")
	}
	if p.tokens && env.Tokens == nil {
		return nil, nil, errors.New("starting execution: the definition waits for task tokens and Env has no Tokens")
	}
	log, err := index(past)
	if err != nil {
		return nil, nil, fmt.Errorf("replaying execution %s: %w", x.ID, err)
	}
	if log.ended != nil {
		return nil, log.ended, nil
	}
	past = log.events
	r = &execution{Execution: *x, program: p, env: *env, history: log, replay: log.size(), count: len(past)}
	r.env.complete()
	if r.StartedAt.IsZero() {
		r.StartedAt = r.now()
	}
	if len(past) > 0 {
		r.Input, r.StartedAt = past[0].Input, past[0].At
	} else if log.since.IsZero() {
		log.since = r.StartedAt
	}
	if len(r.Input) == 0 {
		r.Input = json.RawMessage("{}")
	}
	if !json.Valid(r.Input) {
		return nil, nil, fmt.Errorf("starting execution %s: the input is not JSON", x.ID)
	}
	r.input = encoded(r.Input)
	if len(past) == 0 {
		_, err = r.append(&asl.Event{Kind: asl.ExecutionStarted, At: r.StartedAt, Input: r.Input})
	}
	return r, nil, err
}

// complete sets what is left to a default.
func (env *Env) complete() {
	if env.Now == nil {
		env.Now = time.Now
	}
	if env.Sleep == nil {
		env.Sleep = sleeper(env.Now)
	}
	if env.Rand == nil {
		env.Rand = rand.Float64
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	if env.MaxPayloadBytes == 0 {
		env.MaxPayloadBytes = asl.MaxPayloadBytes
	}
}

// run runs the outermost machine and journals the end.
func (x *execution) run(parent context.Context) (Result, error) {
	ctx := x.bounded(parent)
	out, err := x.outermost().run(ctx, x.input)
	x.cancel(nil)
	x.release()
	return x.finish(parent, out, err)
}

// bounded is the context that ends with the execution's time, or when cancel is called.
func (x *execution) bounded(ctx context.Context) context.Context {
	x.release = func() {}
	if limit := x.program.timeout; limit > 0 {
		left := x.history.since.Add(limit).Sub(x.env.Now())
		ctx, x.release = context.WithTimeoutCause(ctx, left, &ending{status: TimedOut, name: asl.ErrorTimeout})
	}
	ctx, x.cancel = context.WithCancelCause(ctx)
	if end := x.history.ending; end != nil {
		x.cancel(end)
	}
	x.bound(x.count)
	return ctx
}

func (x *execution) outermost() *frame {
	f := &frame{x: x, machine: x.program.machine, limit: beyond}
	f.resume()
	return f
}

// finish hands the last events to the journal and says how Run ends.
func (x *execution) finish(parent context.Context, out *data, err error) (Result, error) {
	res, err := x.conclude(out, err)
	if s, ok := errors.AsType[*stopped](err); ok && parent.Err() != nil {
		err = fmt.Errorf("%w: %w", parent.Err(), s.cause)
	}
	if flushed := x.flush(); flushed != nil {
		err = flushed
	}
	if err != nil {
		return Result{}, fmt.Errorf("running execution %s: %w", x.ID, err)
	}
	return res, nil
}

// conclude turns the outermost frame's end into the execution's.
func (x *execution) conclude(out *data, err error) (Result, error) {
	var res Result
	if err == nil {
		raw, err := out.encode()
		if err != nil {
			return res, err
		}
		res = Result{Status: Succeeded, Output: raw}
	} else if f, ok := errors.AsType[*failure](err); ok {
		res = Result{Status: Failed, Error: f.name, Cause: f.cause}
	} else if end, ok := errors.AsType[*ending](err); ok {
		res = Result{Status: end.status, Error: end.name, Cause: end.cause}
	} else {
		return res, err
	}
	if x.replay > 0 {
		return res, fmt.Errorf("%w: %d of its events belong to nothing that ran", ErrHistory, x.replay)
	}
	_, err = x.append(&asl.Event{Kind: endings[res.Status], At: x.now(), Output: res.Output, Error: res.Error, Cause: res.Cause})
	return res, err
}

// now is the time that events carry: Step Functions counts in milliseconds too.
func (x *execution) now() time.Time { return x.env.Now().UTC().Truncate(time.Millisecond) }

// batches holds the memory that pending events are collected in.
var batches = sync.Pool{New: func() any { s := make([]asl.Event, 0, batchEvents); return &s }}

// append puts an event behind all others and gives its position.
func (x *execution) append(ev *asl.Event) (int, error) {
	x.mu.Lock()
	if x.pending == nil {
		x.pending = *batches.Get().(*[]asl.Event)
	}
	x.pending = append(x.pending, *ev)
	at, full := x.count, len(x.pending) >= batchEvents
	x.count++
	x.mu.Unlock()
	x.bound(at + 1)
	if full {
		return at, x.flush()
	}
	return at, nil
}

// bound ends the execution when it has more events than it may have.
func (x *execution) bound(events int) {
	if most := x.env.MaxHistoryEvents; most > 0 && events > most && x.cancel != nil {
		x.cancel(&ending{status: Failed, name: asl.ErrorRuntime,
			cause: fmt.Sprintf("The execution reached the maximum number of history events (%d).", most)})
	}
}

// flush hands the pending events to the journal. When it returns, every event
// recorded before the call has been handed over.
func (x *execution) flush() error {
	x.appending.Lock()
	defer x.appending.Unlock()
	x.mu.Lock()
	batch, err := x.pending, x.broken
	x.pending = nil
	x.mu.Unlock()
	if err != nil || len(batch) == 0 {
		return err
	}
	if err := x.env.Journal.Append(batch...); err != nil {
		err = fmt.Errorf("journalling events: %w", err)
		x.mu.Lock()
		x.broken = err
		x.mu.Unlock()
		x.cancel(err)
		return err
	}
	clear(batch)
	batch = batch[:0]
	batches.Put(&batch)
	return nil
}

// sleeper makes the default of Env.Sleep. It looks at the clock again every
// minute, because a laptop's timers stand still while it sleeps.
func sleeper(now func() time.Time) func(context.Context, time.Time) error {
	return func(ctx context.Context, until time.Time) error {
		for {
			left := until.Sub(now())
			if left <= 0 {
				return nil
			}
			timer := time.NewTimer(min(left, time.Minute))
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return context.Cause(ctx)
			}
		}
	}
}

// shared builds the parts of $states.context that do not change.
func (x *execution) shared() (about, machine map[string]any, err error) {
	x.contexts.Do(func() {
		// No frame reads x.input meanwhile: the outermost one calls this itself or is
		// blocked in a fork, which decodes what it passes on.
		input, err := x.input.value()
		if err != nil {
			x.unread = err
			return
		}
		x.about = map[string]any{"Id": x.ID, "Input": input, "Name": x.Name, "StartTime": stamp(x.StartedAt)}
		if x.Role != "" {
			x.about["RoleArn"] = x.Role
		}
		name := x.StateMachine[strings.LastIndexByte(x.StateMachine, ':')+1:]
		x.machine = map[string]any{"Id": x.StateMachine, "Name": name}
	})
	return x.about, x.machine, x.unread
}

// stamp writes a time as the context object does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
