package stepfn

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
)

// errIncomplete is of an event that does not tell what it has to, or that does not
// follow what it says it follows.
var errIncomplete = errors.New("it does not fit the events before it")

// visit is one pass through a state.
type visit struct {
	state  string
	kind   string // Task, Choice and so on
	frame  string
	step   int
	parent *visit // the Parallel or Map around it

	open     bool
	ended    asl.EventKind // StateFailed or StateAborted, for good
	left     int           // position of the event with which it was left
	attempts int
	node     string // that its task names

	failing    bool // the last thing told of it is a failure
	failedAt   time.Time
	err, cause string
}

// child names the frame of a branch or an item.
func (v *visit) child(n int) string {
	return v.frame + "/" + strconv.Itoa(v.step) + "." + strconv.Itoa(n)
}

func (v *visit) failed(at time.Time, name, cause string) {
	v.failing, v.failedAt, v.err, v.cause = true, at, name, cause
}

// named gives the visit of a state, which is this one or around it.
func (v *visit) named(state string) (*visit, error) {
	for up := v; up != nil; up = up.parent {
		if up.state == state {
			return up, nil
		}
	}
	return nil, fmt.Errorf("%w: there is no state %q", errIncomplete, state)
}

// lost says whether the execution's end is what ended the visit: it has not ended
// well, and nothing around it went on by a Catch.
func (v *visit) lost() bool {
	for up := v; up != nil; up = up.parent {
		if up.ended == "" {
			return false
		}
	}
	return true
}

// around says whether another visit is within this one.
func (v *visit) around(inner *visit) bool {
	for up := inner.parent; up != nil; up = up.parent {
		if up == v {
			return true
		}
	}
	return false
}

// forkAt finds the Parallel or Map that an event is about. The event before it is
// one of the fork's own, or the last of a child: of an inner fork, perhaps.
func forkAt(previous mark, kind string) (*visit, error) {
	v := previous.visit
	if v != nil && strings.HasSuffix(string(previous.kind), "StateFailed") {
		v = v.parent // a fork that has failed is not the one that fails of it
	}
	for ; v != nil; v = v.parent {
		if v.kind == kind && v.open {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%w: there is no open %s", errIncomplete, kind)
}

// fork tells of a Parallel or Map and its children.
func (t *translation) fork(e *types.HistoryEvent, previous mark, at time.Time) (mark, error) {
	m := mark{kind: e.Type, visit: previous.visit}
	var err error
	switch e.Type {
	case types.HistoryEventTypeParallelStateStarted, types.HistoryEventTypeMapStateStarted:
		if m.visit == nil {
			return m, errIncomplete
		}
		t.retried(m.visit, at)
		if d := e.MapStateStartedEventDetails; d != nil {
			t.attempt(m.visit, asl.Event{Kind: asl.MapStarted, At: at, Input: iterations(d.Length)})
		}
	case types.HistoryEventTypeParallelStateSucceeded:
		m.visit, err = forkAt(previous, "Parallel")
	case types.HistoryEventTypeMapStateSucceeded:
		m.visit, err = forkAt(previous, "Map")
	case types.HistoryEventTypeParallelStateFailed:
		if m.visit, err = forkAt(previous, "Parallel"); err == nil {
			t.failFork(m.visit, previous.visit, at, details(e))
		}
	case types.HistoryEventTypeMapStateFailed:
		if m.visit, err = t.failingMap(previous); err == nil {
			t.failFork(m.visit, previous.visit, at, details(e))
		}
	case types.HistoryEventTypeMapIterationStarted:
		m, err = t.iteration(e, e.MapIterationStartedEventDetails, previous)
	case types.HistoryEventTypeMapIterationSucceeded:
		m, err = t.iteration(e, e.MapIterationSucceededEventDetails, previous)
	case types.HistoryEventTypeMapIterationFailed:
		if m, err = t.iteration(e, e.MapIterationFailedEventDetails, previous); err == nil {
			t.failFork(m.visit, previous.visit, at, failure{})
		}
	}
	return m, err
}

// failingMap is forkAt for a Map, which an iteration's failure has been told of.
func (t *translation) failingMap(previous mark) (*visit, error) {
	if previous.kind == types.HistoryEventTypeMapIterationFailed {
		return previous.visit, nil
	}
	return forkAt(previous, "Map")
}

// iteration marks an event of one item of a Map.
func (t *translation) iteration(e *types.HistoryEvent, d *types.MapIterationEventDetails, previous mark) (mark, error) {
	if d == nil || previous.visit == nil {
		return mark{}, errIncomplete
	}
	v, err := previous.visit.named(aws.ToString(d.Name))
	if err != nil {
		return mark{}, err
	}
	return mark{kind: e.Type, visit: v, frame: v.child(int(d.Index))}, nil
}

// failure is an error and its cause.
type failure struct{ name, cause string }

// details gives the error that an event of failure names; few do.
func details(e *types.HistoryEvent) failure {
	switch {
	case e.ExecutionFailedEventDetails != nil:
		return failure{aws.ToString(e.ExecutionFailedEventDetails.Error), aws.ToString(e.ExecutionFailedEventDetails.Cause)}
	case e.ExecutionAbortedEventDetails != nil:
		return failure{aws.ToString(e.ExecutionAbortedEventDetails.Error), aws.ToString(e.ExecutionAbortedEventDetails.Cause)}
	case e.ExecutionTimedOutEventDetails != nil:
		return failure{aws.ToString(e.ExecutionTimedOutEventDetails.Error), aws.ToString(e.ExecutionTimedOutEventDetails.Cause)}
	}
	return failure{}
}

// failFork has a fork fail of what happened last in it: that state has failed for
// good, and whatever else is open within is cut off.
func (t *translation) failFork(fork, last *visit, at time.Time, told failure) {
	for v := last; v != nil && v != fork; v = v.parent {
		told = t.fail(v, at, told)
	}
	if last == fork && fork.failing && told.name == "" {
		told = failure{fork.err, fork.cause}
	}
	t.abort(at, failure{}, fork.around)
	fork.failed(at, told.name, told.cause)
}

// fail ends a visit that has failed for good and gives its error. What the visit was
// told itself counts; a state that only ends its machine badly has it from outside.
func (t *translation) fail(v *visit, at time.Time, told failure) failure {
	if v.failing && v.err != "" {
		told = failure{v.err, v.cause}
	}
	if v.open {
		v.open, v.ended = false, asl.StateFailed
		t.emit(v, asl.Event{Kind: asl.StateFailed, At: at, Error: told.name, Cause: told.cause})
	}
	return told
}

// explain gives a stop, and what it unwound through, its message: the cause of a Fail
// state that an expression makes is told at the very end only.
func (t *translation) explain(told failure) {
	if told.name != string(fault.WorkflowStopped) {
		return
	}
	for i := range t.events {
		if e := &t.events[i]; e.Kind == asl.StateFailed && e.Error == told.name && e.Cause == "" {
			e.Cause = told.cause
		}
	}
}

// abort ends the open visits that are among these, the innermost first.
func (t *translation) abort(at time.Time, why failure, among func(*visit) bool) {
	for _, v := range slices.Backward(t.visits) {
		if v.open && among(v) {
			v.open, v.ended = false, asl.StateAborted
			t.emit(v, asl.Event{Kind: asl.StateAborted, At: at, Error: why.name, Cause: why.cause})
		}
	}
}

// end ends the execution.
func (t *translation) end(e *types.HistoryEvent, previous mark, at time.Time) {
	told := details(e)
	ev := asl.Event{Kind: asl.ExecutionSucceeded, At: at, Error: told.name, Cause: told.cause}
	everything := func(*visit) bool { return true }
	switch e.Type {
	case types.HistoryEventTypeExecutionFailed:
		ev.Kind = asl.ExecutionFailed
		for v := previous.visit; v != nil; v = v.parent {
			t.fail(v, at, told)
		}
		t.abort(at, failure{}, everything)
		t.explain(told)
	case types.HistoryEventTypeExecutionAborted:
		ev.Kind = asl.ExecutionAborted
		if told.name == "" {
			told.name = asl.ErrorRuntimeAborted
		}
		t.abort(at, told, everything)
	case types.HistoryEventTypeExecutionTimedOut:
		ev.Kind = asl.ExecutionTimedOut
		if told.name == "" {
			told.name = asl.ErrorTimeout
		}
		t.abort(at, told, everything)
	case types.HistoryEventTypeExecutionSucceeded:
		if d := e.ExecutionSucceededEventDetails; d != nil {
			ev.Output = text(d.Output)
		}
	}
	ev.Error = told.name
	t.events = append(t.events, ev)
}
