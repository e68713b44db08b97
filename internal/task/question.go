package task

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"switchboard/internal/connector"
	"switchboard/internal/fault"
)

// A connector's function is asked one of three things. A state machine sends a Task
// as it is. The API's functions ask whether a credential works, and try a node
// alone, with the payloads that VerifyPayload and TryPayload make; what they get is
// read by ReadIdentity and ReadTrial. A task or a verification that fails is the
// function's failure, named by the fault's code; a trial answers in any case.

// question is the payload of what is no task. One of its members is there.
type question struct {
	Verify *Verification `json:"verify,omitempty"`
	Try    *Task         `json:"try,omitempty"`
}

// VerifyPayload is what a connector's function is sent to verify a credential.
func VerifyPayload(v Verification) ([]byte, error) { return encodeQuestion(question{Verify: &v}) }

// TryPayload is what a connector's function is sent to run a task alone.
func TryPayload(t Task) ([]byte, error) { return encodeQuestion(question{Try: &t}) }

func encodeQuestion(q question) ([]byte, error) {
	payload, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encoding a question to a connector: %w", err)
	}
	return payload, nil
}

// trialAnswer is a Trial on its way from the function.
type trialAnswer struct {
	Input  json.RawMessage `json:"input,omitempty"`
	Output json.RawMessage `json:"output,omitempty"`
	Error  *trialError     `json:"error,omitempty"`
}

type trialError struct {
	Code    fault.Code    `json:"code"`
	Message string        `json:"message"`
	Hint    string        `json:"hint,omitempty"`
	Fields  []fault.Field `json:"fields,omitempty"`
}

// ReadIdentity reads what a connector's function answered to a verification.
func ReadIdentity(answer []byte) (connector.Identity, error) {
	var identity connector.Identity
	if err := json.Unmarshal(answer, &identity); err != nil {
		return identity, unreadableAnswer(err)
	}
	return identity, nil
}

// ReadTrial reads what a connector's function answered to a trial.
func ReadTrial(answer []byte) (Trial, error) {
	var a trialAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return Trial{}, unreadableAnswer(err)
	}
	trial := Trial{Input: a.Input, Output: a.Output}
	if e := a.Error; e != nil {
		trial.Error = &fault.Error{Code: e.Code, Message: e.Message, Hint: e.Hint, Fields: e.Fields}
	}
	return trial, nil
}

func unreadableAnswer(err error) error {
	return fmt.Errorf("reading a connector's answer: %w",
		fault.New(fault.Internal, "The connector's function gave an answer that cannot be read.").Because(err))
}

// Answer answers whatever a connector's function may be asked. The error is a fault
// whose code is a task's, and holds no secret.
func (h *Host) Answer(ctx context.Context, payload []byte) (json.RawMessage, error) {
	var q question
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber() // a trial's config and variables are exact
	if err := dec.Decode(&q); err != nil {
		return nil, fault.New(fault.Internal, "The task could not be read.").Because(err)
	}
	switch {
	case q.Verify != nil:
		identity, err := h.Verify(ctx, *q.Verify)
		if err != nil {
			return nil, err
		}
		return encodeAnswer(identity)
	case q.Try != nil:
		trial := h.Try(ctx, *q.Try)
		a := trialAnswer{Input: trial.Input, Output: trial.Output}
		if f := trial.Error; f != nil {
			a.Error = &trialError{Code: f.Code, Message: f.Message, Hint: f.Hint, Fields: f.Fields}
		}
		return encodeAnswer(a)
	default:
		return h.Run(ctx, payload)
	}
}

func encodeAnswer(v any) (json.RawMessage, error) {
	answer, err := json.Marshal(v)
	if err != nil {
		return nil, fault.New(fault.Internal, "The answer could not be encoded.").Because(err)
	}
	return answer, nil
}
