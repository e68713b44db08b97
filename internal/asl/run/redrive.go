package run

import (
	"slices"

	"switchboard/internal/asl"
)

// rewind opens again the state that a frame ended with, if it failed or was
// aborted after from, and those within it. What had succeeded stays as it is. A
// Task begins again with its first attempt; what was merely aborted goes on like
// after a crash.
//
// Only the forks that were open are looked into: a fork whose failure was caught,
// or that was tried again, has children that failed and are done with.
func (h *history) rewind(frame string, from int32) {
	list := h.frames[frame]
	if len(list) == 0 || list[len(list)-1] < from {
		return
	}
	at := list[len(list)-1]
	last := &h.events[at]
	if last.Kind != asl.StateAborted && (last.Kind != asl.StateFailed || last.Next != "") {
		return
	}
	list = list[:len(list)-1]
	entered := slices.IndexFunc(list, func(i int32) bool { return h.events[i].Step == last.Step })
	if entered < 0 {
		return // it does not fit, which replaying will find
	}
	if fork, inFork := forkOf(frame); inFork {
		h.failures[fork] = slices.DeleteFunc(h.failures[fork], func(i int32) bool { return i == at })
	}
	fork, attempt := forkID(frame, last.Step), int32(0)
	for _, i := range list[entered:] {
		switch h.events[i].Kind {
		case asl.RetryScheduled:
			attempt = i
		case asl.TaskScheduled:
			if last.Kind == asl.StateFailed {
				list = list[:entered+1]
			}
		}
	}
	h.frames[frame] = list
	for child := range h.frames {
		if parent, inFork := forkOf(child); inFork && parent == fork {
			h.rewind(child, attempt)
		}
	}
}
