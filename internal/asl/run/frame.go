package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"switchboard/internal/asl"
)

// frame is one running instance of a machine.
type frame struct {
	x       *execution
	machine *machine
	id      string
	parent  *frame
	vars    map[string]any
	item    *item // of the Map that the frame belongs to, also from further out

	steps int    // states entered so far, over all attempts of the fork around it
	step  int    // the current one
	state string // its name

	log   *history
	past  []int32 // positions of this frame's events that have not been replayed
	limit int32   // where this attempt of the fork around it ends in the history
}

// item is $states.context.Map.Item.
type item struct {
	index int
	value any
}

// run runs the frame's machine from its start.
func (f *frame) run(ctx context.Context, input *data) (*data, error) {
	s := f.machine.start
	for {
		if f.next() == nil && ctx.Err() != nil {
			return nil, stoppedBy(ctx)
		}
		next, out, err := f.visit(ctx, s, input)
		if err != nil {
			return nil, err
		}
		if next == nil {
			if f.next() != nil {
				return nil, f.misfit("the end of its machine")
			}
			return out, nil
		}
		s, input = next, out
	}
}

// visit runs one state: what was entered is also left, failed or aborted, unless
// the execution only pauses.
func (f *frame) visit(ctx context.Context, s *state, input *data) (*state, *data, error) {
	f.step, f.state = f.steps, s.name
	f.steps++
	entered, err := f.entered()
	if err != nil {
		return nil, nil, err
	}
	v := &visit{f: f, s: s, input: input, entered: entered, attempt: 1}
	next, out, err := s.body.run(ctx, v)
	if err != nil {
		return nil, nil, f.left(err)
	}
	return next, out, nil
}

// entered journals that a state was entered and gives the time.
func (f *frame) entered() (time.Time, error) {
	ev := asl.Event{Kind: asl.StateEntered}
	_, err := f.record(&ev)
	return ev.At, err
}

// left journals how a state ended that did not get to its end, and gives the
// error to the frame.
func (f *frame) left(err error) error {
	if failed, ok := errors.AsType[*failure](err); ok {
		at, err := f.record(&asl.Event{Kind: asl.StateFailed, Error: failed.name, Cause: failed.cause})
		if err != nil {
			return err
		}
		return &failure{name: failed.name, cause: failed.cause, at: at}
	}
	if stop, ok := errors.AsType[*stopped](err); ok {
		if ev, ends := stop.aborted(); ends {
			if _, err := f.record(&ev); err != nil {
				return err
			}
		}
	}
	return err
}

// visit is one pass through a state.
type visit struct {
	f       *frame
	s       *state
	input   *data
	entered time.Time
	attempt int
	retries []int64 // per retrier
	token   string

	children []child // of a fork that may be tried again
	forked   int32   // where the fork's last attempt ended in the history
}

// body is what a type of state does. It gives the state that follows, nil at the
// machine's end, and the output. A *failure is the state's own.
type body interface {
	run(ctx context.Context, v *visit) (*state, *data, error)
}

// wait lets the time pass, unless the history goes on behind the wait.
func (v *visit) wait(ctx context.Context, until time.Time) error {
	if v.f.next() != nil {
		return nil
	}
	if err := v.f.x.flush(); err != nil {
		return err
	}
	if err := v.f.x.env.Sleep(ctx, until); err != nil {
		if ctx.Err() != nil {
			return stoppedBy(ctx)
		}
		return fmt.Errorf("waiting in state %q: %w", v.s.name, err)
	}
	return nil
}

// exit is one way out of a state: a state's own, a rule's, or a catcher's.
type exit struct {
	assign []assignment
	output *template // nil is the default
	next   *state
	needs  needs
}

// assignment is one variable of an Assign.
type assignment struct {
	name  string
	value *template
}

// leave takes a way out. Every expression of it sees the variables as they were
// before. result and failed stand for $states.result and $states.errorOutput; out
// is the output that the state has by default. It gives the output, and what the
// event shall tell of it.
func (v *visit) leave(e *exit, result *data, failed *failure, out *data) (*data, asl.Event, error) {
	ev := asl.Event{Kind: asl.StateExited}
	if e.output == nil && len(e.assign) == 0 {
		return out, ev, nil
	}
	sc, err := v.scope(e.needs, result, failed)
	if err != nil {
		return nil, ev, err
	}
	assigned, err := v.assign(e, sc)
	if err != nil {
		return nil, ev, err
	}
	if e.output != nil {
		if out, err = v.output(e.output, sc); err != nil {
			return nil, ev, err
		}
		ev.Output = out.raw
	}
	if _, isTask := v.s.body.(*task); !isTask && failed == nil && assigned != nil {
		if ev.Assigned, err = encode(assigned); err != nil {
			return nil, ev, unencodable(err)
		}
	}
	v.f.set(assigned)
	return out, ev, nil
}

func (v *visit) output(t *template, sc *scope) (*data, error) {
	value, err := t.eval(sc)
	if err != nil {
		return nil, err
	}
	raw, err := encode(value)
	if err != nil {
		return nil, unencodable(err)
	}
	if len(raw) > v.f.x.env.MaxPayloadBytes {
		return nil, fail(asl.ErrorDataLimit, "The state '%s' returned a result with a size exceeding the maximum number of bytes service limit.", v.s.name)
	}
	return &data{raw: raw, v: value, decoded: true}, nil
}

func (v *visit) assign(e *exit, sc *scope) (map[string]any, error) {
	if len(e.assign) == 0 {
		return nil, nil
	}
	values, list := make(map[string]any, len(e.assign)), make([]any, len(e.assign))
	for i, a := range e.assign {
		value, err := a.value.eval(sc)
		if err != nil {
			return nil, err
		}
		values[a.name], list[i] = value, value
	}
	large, err := exceeds(v.f.x.env.MaxPayloadBytes, list...)
	if err != nil {
		return nil, unencodable(err)
	}
	if large {
		return nil, fail(asl.ErrorDataLimit, "The variables assigned by the state '%s' exceed the maximum number of bytes service limit.", v.s.name)
	}
	return values, nil
}

// unencodable is the failure for a value that JSON has no text for.
func unencodable(err error) *failure {
	return fail(asl.ErrorQueryEvaluation, "The result is not a JSON value: %v", err)
}

// set changes the frame's variables, all at once.
func (f *frame) set(values map[string]any) {
	if f.vars == nil {
		f.vars = values
		return
	}
	maps.Copy(f.vars, values)
}

// exited leaves by e and journals it. chosen is the next state of a Choice.
func (v *visit) exited(e *exit, result, out *data, chosen string) (*state, *data, error) {
	out, ev, err := v.leave(e, result, nil, out)
	if err != nil {
		return nil, nil, err
	}
	ev.Next = chosen
	if _, err := v.f.record(&ev); err != nil {
		return nil, nil, err
	}
	return e.next, out, nil
}
