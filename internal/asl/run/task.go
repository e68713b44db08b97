package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/asl"
)

// task calls a function.
type task struct {
	worker
	resource string
	function *template
	payload  *template
	fixed    json.RawMessage // the payload where it is always the same
	timeout  *template       // nil is none
	token    bool            // the answer comes through a task token
}

// errorUnknown is Step Functions' name for a function that fails without saying why.
const errorUnknown = "Lambda.Unknown"

// errTaskTimeout is the cause of an attempt's context when its time is over.
var errTaskTimeout = errors.New("task timed out")

// attempt makes one attempt: what the history has of it is taken from there.
func (t *task) attempt(ctx context.Context, v *visit) (*data, error) {
	v.token = ""
	fresh := v.f.peek(asl.TaskScheduled) == nil
	if fresh && v.f.next() == nil && ctx.Err() != nil {
		return nil, stoppedBy(ctx)
	}
	c, at, err := t.scheduled(v, fresh)
	if err != nil {
		return nil, err
	}
	if v.f.next() != nil {
		return t.recorded(v)
	}
	if ctx.Err() != nil {
		return nil, stoppedBy(ctx)
	}
	if !fresh {
		payload := c.Payload
		if c, err = t.prepare(v); err != nil {
			return nil, unfit(err)
		}
		c.Payload, c.since = payload, at
	}
	out, err := t.call(ctx, v, c)
	return t.settle(v, out, err)
}

// scheduled journals that the attempt is about to be made. One that the history
// has is not prepared, only its payload is known: most have their outcome, too.
func (t *task) scheduled(v *visit, fresh bool) (c *call, at time.Time, err error) {
	c = &call{}
	if fresh {
		if c, err = t.prepare(v); err != nil {
			return nil, at, err
		}
		if c.Payload, err = t.arguments(v); err != nil {
			return nil, at, err
		}
	}
	ev := asl.Event{Kind: asl.TaskScheduled, Attempt: v.attempt, Input: c.Payload}
	_, err = v.f.record(&ev)
	c.Payload = ev.Input
	return c, ev.At, err
}

// unfit turns a failure of the machine that the history contradicts into an error.
func unfit(err error) error {
	if failed, ok := errors.AsType[*failure](err); ok {
		return fmt.Errorf("%w: a task was scheduled that now fails before: %s", ErrHistory, failed.Error())
	}
	return err
}

// recorded takes the attempt's outcome from the history.
func (t *task) recorded(v *visit) (*data, error) {
	succeeded := v.f.peek(asl.TaskSucceeded) != nil
	ev := asl.Event{Kind: asl.TaskFailed, Attempt: v.attempt}
	if succeeded {
		ev.Kind = asl.TaskSucceeded
	}
	if _, err := v.f.record(&ev); err != nil {
		return nil, err
	}
	if !succeeded {
		return nil, &failure{name: ev.Error, cause: ev.Cause, told: true}
	}
	return t.result(ev.Output), nil
}

// call is an attempt that is about to be made.
type call struct {
	Invocation
	timeout time.Duration // 0 is none
	since   time.Time     // when it was scheduled, where that was before this Run
}

// prepare evaluates what the attempt needs besides its payload.
func (t *task) prepare(v *visit) (*call, error) {
	c := &call{Invocation: v.invocation()}
	var err error
	if t.token {
		if c.Token, err = v.issue(); err != nil {
			return nil, err
		}
	}
	if c.Function, err = v.text(t.function); err != nil {
		return nil, err
	}
	c.timeout, err = t.allowed(v)
	return c, err
}

func (v *visit) invocation() Invocation {
	return Invocation{Execution: v.f.x.ID, Attempt: v.attempt, Frame: v.f.id, Step: v.f.step, State: v.f.state}
}

// issue gives the attempt's token, the same whenever it is asked.
func (v *visit) issue() (string, error) {
	if v.token != "" {
		return v.token, nil
	}
	token, err := v.f.x.env.Tokens.Issue(v.invocation())
	if err != nil {
		return "", fmt.Errorf("issuing the token of state %q: %w", v.f.state, err)
	}
	v.token = token
	return token, nil
}

// allowed is how long an attempt may take; 0 is for ever.
func (t *task) allowed(v *visit) (time.Duration, error) {
	if t.timeout == nil {
		return 0, nil
	}
	value, err := v.eval(t.timeout)
	if err != nil {
		return 0, err
	}
	n, ok := whole(value, maxSeconds)
	if !ok || n == 0 {
		return 0, unexpected(t.timeout, fmt.Sprintf("integer from 1 to %d", maxSeconds), value)
	}
	return time.Duration(n) * time.Second, nil
}

func (t *task) arguments(v *visit) (json.RawMessage, error) {
	raw := t.fixed
	if raw == nil {
		value, err := v.eval(t.payload)
		if err != nil {
			return nil, err
		}
		if raw, err = encode(value); err != nil {
			return nil, unencodable(err)
		}
	}
	if len(raw) > v.f.x.env.MaxPayloadBytes {
		return nil, fail(asl.ErrorDataLimit, "The state/task '%s' was given an input with a size exceeding the maximum number of bytes service limit.", t.resource)
	}
	return raw, nil
}

// call invokes the function and, where a token goes with it, waits for the answer.
//
// An attempt that a restart interrupted gets its whole time again, because the
// outage was not the task's. One that waits for a token keeps its deadline: it is
// a promise to people, and whoever answers may do so while nothing runs here.
func (t *task) call(ctx context.Context, v *visit, c *call) (json.RawMessage, error) {
	x := v.f.x
	if err := x.flush(); err != nil {
		return nil, err
	}
	left := c.timeout
	if t.token && !c.since.IsZero() {
		left = c.since.Add(c.timeout).Sub(x.env.Now())
	}
	limited := ctx
	if c.timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, left, errTaskTimeout)
		defer cancel()
	}
	out, err := t.answer(limited, x, c)
	switch {
	case err == nil:
		return out, nil
	case errors.Is(context.Cause(limited), errTaskTimeout):
		return nil, fail(asl.ErrorTimeout, "")
	case ctx.Err() != nil:
		return nil, stoppedBy(ctx)
	default:
		return nil, x.told(err, c)
	}
}

// answer gets the function's answer, or that to the token. What the function
// itself answers too late does not count, as it would not on AWS.
func (t *task) answer(ctx context.Context, x *execution, c *call) (json.RawMessage, error) {
	if !t.token {
		out, err := x.invoke(ctx, c.Invocation)
		if err == nil && errors.Is(context.Cause(ctx), errTaskTimeout) {
			err = errTaskTimeout
		}
		return out, err
	}
	if ctx.Err() == nil { // or else the time was over before this Run
		if _, err := x.invoke(ctx, c.Invocation); err != nil {
			return nil, err
		}
	}
	return x.await(ctx, c.Token)
}

// told words a function's failure for the machine.
func (x *execution) told(err error, c *call) *failure {
	if e, ok := errors.AsType[*TaskError](err); ok {
		return &failure{name: clip(e.Name, 256), cause: clip(e.Cause, 32<<10)}
	}
	x.env.Log.Error("function failed without naming an error", "execution", x.ID, "state", c.State, "attempt", c.Attempt, "error", err)
	return fail(errorUnknown, "The function '%s' failed without saying why.", c.Function)
}

// settle journals an attempt's outcome.
func (t *task) settle(v *visit, out json.RawMessage, err error) (*data, error) {
	if err == nil {
		out, err = t.checked(v, out)
	}
	ev := asl.Event{Kind: asl.TaskSucceeded, Attempt: v.attempt, Output: out}
	failed, isFailure := errors.AsType[*failure](err)
	switch {
	case isFailure:
		failed.told = true
		ev = asl.Event{Kind: asl.TaskFailed, Attempt: v.attempt, Error: failed.name, Cause: failed.cause}
	case err != nil:
		return nil, err
	}
	if _, err := v.f.record(&ev); err != nil {
		return nil, err
	}
	if isFailure {
		return nil, failed
	}
	return t.result(out), nil
}

func (t *task) checked(v *visit, out json.RawMessage) (json.RawMessage, error) {
	if len(out) == 0 {
		return json.RawMessage("null"), nil
	}
	if len(out) > v.f.x.env.MaxPayloadBytes {
		return nil, fail(asl.ErrorDataLimit, "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", t.resource)
	}
	if !json.Valid(out) {
		return nil, fail(errorUnknown, "The answer is not JSON.")
	}
	return out, nil
}

// result is $states.result: an answer through a token stands there as it is.
func (t *task) result(out json.RawMessage) *data {
	return &data{raw: out, answer: !t.token}
}

// invoke is Env.Invoke where a panic is a failure of that function alone.
func (x *execution) invoke(ctx context.Context, c Invocation) (out json.RawMessage, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = x.panicked(p, c.State)
		}
	}()
	return x.env.Invoke(ctx, c)
}

func (x *execution) await(ctx context.Context, token string) (out json.RawMessage, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = x.panicked(p, "")
		}
	}()
	return x.env.Tokens.Await(ctx, token)
}

func (x *execution) panicked(p any, state string) error {
	x.env.Log.Error("function panicked", "execution", x.ID, "state", state, "panic", p, "stack", string(debug.Stack()))
	return &TaskError{Name: errorUnknown, Cause: "The function panicked."}
}

// clip cuts a text to at most n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.ToValidUTF8(s[:n], "")
}
