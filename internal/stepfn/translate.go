package stepfn

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"switchboard/internal/asl"
)

// translation turns Step Functions' history into ours. The two differ in what they
// leave out: Step Functions does not say which branch a state runs in, that a state
// has failed, or that a retry is due; that follows from the chain of previous events
// and from what comes next. So an event can make several of ours, and one of ours
// can be completed by a later event.
type translation struct {
	branches map[string]int       // by the name of a branch's first state
	fails    map[string]*asl.Fail // by name: Step Functions tells such an error only at the very end
	waits    map[string]*asl.Wait // by name
	events   []asl.Event
	marks    map[int64]mark  // by the events' ids
	steps    map[string]int  // states entered, by frame
	visits   []*visit        // all, in the order of entering
	input    json.RawMessage // of the execution
	// variables are those that states have set, by frame and name.
	variables map[string]map[string]any
}

// mark is where an event happened.
type mark struct {
	kind  types.HistoryEventType
	visit *visit // nil for events of the whole execution
	frame string // that a MapIterationStarted opens
}

func newTranslation(m *asl.Machine) *translation {
	t := &translation{
		branches: map[string]int{}, fails: map[string]*asl.Fail{},
		waits: map[string]*asl.Wait{}, marks: map[int64]mark{}, steps: map[string]int{}, variables: map[string]map[string]any{},
	}
	t.learn(m)
	return t
}

// learn reads from the definition what the history leaves out. The names of states
// are unique within all of it.
func (t *translation) learn(m *asl.Machine) {
	for name, state := range m.States {
		switch s := state.(type) {
		case *asl.Parallel:
			for i, b := range s.Branches {
				t.branches[b.StartAt] = i
				t.learn(b)
			}
		case *asl.Map:
			t.learn(s.ItemProcessor)
		case *asl.Fail:
			t.fails[name] = s
		case *asl.Wait:
			t.waits[name] = s
		}
	}
}

// add takes the next event. The error is one of a history that makes no sense.
func (t *translation) add(e *types.HistoryEvent) error {
	at := aws.ToTime(e.Timestamp).UTC()
	previous := t.marks[e.PreviousEventId]
	m := mark{kind: e.Type, visit: previous.visit}
	var err error
	switch e.Type {
	case types.HistoryEventTypeExecutionStarted:
		ev := asl.Event{Kind: asl.ExecutionStarted, At: at}
		if d := e.ExecutionStartedEventDetails; d != nil {
			ev.Input = text(d.Input)
		}
		t.input = ev.Input
		t.events = append(t.events, ev)
	case types.HistoryEventTypeExecutionRedriven:
		t.events = append(t.events, asl.Event{Kind: asl.ExecutionRedriven, At: at})
	case types.HistoryEventTypeExecutionSucceeded, types.HistoryEventTypeExecutionFailed,
		types.HistoryEventTypeExecutionAborted, types.HistoryEventTypeExecutionTimedOut:
		t.end(e, previous, at)
	case types.HistoryEventTypeEvaluationFailed:
		m.visit, err = t.unevaluated(e, previous, at)
	case types.HistoryEventTypeTaskScheduled, types.HistoryEventTypeTaskSucceeded, types.HistoryEventTypeTaskFailed,
		types.HistoryEventTypeTaskTimedOut, types.HistoryEventTypeTaskStartFailed, types.HistoryEventTypeTaskSubmitFailed:
		m.visit, err = t.task(e, previous, at)
	default:
		name := string(e.Type)
		switch {
		case strings.HasSuffix(name, "StateEntered"):
			m.visit = t.enter(e, previous, at)
		case strings.HasSuffix(name, "StateExited"):
			m.visit, err = t.exit(e, previous, at)
		case strings.HasPrefix(name, "Parallel"), strings.HasPrefix(name, "Map"):
			m, err = t.fork(e, previous, at)
		}
	}
	if err != nil {
		return fmt.Errorf("event %d (%s): %w", e.Id, e.Type, err)
	}
	t.marks[e.Id] = m
	return nil
}

// enter begins a visit, in the frame that the previous event leads into.
func (t *translation) enter(e *types.HistoryEvent, previous mark, at time.Time) *visit {
	v := &visit{kind: strings.TrimSuffix(string(e.Type), "StateEntered"), open: true}
	var input json.RawMessage
	if d := e.StateEnteredEventDetails; d != nil {
		v.state, input = aws.ToString(d.Name), text(d.Input)
	}
	switch p := previous.visit; {
	case p == nil && previous.kind == types.HistoryEventTypeExecutionRedriven:
		if again := t.lost(func(v2 *visit) bool { return v2.state == v.state }); again != nil {
			return again
		}
	case p == nil:
	case previous.kind == types.HistoryEventTypeMapIterationStarted:
		v.parent, v.frame = p, previous.frame
	case previous.kind == types.HistoryEventTypeParallelStateStarted:
		v.parent, v.frame = p, p.child(t.branches[v.state])
	default:
		v.parent, v.frame = p.parent, p.frame
		t.chosen(p, v.state)
	}
	v.step = t.steps[v.frame]
	t.steps[v.frame]++
	t.visits = append(t.visits, v)
	t.emit(v, asl.Event{Kind: asl.StateEntered, At: at})
	switch v.kind {
	case "Wait":
		t.emit(v, asl.Event{Kind: asl.WaitStarted, At: at, Until: t.until(v, input, at)})
	case "Fail":
		v.failed(at, "", "")
		if s := t.fails[v.state]; s != nil {
			v.err, _ = s.Error.(string)
			v.cause, _ = s.Cause.(string)
		}
	}
	return v
}

// chosen completes the event with which a Choice or a Catch was left.
func (t *translation) chosen(left *visit, next string) {
	if left.left > 0 {
		if ev := &t.events[left.left]; ev.Kind == asl.StateFailed || left.kind == "Choice" {
			ev.Next = next
		}
	}
}

// exit ends a visit: well, or by a Catch where the last thing told of it is a failure.
func (t *translation) exit(e *types.HistoryEvent, previous mark, at time.Time) (*visit, error) {
	d := e.StateExitedEventDetails
	if d == nil {
		return nil, errIncomplete
	}
	v, err := previous.visit.named(aws.ToString(d.Name))
	if err != nil {
		return nil, err
	}
	t.remember(v.frame, d.AssignedVariables)
	ev := asl.Event{Kind: asl.StateExited, At: at, Output: text(d.Output)}
	if v.kind != "Task" {
		ev.Assigned = assigned(d.AssignedVariables)
	}
	if v.failing {
		ev = asl.Event{Kind: asl.StateFailed, At: at, Error: v.err, Cause: v.cause}
	}
	v.open, v.left, v.ended = false, len(t.events), ""
	t.emit(v, ev)
	return v, nil
}

// task tells of the attempts of a task.
func (t *translation) task(e *types.HistoryEvent, previous mark, at time.Time) (*visit, error) {
	v := previous.visit
	if previous.kind == types.HistoryEventTypeExecutionRedriven && e.Type == types.HistoryEventTypeTaskScheduled {
		v = t.lost(func(v *visit) bool { return v.kind == "Task" && v.node == nodeOf(e.TaskScheduledEventDetails) })
	}
	if v == nil || v.kind != "Task" {
		return nil, errIncomplete
	}
	switch e.Type {
	case types.HistoryEventTypeTaskScheduled:
		t.retried(v, at)
		ev := asl.Event{Kind: asl.TaskScheduled, At: at}
		if d := e.TaskScheduledEventDetails; d != nil {
			v.node = nodeOf(d)
			ev.Input = payload(text(d.Parameters))
		}
		t.attempt(v, ev)
	case types.HistoryEventTypeTaskSucceeded:
		v.failing = false
		ev := asl.Event{Kind: asl.TaskSucceeded, At: at}
		if d := e.TaskSucceededEventDetails; d != nil {
			if ev.Output = text(d.Output); aws.ToString(d.Resource) == "invoke" {
				ev.Output = payload(ev.Output)
			}
		}
		t.attempt(v, ev)
	default:
		name, cause := taskFailure(e)
		v.failed(at, name, cause)
		t.attempt(v, asl.Event{Kind: asl.TaskFailed, At: at, Error: name, Cause: cause})
	}
	return v, nil
}

// taskFailure gives error and cause of the kinds of event with which an attempt fails.
func taskFailure(e *types.HistoryEvent) (name, cause string) {
	switch {
	case e.TaskFailedEventDetails != nil:
		return aws.ToString(e.TaskFailedEventDetails.Error), aws.ToString(e.TaskFailedEventDetails.Cause)
	case e.TaskTimedOutEventDetails != nil:
		return aws.ToString(e.TaskTimedOutEventDetails.Error), aws.ToString(e.TaskTimedOutEventDetails.Cause)
	case e.TaskStartFailedEventDetails != nil:
		return aws.ToString(e.TaskStartFailedEventDetails.Error), aws.ToString(e.TaskStartFailedEventDetails.Cause)
	case e.TaskSubmitFailedEventDetails != nil:
		return aws.ToString(e.TaskSubmitFailedEventDetails.Error), aws.ToString(e.TaskSubmitFailedEventDetails.Cause)
	}
	return "", ""
}

// unevaluated notes that an expression failed. What it means for the state, the next
// event tells.
func (t *translation) unevaluated(e *types.HistoryEvent, previous mark, at time.Time) (*visit, error) {
	v := previous.visit
	d := e.EvaluationFailedEventDetails
	if d == nil || v == nil {
		return v, nil
	}
	if d.State != nil {
		var err error
		if v, err = v.named(*d.State); err != nil {
			return nil, err
		}
	}
	v.failed(at, aws.ToString(d.Error), aws.ToString(d.Cause))
	return v, nil
}

// retried tells that a visit which was failing begins another attempt.
func (t *translation) retried(v *visit, at time.Time) {
	if v.failing {
		t.attempt(v, asl.Event{Kind: asl.RetryScheduled, At: v.failedAt, Until: at})
	}
	v.failing = false
	v.attempts++
}

// attempt tells something of the visit's current attempt.
func (t *translation) attempt(v *visit, ev asl.Event) {
	ev.Attempt = v.attempts
	t.emit(v, ev)
}

// emit tells something of a visit.
func (t *translation) emit(v *visit, ev asl.Event) {
	ev.Frame, ev.Step, ev.State = v.frame, v.step, v.state
	t.events = append(t.events, ev)
}

// lost finds a visit that did not end well, and opens it and what is around it again.
func (t *translation) lost(fits func(*visit) bool) *visit {
	for _, v := range slices.Backward(t.visits) {
		if !v.lost() || !fits(v) {
			continue
		}
		for up := v; up != nil; up = up.parent {
			up.open, up.failing, up.ended = true, false, ""
		}
		v.attempts = 0
		return v
	}
	return nil
}

// text is JSON that stands in a history as text.
func text(s *string) json.RawMessage {
	if s == nil || !json.Valid([]byte(*s)) { // or it was cut off for its length
		return nil
	}
	return json.RawMessage(*s)
}

// payload takes what a function is given, or answered, out of what Lambda's Invoke is.
func payload(call json.RawMessage) json.RawMessage {
	var c struct{ Payload json.RawMessage }
	if json.Unmarshal(call, &c) != nil {
		return nil
	}
	return c.Payload
}

func nodeOf(d *types.TaskScheduledEventDetails) string {
	var p struct {
		Node string `json:"node"`
	}
	if d == nil || json.Unmarshal(payload(text(d.Parameters)), &p) != nil {
		return ""
	}
	return p.Node
}

// assigned joins variables, each JSON in a text of its own.
func assigned(variables map[string]string) json.RawMessage {
	if len(variables) == 0 {
		return nil
	}
	values := map[string]json.RawMessage{}
	for name, value := range variables {
		if raw := text(&value); raw != nil {
			values[name] = raw
		}
	}
	joined, err := json.Marshal(values)
	if err != nil {
		return nil
	}
	return joined
}

func iterations(n int32) json.RawMessage { return strconv.AppendInt(nil, int64(n), 10) }
