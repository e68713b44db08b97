package execution

import (
	"strconv"
	"strings"

	"switchboard/internal/asl"
	"switchboard/internal/fault"
	"switchboard/internal/workflow"
)

// unwound finds the states that an execution's bad end has ended. That a state failed does
// not say so: a Map or Parallel around it may have caught the error, or failed of another.
// What counts is the state that a frame ended with, if the state around the frame, and so
// on up to the outermost frame, ended with it.
type unwound struct {
	events []asl.Event
	// last is, by frame, the position of the last event that tells of a state there.
	last map[string]int
	// frames are those within a Parallel or Map, which is named "<frame>/<step>".
	frames map[string][]string
}

// read takes the events since the last time.
func (u *unwound) read(events []asl.Event) {
	if u.last == nil {
		u.last, u.frames = map[string]int{}, map[string][]string{}
	}
	for i := len(u.events); i < len(events); i++ {
		e := &events[i]
		if e.State == "" {
			continue
		}
		if _, seen := u.last[e.Frame]; !seen {
			if dot := strings.LastIndexByte(e.Frame, '.'); dot >= 0 {
				u.frames[e.Frame[:dot]] = append(u.frames[e.Frame[:dot]], e.Frame)
			}
		}
		u.last[e.Frame] = i
	}
	u.events = events
}

// visit visits the states that failed or were aborted with the execution, from a frame's
// on: a redrive goes on with them.
func (u *unwound) visit(frame string, do func(asl.Event)) {
	at, ok := u.last[frame]
	if !ok || u.events[at].Kind != asl.StateAborted && !failedForGood(u.events[at]) {
		return
	}
	do(u.events[at])
	for _, f := range u.frames[fork(u.events[at])] {
		u.visit(f, do)
	}
}

// node gives the innermost node's state of those through which the failure came that the
// execution failed of; ok is false where it came through no node's.
func (u *unwound) node(sources workflow.SourceMap) (found asl.Event, ok bool) {
	at, ended := u.last[""]
	if !ended || !failedForGood(u.events[at]) || at < u.redriven(len(u.events)) {
		return found, false
	}
	for at >= 0 {
		e := u.events[at]
		source := sources[e.State]
		if source.Role == workflow.RoleNode {
			found, ok = e, true
		}
		within := u.within(at)
		if within < 0 && source.Role == workflow.RoleEnd && e.Error == string(fault.WorkflowStopped) {
			within = u.unwinding(at)
		}
		at = within
	}
	return found, ok
}

// within gives the position of the failure that a Parallel or Map failed of, or -1: of
// those within it the first.
func (u *unwound) within(at int) int {
	first, since := -1, u.redriven(at)
	for _, f := range u.frames[fork(u.events[at])] {
		i := u.last[f]
		e := u.events[i]
		// A Parallel or Map that failed of an expression has another error.
		ours := failedForGood(e) && (e.Error == u.events[at].Error || e.Error == "")
		if ours && i > since && i < at && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

// unwinding gives the position of the failure that led into a state which fails with the
// same again, as a stop does that unwinds, or -1.
func (u *unwound) unwinding(at int) int {
	e := u.events[at]
	for i := at - 1; i >= 0; i-- {
		c := &u.events[i]
		if c.Kind == asl.StateFailed && c.Next == e.State && c.Frame == e.Frame && c.Step == e.Step-1 {
			return i
		}
	}
	return -1
}

// redriven gives the position of the last redrive before another, or -1: what failed
// before it has been gone on from.
func (u *unwound) redriven(before int) int {
	for i := before - 1; i >= 0; i-- {
		if u.events[i].Kind == asl.ExecutionRedriven {
			return i
		}
	}
	return -1
}

func failedForGood(e asl.Event) bool { return e.Kind == asl.StateFailed && e.Next == "" }

// fork names what the state of an event is to the frames within it, if it has any.
func fork(e asl.Event) string { return e.Frame + "/" + strconv.Itoa(e.Step) }
