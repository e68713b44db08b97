package run

import (
	"context"
	"errors"
	"fmt"

	"switchboard/internal/asl"
)

// failure is an error of the machine: what Retry and Catch see.
type failure struct {
	name, cause string
	told        bool // a task_failed event has name and cause
	at          int  // position of the event with which a frame failed
}

func (e *failure) Error() string { return e.name + ": " + e.cause }

func fail(name, format string, args ...any) *failure {
	return &failure{name: name, cause: fmt.Sprintf(format, args...)}
}

// ending is the decision to end the whole execution before its machine is done.
// It travels as the cause of a cancelled context and, in case of a crash
// meanwhile, in the state_aborted events.
type ending struct {
	status      Status
	name, cause string
}

func (e *ending) Error() string { return "execution " + string(e.status) + ": " + e.cause }

// endingOf reads the decision back from a state_aborted event.
func endingOf(e *asl.Event) *ending {
	status := Stopped
	switch e.Error {
	case asl.ErrorTimeout:
		status = TimedOut
	case asl.ErrorRuntime:
		status = Failed
	}
	return &ending{status: status, name: e.Error, cause: e.Cause}
}

// errSibling cancels the other children of a fork when one has failed.
var errSibling = errors.New("another branch failed")

// stopped is returned by a frame that did not get to its end because its context
// was cancelled.
type stopped struct{ cause error }

func (e *stopped) Error() string { return "stopped: " + e.cause.Error() }
func (e *stopped) Unwrap() error { return e.cause }

// stoppedBy gives the reason why ctx, which is done, was cancelled.
func stoppedBy(ctx context.Context) *stopped {
	cause := context.Cause(ctx)
	if a, ok := errors.AsType[*Aborted](cause); ok {
		name := a.Name
		if name == "" {
			name = asl.ErrorRuntimeAborted
		}
		return &stopped{&ending{status: Stopped, name: name, cause: a.Cause}}
	}
	return &stopped{cause}
}

// stoppedAt gives the reason that a state_aborted event recorded.
func stoppedAt(e *asl.Event) *stopped {
	if e.Error == "" {
		return &stopped{errSibling}
	}
	return &stopped{endingOf(e)}
}

// aborted is the event that the stop leaves for a state that was open; ok is false
// where the execution only pauses, because the process ends.
func (e *stopped) aborted() (ev asl.Event, ok bool) {
	if end, is := errors.AsType[*ending](e.cause); is {
		return asl.Event{Kind: asl.StateAborted, Error: end.name, Cause: end.cause}, true
	}
	return asl.Event{Kind: asl.StateAborted}, errors.Is(e.cause, errSibling)
}
