package run

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"switchboard/internal/asl"
)

// worker is a body that is tried several times: a Task, Parallel or Map.
type worker struct {
	retry []retrier
	catch []catcher
	exit  exit
	try   func(ctx context.Context, v *visit) (*data, error)
}

type retrier struct {
	errors   []string
	interval time.Duration
	attempts int64 // retries, not counting the first attempt
	rate     float64
	longest  time.Duration
	jitter   bool
}

type catcher struct {
	errors []string
	exit   exit
}

// run tries until an attempt succeeds, a failure is not retried, or the context
// is cancelled. A failure to evaluate Assign or Output counts like one of the work.
func (w *worker) run(ctx context.Context, v *visit) (*state, *data, error) {
	for {
		next, out, err := w.once(ctx, v)
		failed, ok := errors.AsType[*failure](err)
		if !ok {
			return next, out, err
		}
		again, err := w.again(ctx, v, failed)
		if err != nil {
			return nil, nil, err
		}
		if !again {
			return w.caught(v, failed)
		}
		v.attempt++
	}
}

func (w *worker) once(ctx context.Context, v *visit) (*state, *data, error) {
	result, err := w.try(ctx, v)
	if err != nil {
		return nil, nil, err
	}
	return v.exited(&w.exit, result, result, "")
}

// again waits for the next attempt, where a retrier grants one. The first retrier
// that names the error decides, also when its attempts are used up.
func (w *worker) again(ctx context.Context, v *visit, failed *failure) (bool, error) {
	i := slices.IndexFunc(w.retry, func(r retrier) bool { return matches(r.errors, failed.name) })
	if i < 0 {
		return false, nil
	}
	if v.retries == nil {
		v.retries = make([]int64, len(w.retry))
	}
	if v.retries[i] >= w.retry[i].attempts {
		return false, nil
	}
	until, err := w.retry[i].scheduled(v, v.retries[i], failed)
	if err != nil {
		return false, err
	}
	v.retries[i]++
	return true, v.wait(ctx, until)
}

// scheduled journals when the retry is that follows n earlier ones.
func (r *retrier) scheduled(v *visit, n int64, failed *failure) (time.Time, error) {
	ev := asl.Event{Kind: asl.RetryScheduled, Attempt: v.attempt}
	if v.f.next() == nil {
		ev.At = v.f.x.now()
		ev.Until = ev.At.Add(r.delay(n, v.f.x.env.Rand))
		if !failed.told {
			ev.Error, ev.Cause = failed.name, failed.cause
		}
	}
	_, err := v.f.record(&ev)
	return ev.Until, err
}

// longestDelay bounds a backoff that grows without MaxDelaySeconds; it is what
// Step Functions allows there.
const longestDelay = 31_622_400 * time.Second

// delay is the wait before the retry that follows n earlier ones.
func (r *retrier) delay(n int64, random func() float64) time.Duration {
	d := float64(r.interval) * math.Pow(r.rate, float64(n))
	d = min(d, float64(r.longest))
	if r.jitter {
		d *= random()
	}
	return time.Duration(d).Truncate(time.Millisecond)
}

// caught goes on with the catcher that names the error; without one, or where its
// expressions fail, the state has failed.
func (w *worker) caught(v *visit, failed *failure) (*state, *data, error) {
	i := slices.IndexFunc(w.catch, func(c catcher) bool { return matches(c.errors, failed.name) })
	if i < 0 {
		return nil, nil, failed
	}
	e := &w.catch[i].exit
	out, _, err := v.leave(e, nil, failed, decoded(failed.output()))
	if err != nil {
		return nil, nil, err
	}
	_, err = v.f.record(&asl.Event{Kind: asl.StateFailed, Error: failed.name, Cause: failed.cause, Next: e.next.name})
	return e.next, out, err
}

// matches says whether an ErrorEquals names an error. States.Runtime always ends
// the execution, and States.DataLimitExceeded is only found under its own name.
//
// Source: Step Functions developer guide, "Handling errors".
func matches(equals []string, name string) bool {
	if name == asl.ErrorRuntime {
		return false
	}
	for _, e := range equals {
		switch {
		case e == name:
			return true
		case name == asl.ErrorDataLimit:
		case e == asl.ErrorAll, e == asl.ErrorTaskFailed && name != asl.ErrorTimeout:
			return true
		}
	}
	return false
}
