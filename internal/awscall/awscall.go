// Package awscall says how calls to AWS are tried again, and what is left to know of
// an error when that is over.
//
// Throttling and passing faults are the SDK's retryer's to retry, with jitter:
// Retryer is what every client is made with, the SDK's and those of package awsapi. A function handles one request
// at a time, so the SDK's adaptive mode, which slows a whole process down, would only
// make that one request wait. What comes out of a client is final.
//
// Only conflicts between two writers are tried again here, because the SDK takes them
// for errors of the caller.
package awscall

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// MaxAttempts counts the first one too. Between them are waits of up to 0.5, 1, 2 and 2
// seconds: a burst of throttling is ridden out, and the caller of an API's function, who
// waits 29 seconds at most, still gets an answer.
const (
	MaxAttempts  = 5
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 2 * time.Second
)

// Retryer is how clients try again: as the SDK's standard retryer does, but for the
// waits. Ours are random in whole; the SDK's are not once they have reached their bound.
func Retryer() *retry.Standard {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = MaxAttempts, maxBackoff
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
			return rand.N(min(firstBackoff<<max(attempt-1, 0), maxBackoff)), nil //nolint:gosec // jitter is no secret
		})
	})
}

// Code gives the name that a service has for an error; "" if it did not answer.
func Code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// Passing says whether the same call may succeed later. It asks the SDK's own
// tables, so that it agrees with what was retried before.
func Passing(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	api, answered := errors.AsType[smithy.APIError](err)
	if !answered || api.ErrorFault() == smithy.FaultServer {
		return true // without an answer nothing is known to be wrong for good
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool() ||
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool()
}

// Two writers who get into each other's way settle within a second.
const (
	conflictAttempts = 6
	conflictPause    = 40 * time.Millisecond
)

// Settle repeats do while its error is a conflict with another writer, and gives its
// last error.
func Settle(ctx context.Context, conflict func(error) bool, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || !conflict(err) || attempt == conflictAttempts {
			return err
		}
		if err := Pause(ctx, conflictPause<<attempt); err != nil {
			return err
		}
	}
}

// Pause lets a random part of d pass, at least half of it.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + rand.N(d/2+1)) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
