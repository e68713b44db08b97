package run

import (
	"context"
	"fmt"
	"time"

	"switchboard/internal/asl"
)

// maxSeconds is what Step Functions takes for Seconds and TimeoutSeconds.
const maxSeconds = 99_999_999

// pass sets variables and gives an output.
type pass struct{ exit exit }

func (p *pass) run(_ context.Context, v *visit) (*state, *data, error) {
	return v.exited(&p.exit, nil, v.input, "")
}

// succeed ends its machine well.
type succeed struct{ exit exit }

func (s *succeed) run(_ context.Context, v *visit) (*state, *data, error) {
	return v.exited(&s.exit, nil, v.input, "")
}

// choice takes the first rule whose condition is true.
type choice struct {
	rules     []rule
	otherwise *exit // nil without Default
}

type rule struct {
	condition *template
	exit      exit
}

func (c *choice) run(_ context.Context, v *visit) (*state, *data, error) {
	for i := range c.rules {
		r := &c.rules[i]
		holds, err := v.condition(r.condition)
		if err != nil {
			return nil, nil, err
		}
		if holds {
			return v.exited(&r.exit, nil, v.input, r.exit.next.name)
		}
	}
	if c.otherwise == nil {
		return nil, nil, fail(asl.ErrorNoChoiceMatched, "No rule of the Choice state '%s' matched, and it has no Default.", v.s.name)
	}
	return v.exited(c.otherwise, nil, v.input, c.otherwise.next.name)
}

func (v *visit) condition(t *template) (bool, error) {
	value, err := v.eval(t)
	if err != nil {
		return false, err
	}
	holds, ok := value.(bool)
	if !ok {
		return false, unexpected(t, "boolean", value)
	}
	return holds, nil
}

// eval evaluates a field that sees neither a result nor an error.
func (v *visit) eval(t *template) (any, error) {
	if t.constant() {
		return t.literal, nil
	}
	sc, err := v.scope(t.needs, nil, nil)
	if err != nil {
		return nil, err
	}
	return t.eval(sc)
}

// unexpected is the failure for an expression of the wrong type.
func unexpected(t *template, want string, got any) *failure {
	shown := []byte("a value that JSON has no text for")
	if raw, err := encode(got); err == nil {
		shown = raw[:min(len(raw), 200)]
	}
	return fail(asl.ErrorQueryEvaluation,
		"The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. Expected '%s', but was: %s", t.src, t.field, want, shown)
}

// wait pauses for some seconds or until a time. One of the two is nil.
type wait struct {
	seconds   *template
	timestamp *template
	exit      exit
}

func (w *wait) run(ctx context.Context, v *visit) (*state, *data, error) {
	until, err := w.started(v)
	if err != nil {
		return nil, nil, err
	}
	if err := v.wait(ctx, until); err != nil {
		return nil, nil, err
	}
	return v.exited(&w.exit, nil, v.input, "")
}

// started journals until when the wait is.
func (w *wait) started(v *visit) (time.Time, error) {
	ev := asl.Event{Kind: asl.WaitStarted}
	if v.f.peek(asl.WaitStarted) == nil {
		until, err := w.until(v)
		if err != nil {
			return until, err
		}
		ev.Until = until
	}
	_, err := v.f.record(&ev)
	return ev.Until, err
}

func (w *wait) until(v *visit) (time.Time, error) {
	if w.timestamp != nil {
		value, err := v.eval(w.timestamp)
		if err != nil {
			return time.Time{}, err
		}
		text, _ := value.(string)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return time.Time{}, unexpected(w.timestamp, "RFC 3339 timestamp", value)
		}
		return at.UTC(), nil
	}
	value, err := v.eval(w.seconds)
	if err != nil {
		return time.Time{}, err
	}
	seconds, ok := whole(value, maxSeconds)
	if !ok {
		return time.Time{}, unexpected(w.seconds, fmt.Sprintf("integer from 0 to %d", maxSeconds), value)
	}
	return v.entered.Add(time.Duration(seconds) * time.Second), nil
}

// failing ends its machine with an error. Either field may be nil.
type failing struct{ name, cause *template }

func (e *failing) run(_ context.Context, v *visit) (*state, *data, error) {
	name, err := v.text(e.name)
	if err != nil {
		return nil, nil, err
	}
	cause, err := v.text(e.cause)
	if err != nil {
		return nil, nil, err
	}
	return nil, nil, &failure{name: name, cause: cause}
}

func (v *visit) text(t *template) (string, error) {
	if t == nil {
		return "", nil
	}
	value, err := v.eval(t)
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok {
		return "", unexpected(t, "string", value)
	}
	return text, nil
}
