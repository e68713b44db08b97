package task

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
	"switchboard/internal/request"
)

// Request is what a connector's function is asked to do: one member is set besides
// Request. State machines send a Task as it is, which is told apart by having none.
type Request struct {
	Request   string           `json:"request,omitempty"` // on whose behalf; see package request
	Verify    *Verification    `json:"verify,omitempty"`
	Try       *Task            `json:"try,omitempty"`
	Authorize *Authorization   `json:"authorize,omitempty"`
	Exchange  *Exchange        `json:"exchange,omitempty"`
	Options   *OptionsQuestion `json:"options,omitempty"`
	Reseal    *Resealing       `json:"reseal,omitempty"`
}

// Answer does what a connector's function is asked to do. The error is always a fault
// whose code is a task's, and holds no secret.
func (h *Host) Answer(ctx context.Context, payload []byte) (json.RawMessage, error) {
	var r Request
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	if err := dec.Decode(&r); err != nil {
		return nil, fault.New(fault.Internal, "The request could not be read.").Because(err)
	}
	ctx = request.WithID(ctx, r.Request)
	switch {
	case r.Verify != nil:
		identity, err := h.Verify(ctx, *r.Verify)
		if err != nil {
			return nil, err
		}
		return encode(identity)
	case r.Try != nil:
		return encode(h.Try(ctx, *r.Try))
	case r.Authorize != nil:
		return replyWith(h.Authorize(ctx, *r.Authorize))
	case r.Exchange != nil:
		return replyWith(h.Exchange(ctx, *r.Exchange))
	case r.Options != nil:
		return replyWith(h.Options(ctx, *r.Options))
	case r.Reseal != nil:
		return replyWith(h.reseal(ctx, *r.Reseal))
	default:
		return h.Run(ctx, payload)
	}
}

func encode(answer any) (json.RawMessage, error) {
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, fault.New(fault.Internal, "The answer could not be encoded.").Because(err)
	}
	return text, nil
}

// reply is an answer that a form waits for: the fault of one that is none arrives whole,
// with the fields that it is about.
type reply[T any] struct {
	Answer *T       `json:"answer,omitempty"`
	Error  *failure `json:"error,omitempty"`
}

// replyWith encodes an answer or its fault. What broke down here stays the function's
// own failure, which its alarm counts.
func replyWith[T any](answer T, err error) (json.RawMessage, error) {
	if err == nil {
		return encode(reply[T]{Answer: &answer})
	}
	f := asTaskFault(err)
	if f.Code == fault.Internal {
		return nil, f
	}
	return encode(reply[T]{Error: failureOf(f)})
}

// ReadReply reads the answer to an Authorization (string), an Exchange (Exchanged), an
// OptionsQuestion (connector.OptionPage) or a Resealing (vault.Sealed). Its error may be the fault that was sent.
func ReadReply[T any](answer []byte) (T, error) {
	var got reply[T]
	if err := decode(answer, &got); err != nil || got.Answer != nil {
		return answerOf(got), err
	}
	if got.Error == nil {
		return answerOf(got), fault.New(fault.Internal, "The function answered neither yes nor no.")
	}
	return answerOf(got), got.Error.fault()
}

func answerOf[T any](r reply[T]) (answer T) {
	if r.Answer != nil {
		answer = *r.Answer
	}
	return answer
}

// ReadIdentity reads the answer to a Verification.
func ReadIdentity(answer []byte) (connector.Identity, error) {
	var identity connector.Identity
	return identity, decode(answer, &identity)
}

// ReadTrial reads the answer to a Task that was to be tried.
func ReadTrial(answer []byte) (Trial, error) {
	var trial Trial
	return trial, decode(answer, &trial)
}

func decode(answer []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(answer))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("reading a function's answer: %w", err)
	}
	return nil
}

// failure is a fault on its way from a function to who asked it. Its cause stays in the
// function's own log.
type failure struct {
	Code              fault.Code    `json:"code"`
	Message           string        `json:"message"`
	Hint              string        `json:"hint,omitempty"`
	Fields            []fault.Field `json:"fields,omitempty"`
	RetryAfterSeconds float64       `json:"retry_after_seconds,omitempty"`
	Unsettled         bool          `json:"unsettled,omitempty"`
}

func failureOf(f *fault.Error) *failure {
	return &failure{f.Code, f.Message, f.Hint, f.Fields, f.RetryAfter.Seconds(), f.Unsettled}
}

func (f *failure) fault() *fault.Error {
	return &fault.Error{
		Code: f.Code, Message: f.Message, Hint: f.Hint, Fields: f.Fields, Unsettled: f.Unsettled,
		RetryAfter: time.Duration(f.RetryAfterSeconds * float64(time.Second)),
	}
}

type sentTrial struct {
	Input  json.RawMessage `json:"input,omitempty"`
	Output json.RawMessage `json:"output,omitempty"`
	Error  *failure        `json:"error,omitempty"`
}

// MarshalJSON writes what ReadTrial reads.
func (t Trial) MarshalJSON() ([]byte, error) {
	sent := sentTrial{Input: t.Input, Output: t.Output}
	if t.Error != nil {
		sent.Error = failureOf(t.Error)
	}
	return json.Marshal(sent)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Trial) UnmarshalJSON(text []byte) error {
	var sent sentTrial
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	*t = Trial{Input: sent.Input, Output: sent.Output}
	if sent.Error != nil {
		t.Error = sent.Error.fault()
	}
	return nil
}
