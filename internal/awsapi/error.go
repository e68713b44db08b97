package awsapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
)

// Refusal is the error of a call that a service refused. It is a smithy.APIError, as the SDK's errors are.
type Refusal struct {
	Service, Operation string
	Code, Message      string
	Status             int
	RequestID          string
	// Body is the whole of it: some codes come with more. It is not in the text, for it
	// can have what was stored.
	Body []byte
}

var _ smithy.APIError = (*Refusal)(nil)

// newRefusal reads a refusal. The code is in a header or in the text, and may have a
// namespace before it and an address behind.
//
// Source: Smithy, "AWS JSON 1.1 protocol", "Operation error serialization".
func newRefusal(service, operation string, res *http.Response, body []byte) *Refusal {
	e := &Refusal{Service: service, Operation: operation, Status: res.StatusCode, RequestID: res.Header.Get("X-Amzn-Requestid"), Body: body}
	var said struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"` // some services write Message
	}
	_ = json.Unmarshal(body, &said) // what is no JSON has no code
	e.Message = said.Message
	for _, code := range []string{res.Header.Get("X-Amzn-Errortype"), said.Code, said.Type} {
		code, _, _ = strings.Cut(code, ":")
		code = code[strings.LastIndex(code, "#")+1:]
		if code = strings.TrimSpace(code); code != "" {
			e.Code = code
			return e
		}
	}
	e.Code = "UnknownError"
	return e
}

// Error implements error.
func (e *Refusal) Error() string {
	return fmt.Sprintf("%s %s: %s: %s (status %d, request %s)", e.Service, e.Operation, e.Code, e.Message, e.Status, e.RequestID)
}

// ErrorCode implements smithy.APIError.
func (e *Refusal) ErrorCode() string { return e.Code }

// ErrorMessage implements smithy.APIError.
func (e *Refusal) ErrorMessage() string { return e.Message }

// ErrorFault implements smithy.APIError.
func (e *Refusal) ErrorFault() smithy.ErrorFault {
	if e.Status >= http.StatusInternalServerError {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

// HTTPStatusCode is what the SDK's retryer asks for.
func (e *Refusal) HTTPStatusCode() int { return e.Status }

// NoAnswer is that a service gave no answer, or not all of one. What was asked for may
// have been done.
type NoAnswer struct {
	Service, Operation string
	Err                error
}

// Error implements error.
func (e *NoAnswer) Error() string {
	return e.Service + " " + e.Operation + ": no answer: " + e.Err.Error()
}

// Unwrap gives what was in the way.
func (e *NoAnswer) Unwrap() error { return e.Err }

// ConnectionError tells the SDK's retryer that another attempt is worthwhile.
func (e *NoAnswer) ConnectionError() bool { return true }
