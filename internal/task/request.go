package task

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// Request is what a connector's function is asked to do: one member is set. State
// machines send a Task as it is, which is told apart by having none of them.
type Request struct {
	Verify *Verification `json:"verify,omitempty"`
	Try    *Task         `json:"try,omitempty"`
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
	switch {
	case r.Verify != nil:
		identity, err := h.Verify(ctx, *r.Verify)
		if err != nil {
			return nil, err
		}
		return encode(identity)
	case r.Try != nil:
		return encode(h.Try(ctx, *r.Try))
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

type sentTrial struct {
	Input  json.RawMessage `json:"input,omitempty"`
	Output json.RawMessage `json:"output,omitempty"`
	Error  *failure        `json:"error,omitempty"`
}

// MarshalJSON writes what ReadTrial reads.
func (t Trial) MarshalJSON() ([]byte, error) {
	sent := sentTrial{Input: t.Input, Output: t.Output}
	if f := t.Error; f != nil {
		sent.Error = &failure{f.Code, f.Message, f.Hint, f.Fields, f.RetryAfter.Seconds(), f.Unsettled}
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
	if f := sent.Error; f != nil {
		t.Error = &fault.Error{
			Code: f.Code, Message: f.Message, Hint: f.Hint, Fields: f.Fields, Unsettled: f.Unsettled,
			RetryAfter: time.Duration(f.RetryAfterSeconds * float64(time.Second)),
		}
	}
	return nil
}
