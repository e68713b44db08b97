package task

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchboard/internal/fault"
	"switchboard/internal/value"
)

// once calls the service unless it has been called.
func (a *attempt) once(ctx context.Context) (json.RawMessage, error) {
	input, err := a.keepInput(ctx)
	if err != nil {
		return nil, err
	}
	begun := Record{State: Begun, Input: input, StartedAt: a.Now(), Openings: a.openings}
	stored, began, err := a.Records.Begin(ctx, a.key, begun)
	if err != nil {
		return nil, fmt.Errorf("writing the once-only record: %w", err)
	}
	begun.Openings = slices.Concat(stored.Openings, a.openings)
	if !began {
		if err := a.noteReopened(ctx, stored); err != nil {
			return nil, err
		}
		if output, there, err := a.resultIn(ctx, stored); there {
			return output, err
		}
		if !a.repeats() {
			return nil, uncertain(stored)
		}
		if err := a.Records.Put(ctx, a.key, begun); err != nil {
			return nil, fmt.Errorf("writing the once-only record: %w", err)
		}
	}
	return a.callService(ctx, begun)
}

// noteReopened writes down that the credential was opened although the call has a result:
// that is known only afterwards. A record that has none may be somebody else's to write at
// this moment, and is left alone.
func (a *attempt) noteReopened(ctx context.Context, stored Record) error {
	if len(a.openings) == 0 || stored.State != Done && stored.State != Failed {
		return nil
	}
	stored.Openings, stored.Reopened = slices.Concat(stored.Openings, a.openings), true
	if err := a.Records.Put(ctx, a.key, stored); err != nil {
		return fmt.Errorf("writing the once-only record: %w", err)
	}
	return nil
}

// resultIn gives the result of a call that an earlier attempt has made, or that a replay
// took over. there is false where the record has none.
func (a *attempt) resultIn(ctx context.Context, r Record) (output json.RawMessage, there bool, err error) {
	switch r.State {
	case Done:
		output, err = a.recorded(ctx, r.Output)
		return output, true, err
	case Failed:
		return nil, true, r.Failure.fault()
	default:
		return nil, false, nil
	}
}

// waitAsAsked waits until the time that a service named in an earlier attempt, and says
// for how long it did. It comes before all else: the link, and the secret, are those of
// the moment of the call. It gives the record, if there is one.
func (h *Host) waitAsAsked(ctx context.Context, t Task) (r Record, waited time.Duration, err error) {
	if t.Attempt == 0 {
		return r, 0, nil
	}
	r, err = h.Records.Record(ctx, t.key())
	if fault.Is(err, fault.NotFound) {
		return r, 0, nil
	}
	if err != nil {
		return r, 0, fmt.Errorf("reading the once-only record: %w", err)
	}
	wait := r.NotBefore.Sub(h.Now())
	switch {
	case r.State != Released || wait <= 0:
		return r, 0, nil
	case wait > MaxRateLimitWait:
		return r, 0, rateLimited(wait)
	}
	began := h.Now()
	defer func() { waited = h.Now().Sub(began) }()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return r, 0, nil
	case <-ctx.Done():
		return r, 0, rateLimited(wait).Because(context.Cause(ctx))
	}
}

func rateLimited(wait time.Duration) *fault.Error {
	return fault.New(fault.RateLimited, "The service asked to wait for another %s.", wait.Round(time.Second)).
		WithHint("Run fewer executions at once, or ask the service for a higher limit.")
}

func (a *attempt) callService(ctx context.Context, begun Record) (json.RawMessage, error) {
	callContext, cancel := context.WithTimeout(ctx, time.Duration(a.task.TimeoutSeconds)*time.Second)
	defer cancel()
	began := a.Now()
	output, err := a.action.Run(callContext, a.call)
	a.called = max(a.Now().Sub(began), 1)
	if err != nil {
		return nil, a.settle(ctx, begun, redacted(asTaskFault(err), a.redactor))
	}
	if output == nil {
		output = map[string]any{}
	}
	text, err := value.Encode(a.redactor.Value(map[string]any(output)))
	if err != nil {
		return nil, a.settle(ctx, begun, fault.New(fault.Internal, "The output could not be encoded.").Because(err))
	}
	// The service has done it: that must be written even if the caller has gone.
	ctx = context.WithoutCancel(ctx)
	done := begun
	done.State = Done
	if done.Output, err = a.bounded(ctx, text, len(text)-fileBytes(a.action.Output, output)); err != nil {
		if fault.Is(err, fault.OutputTooLarge) {
			return nil, a.settle(ctx, begun, fault.Of(err))
		}
		return nil, err
	}
	if err := a.Records.Put(ctx, a.key, done); err != nil {
		return nil, fmt.Errorf("writing the once-only record: %w", err)
	}
	return done.Output, nil
}

// settle writes what a failed call leaves behind: released when the service did not
// do it, still begun, with the reason, when nobody knows.
func (a *attempt) settle(ctx context.Context, begun Record, f *fault.Error) error {
	r := begun
	switch {
	case f.Code == fault.OutputTooLarge:
		r.Reason = a.withoutPersonal(f).Message
	case f.Unsettled && !a.repeats() && errors.Is(context.Cause(ctx), context.Canceled):
		// The process stops, which is no reason of the service's: the record stays as a
		// crash leaves it, so that both end alike.
		return f
	case f.Unsettled && !a.repeats():
		r.Reason = a.withoutPersonal(f).Message
		f.Message += " It is not known whether the service did it, so it is not tried again."
		f.Hint = choices
	default:
		r.State = Released
		if f.RetryAfter > 0 {
			r.NotBefore = a.Now().Add(f.RetryAfter)
		}
	}
	if err := a.Records.Put(context.WithoutCancel(ctx), a.key, r); err != nil {
		return fmt.Errorf("writing the once-only record: %w", err)
	}
	return f
}

// choices are what a person can do where nobody knows whether a call was made.
const choices = "Look at the service. If it was not done, redrive the execution: that makes the call again. " +
	"If it was done, leave it, or name its output in done when you redrive. To have such calls repeated without asking, set on_uncertain to \"repeat\" on the node."

// uncertain explains why a call that may have been made is not made again. A
// reason is there when the earlier attempt lived to tell; else it was cut off.
func uncertain(r Record) *fault.Error {
	if r.Reason != "" {
		return fault.New(fault.ServiceUnavailable, "%s It is not known whether the service did it, so it was not tried again.", r.Reason).
			WithHint("Look at the service. To try again in such a case, set on_uncertain to \"repeat\" on the node.")
	}
	return fault.New(fault.Uncertain, "An earlier attempt was cut off while it called the service; whether the service did it is not known.").
		WithHint("%s", choices)
}

// idempotencyKey is the same for every attempt of a call and different for any
// other call: 40 hexadecimal digits.
func idempotencyKey(k Key) string {
	h := sha256.New()
	for _, part := range []string{k.Account, k.Execution, k.Node, k.Iteration} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))[:40]
}
