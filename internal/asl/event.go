package asl

import (
	"encoding/json"
	"time"
)

// Event is one line of an execution's history. The local interpreter writes
// events, Step Functions' GetExecutionHistory is translated into them, and the
// view of an execution is made from them alone.
//
// A Frame is one running instance of a machine: "" is the outermost, and
// "<frame>/<step>.<n>" is branch or item n of the Parallel or Map that is step
// <step> of its frame. Step counts the states that the frame entered, from 0. So
// (Frame, Step) names one visit of one state, and replaying a history finds by it
// what had happened there.
type Event struct {
	Kind  EventKind `json:"kind"`
	At    time.Time `json:"at"`
	Frame string    `json:"frame,omitempty"`
	Step  int       `json:"step,omitempty"`
	State string    `json:"state,omitempty"` // the state's name; "" for events of the whole execution

	// Attempt counts a task's attempts from 1.
	Attempt int `json:"attempt,omitempty"`
	// Input of ExecutionStarted, the payload of TaskScheduled, the items' count of MapStarted.
	Input json.RawMessage `json:"input,omitempty"`
	// Output of TaskSucceeded (the function's answer), StateExited (what was assigned to
	// the node's variable need not be repeated) and ExecutionSucceeded.
	Output json.RawMessage `json:"output,omitempty"`
	// Assigned has the variables that StateExited set, by name, of every state but a
	// Task, whose answer TaskSucceeded has.
	Assigned json.RawMessage `json:"assigned,omitempty"`
	// Error and Cause of the failing kinds.
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
	// Until is when a wait or a retry goes on.
	Until time.Time `json:"until,omitzero"`
	// Next is the state that a Choice, or a Catch, went to.
	Next string `json:"next,omitempty"`
}

// EventKind says what happened.
type EventKind string

// The kinds of event.
const (
	ExecutionStarted   EventKind = "execution_started"
	ExecutionSucceeded EventKind = "execution_succeeded"
	ExecutionFailed    EventKind = "execution_failed"
	ExecutionTimedOut  EventKind = "execution_timed_out"
	ExecutionAborted   EventKind = "execution_aborted"
	// ExecutionRedriven follows the end of an execution that goes on at the states
	// that failed, with their first attempt, or were aborted. Their visits go on, too:
	// what is told of them before this event and after it has the same frame and step.
	ExecutionRedriven EventKind = "execution_redriven"

	StateEntered EventKind = "state_entered"
	StateExited  EventKind = "state_exited"
	StateFailed  EventKind = "state_failed" // the state's last error, after its retries; Next is set where a Catch took it
	StateAborted EventKind = "state_aborted"

	TaskScheduled  EventKind = "task_scheduled"
	TaskSucceeded  EventKind = "task_succeeded"
	TaskFailed     EventKind = "task_failed"     // one attempt
	RetryScheduled EventKind = "retry_scheduled" // Until says when the next attempt begins
	WaitStarted    EventKind = "wait_started"
	MapStarted     EventKind = "map_started"
)
