// Package fault holds the one error type that crosses package borders, and the
// one table that says what each of its codes means to an HTTP client and to a
// state machine.
//
// A fault carries a Code once, where it arose. On its way up it is wrapped with
// what was being done ("sealing credential: ..."); Of finds it again. A user
// sees Message, Hint and Fields; Cause is for the log alone, because it may
// quote whatever a service or a driver chose to say.
package fault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Error is a failure with a code that clients may act on.
type Error struct {
	Code       Code
	Message    string        // one sentence for the user, without secrets
	Hint       string        // what to do about it; may be empty
	Fields     []Field       // where bad input is at fault
	RetryAfter time.Duration // the wait that a service asked for; 0 if it named none
	Cause      error         // for the log only, never for the user
	Unsettled  bool          // an effect may have happened: the call was sent and no answer came
	Details    any           // extra members for the API's answer, such as diagnostics
}

// Field points at one wrong value of the input.
type Field struct {
	Pointer string `json:"pointer" doc:"JSON pointer (RFC 6901) to the value"`
	Message string `json:"message" doc:"What is wrong with it"`
	Hint    string `json:"hint,omitempty" doc:"What to do about it"`
}

// New returns a fault with a message for the user.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Because sets the cause that the log may show.
func (e *Error) Because(err error) *Error { e.Cause = err; return e }

// WithHint sets what the user can do about it.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// At adds a field that is at fault.
func (e *Error) At(pointer, message string) *Error {
	e.Fields = append(e.Fields, Field{Pointer: pointer, Message: message})
	return e
}

// Error shows code and message, and the cause where there is one; it is meant for logs.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Of returns the fault within err, or an Internal one around err when it has none.
// A cancelled or timed-out context without a fault of its own becomes Unavailable.
// Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return New(Unavailable, "The request was cut off before it was done.").Because(err)
	}
	return New(Internal, "Something went wrong on our side.").
		WithHint("Try again; if it stays, look in the log for this request.").Because(err)
}

// Is says whether err is a fault with this code.
func Is(err error, code Code) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == code
}

// NotFoundf is the answer for a thing that is not there or belongs to another account.
func NotFoundf(format string, args ...any) *Error { return New(NotFound, format, args...) }
